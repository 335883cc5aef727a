"""SIGINT (Ctrl-C) and SIGTERM: they end a command at once, or wait until training has saved."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_STOPPING = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


@contextmanager
def interrupting() -> Iterator[None]:
    """Inside, either signal raises Interrupted; afterwards both do what they did before."""
    before = _handle(_interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Deferred:
    """While held, the first signal only leaves its number in `pending`; a second one interrupts."""

    def __init__(self) -> None:
        self.pending: int | None = None

    def hold(self) -> None:
        _handle(self._remember)

    def release(self) -> None:
        _handle(_interrupt)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        if self.pending is not None:
            raise Interrupted(number)
        self.pending = number


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)


def _handle(handler: Callable[[int, FrameType | None], None]) -> dict[signal.Signals, Any]:
    return {number: signal.signal(number, handler) for number in _STOPPING}
