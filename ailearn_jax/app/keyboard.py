"""Single keys of a terminal, without Enter."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Key = Callable[[float], str]


@contextmanager
def keys() -> Iterator[Key]:
    """Inside, a function that waits so many seconds for a key and returns it; "" if none came, or no terminal is there.

    Ctrl-C stays what it is, and the terminal is afterwards as it was before.
    """
    if not sys.stdin.isatty():
        yield _no_key
    elif sys.platform == "win32":
        yield _key_of_windows
    else:
        import termios
        import tty

        before = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        try:
            yield _key_of_terminal
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _key_of_terminal(seconds: float) -> str:
    import select

    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return os.read(sys.stdin.fileno(), 1).decode("ascii", "replace") if ready else ""


def _key_of_windows(seconds: float) -> str:
    if sys.platform == "win32":
        import msvcrt

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if msvcrt.kbhit():
                return msvcrt.getwch()
            time.sleep(0.02)
    return ""
