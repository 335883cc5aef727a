"""The process that runs a learner's file. process.py starts it, sends it code, and judges what it answers.

It knows nothing of what is right. Questions come on its standard input, answers go to its standard output, a line each;
whatever the learner's file prints goes to standard error instead.
"""

import ast
import faulthandler
import importlib
import linecache
import os
import signal
import sys
import traceback
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path[0] = str(PACKAGE.parent)  # where a script finds its own folder

from ailearn_jax.exercises import wire  # noqa: E402

CHECK = "<check>"  # the name under which the check's own lines are compiled
LIBRARIES = {"jax": "jax", "jnp": "jax.numpy", "np": "numpy", "nn": "flax.linen", "optax": "optax"}
ORPHANED = 120  # seconds after which a question without an answer ends the process: nobody is left to end it


def main(way: str, *modules: str) -> None:
    """Answers questions until there are no more.

    Args:
        way: "closed", where the course's own code is out of reach, or "open".
        modules: what to import before the first question.
    """
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    if way == "closed":
        close_the_course()
    with Caught():  # what cannot be imported here is told where the learner's file imports it
        for module in modules:
            importlib.import_module(module)
        if "jax" in sys.modules:
            sys.modules["jax"].numpy.ones(2).sum()  # the first operation waits for a device
    learner = types.ModuleType("learner")
    print(wire.encode("ready"), file=answers, flush=True)
    for line in questions:
        question = wire.decode(line)
        faulthandler.dump_traceback_later(ORPHANED, exit=True)
        if "source" in question:
            learner, reply = load(**question)
        else:
            reply = run(learner, **question)
        faulthandler.cancel_dump_traceback_later()
        print(wire.encode(reply), file=answers, flush=True)


def close_the_course() -> None:
    """Makes the course's own code impossible to import or to read from here on: the learner is to write it."""
    sys.path.pop(0)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE.name]:
        del sys.modules[name]
    own = {str(PACKAGE / "exercises" / name) for name in ("child.py", "wire.py")}  # a traceback may quote these

    def guard(event: str, args: tuple[Any, ...]) -> None:
        imported = event == "import" and args[0].partition(".")[0] == PACKAGE.name
        path = os.path.abspath(args[0]) if event == "open" and isinstance(args[0], str) else ""
        if imported or (path.startswith(f"{PACKAGE}{os.sep}") and path not in own):
            raise ImportError("the course's own code is closed to an exercise: here you write it yourself")

    sys.addaudithook(guard)


# --- Running ----------------------------------------------------------------------------------------------------------


def load(source: str, path: str) -> tuple[types.ModuleType, dict[str, Any]]:
    """The learner's file as a module, and the answer: what it raised, if it did."""
    learner = types.ModuleType("learner")
    learner.__file__ = path
    sys.modules["learner"] = learner  # dataclasses look there for what their annotations mean
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    with Caught(path) as caught:
        exec(compile(source, path, "exec"), vars(learner))
    return learner, caught.reply


def run(learner: types.ModuleType, code: str, given: dict[str, Any], arrays: str, lesson: str) -> dict[str, Any]:
    """Runs the check's `code` with the learner's module, and answers with what it assigned or raised."""
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    before: dict[str, Any] = {name: importlib.import_module(LIBRARIES[name]) for name in LIBRARIES.keys() & used}
    before |= {"learner": learner} | {name: arrived(value, arrays) for name, value in given.items()}
    if lesson:
        before["lesson"] = importlib.import_module(lesson)
    names = {"__name__": "check", **before}
    with Caught(learner.__file__, code) as caught:
        exec(compile(code, CHECK, "exec"), names)
        new = {name for name in names if name[0] != "_" and not (name in before and names[name] is before[name])}
        values = {name: plainly(names[name]) for name in new}
        others = {name: type(names[name]).__name__ for name in new if not travels(values[name])}
        caught.reply = {"values": {name: values[name] for name in new - others.keys()}, "others": others}
    return caught.reply


def arrived(tree: Any, arrays: str) -> Any:
    """`tree` with its arrays as the exercise wants them: JAX's or numpy's, floating point in 32 bits."""
    if isinstance(tree, list | tuple):
        return type(tree)(arrived(member, arrays) for member in tree)
    if isinstance(tree, dict):
        return {key: arrived(member, arrays) for key, member in tree.items()}
    if not isinstance(tree, np.ndarray):
        return tree
    array = tree.astype(np.float32) if tree.dtype == np.float64 else tree
    return array if arrays == "numpy" else importlib.import_module("jax.numpy").asarray(array)


def plainly(tree: Any) -> Any:
    """`tree` with plain tuples, lists, dicts and numpy arrays."""
    if isinstance(tree, list | tuple):
        return (list if isinstance(tree, list) else tuple)(map(plainly, tree))
    if isinstance(tree, Mapping):
        return {key: plainly(member) for key, member in tree.items()}
    jax = sys.modules.get("jax")
    if jax is None or not isinstance(tree, jax.Array):
        return tree
    if jax.dtypes.issubdtype(tree.dtype, jax.dtypes.prng_key):
        tree = jax.random.key_data(tree)
    return np.asarray(tree.astype(np.float32) if tree.dtype == jax.numpy.bfloat16 else tree)


def travels(tree: Any) -> bool:
    """Whether `tree` can be sent."""
    try:
        wire.encode(tree)
    except TypeError:
        return False
    return True


# --- What the learner's code raises -----------------------------------------------------------------------------------


class Caught:
    """Turns whatever is raised inside into an answer, `reply`.

    A context manager and no `except`, since here, where a learner's code runs, it is right to catch everything:
    sys.exit too.
    """

    def __init__(self, path: str | None = None, code: str = "") -> None:
        self.path, self.code = path, code
        self.reply: dict[str, Any] = {}

    def __enter__(self) -> "Caught":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: types.TracebackType | None) -> bool:
        if error is not None:
            self.reply = {"error": {"called": self.called(trace), "lines": self.lines(error, trace)}}
        return True

    def called(self, trace: types.TracebackType | None) -> str:
        """The line of the check's code that was running."""
        numbers = line_numbers(trace, CHECK)
        return self.code.splitlines()[numbers[0] - 1].strip() if numbers else "your file, from its first line"

    def lines(self, error: BaseException, trace: types.TracebackType | None) -> list[tuple[str, str]]:
        """The line of the learner's file that raised, where there is one, and what it raised."""
        numbers = line_numbers(trace, self.path)
        if isinstance(error, SyntaxError) and error.filename == self.path and error.lineno:
            numbers = [error.lineno]
        where = [(f"line {number}", linecache.getline(str(self.path), number).strip()) for number in numbers[-1:]]
        return [*((label, shortened(text, 64)) for label, text in where), ("raised", sentence(error))]


def line_numbers(trace: types.TracebackType | None, path: str | None) -> list[int]:
    """The lines of the file `path` that were running, the outermost first."""
    return [number for frame, number in traceback.walk_tb(trace) if frame.f_code.co_filename == path]


def sentence(error: BaseException) -> str:
    """What was raised, in some words."""
    if isinstance(error, SystemExit):
        return "SystemExit: the file ends the program here, before it has given an answer"
    message = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, NotImplementedError) and not message:
        message = "your own lines are still to come"
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return shortened(text, 120)


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."


if __name__ == "__main__":
    main(*sys.argv[1:])
