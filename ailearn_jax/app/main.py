"""Runs a command and turns how it ends into an exit code.

0 it did what was asked; 1 the machine failed, `doctor` found something, or an exercise does not pass; 2 something the
user gave is wrong; 128 and the signal's number where a signal ended it.
"""

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from ailearn_jax.app import terminal
from ailearn_jax.app.signals import Interrupted, interrupting
from ailearn_jax.errors import InputError, StorageError

CLOSED_PIPE = 128 + 13  # as of a program that SIGPIPE ends


def main(argv: Sequence[str]) -> int:
    """Does what the command line `argv`, without the program's name, asks for. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a symbol that the locale lacks is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        with interrupting():
            code = run(argv)
            sys.stdout.flush()
            return code
    except InputError as error:
        return _complain(error, 2)
    except StorageError as error:
        return _complain(error, 1)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("ailearn_jax"):
            raise
        return _complain(f"expected the packages that pyproject.toml names, got no {error.name}; {_INSTALL}", 1)
    except Interrupted as interruption:
        return 128 + interruption.signal
    except BrokenPipeError:  # whoever read the output, `head` perhaps, has enough
        _let_go_of_output()
        return CLOSED_PIPE
    except OSError as error:
        if error.errno not in _DISK:
            raise
        where = error.filename or "the disk or the output"
        code = _complain(f"{where}: expected to read and write it, got {error.strerror}; make room, or mend it", 1)
        _let_go_of_output()
        return code


def run(argv: Sequence[str]) -> int:
    """As `main`, but errors are raised."""
    from ailearn_jax.app import command_line  # after the handlers of signals and of a missing package are in place

    arguments = command_line.parse(argv)
    if arguments.command == "help":
        terminal.tell(command_line.help_text())
        return 0
    return importlib.import_module(f"ailearn_jax.app.commands.{arguments.command}").run(arguments)


_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # full, over quota, read-only, broken
_INSTALL = f"activate the environment that has them, or run {sys.executable} -m pip install -e ."


def _complain(error: object, code: int) -> int:
    terminal.say(terminal.one_line(str(error)), copied=True)
    return code


def _let_go_of_output() -> None:
    """Sends what is still buffered to nowhere, or Python would complain once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
