"""Programs that are timed in turn, each in a process of its own.

Both JAX and PyTorch keep threads that spin for a while when they have nothing to do, and whatever is timed meanwhile
shares the cores with them. So a process whose turn it is not stands still as a whole (SIGSTOP), threads and all, and no
process holds both libraries. The process that directs the turns imports neither: it only sleeps while a side works.
"""

import importlib
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from scripts.measure.quiet import Watch

Measured = dict[str, float]  # such as {"seconds": 0.031}
Samples = dict[str, list[float]]  # the same over the turns
SETTLING = 1.0  # seconds that spinning threads get to fall asleep where a process cannot be stopped
CONTEXT = multiprocessing.get_context("spawn")  # a forked child would inherit its parent's memory peak and threads


class Task(NamedTuple):
    """What a side does, as a name: the directing process need not import what it names.

    Attributes:
        function: "module:function". What it returns is called once a turn and measures; or, for a `fresh` task, it
            measures itself.
        options: what it is called with.
        fresh: whether each turn gets a new process, for whatever the first call in a process pays for.
        optional: whether the others go on without it when it fails, as where `torch.compile` finds no C++ compiler.
    """

    function: str
    options: Mapping[str, Any] = {}
    fresh: bool = False
    optional: bool = False

    def find(self) -> Any:
        module, _, function = self.function.partition(":")
        return getattr(importlib.import_module(module), function)


class SideFailed(Exception):
    """The process of a side ended before it answered; what it had to say stands on standard error."""


class Side:
    """A process that measures when it is asked to, and otherwise stands still. It ends with its `with` block."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.pipe, end = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=serve, args=(end, task))
        self.process.start()
        end.close()  # the child holds it now; when the child ends, reading from the pipe says so

    def receive(self) -> Measured:
        try:
            return self.pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            raise SideFailed(self.task.function) from error

    def measure(self) -> Measured:
        """One turn."""
        self._signal("SIGCONT")
        self.pipe.send("measure")
        measured = self.receive()
        self.pause()
        return measured

    def pause(self) -> None:
        """Lets no thread of the process run until its next turn."""
        if not self._signal("SIGSTOP"):
            time.sleep(SETTLING)

    def __enter__(self) -> "Side":
        return self

    def __exit__(self, *_: object) -> None:
        self._signal("SIGCONT")  # a process that stands still would never take notice of its end
        self.pipe.close()
        self.process.join(10)
        self.process.terminate()

    def _signal(self, name: str) -> bool:
        """Sends a signal that stops or goes on; False where the system has none, as on Windows."""
        number, pid = getattr(signal, name, None), self.process.pid
        if number is None or pid is None:
            return False
        if self.process.is_alive():
            os.kill(pid, number)
        return True


def serve(pipe: Connection, task: Task) -> None:
    """The life of a side's process: prepare, say so, then measure as often as asked."""
    if task.fresh:
        pipe.send(task.find()(**task.options))
        return
    measure = task.find()(**task.options)
    pipe.send({})
    while _asked(pipe):
        pipe.send(measure())


def _asked(pipe: Connection) -> bool:
    try:
        return pipe.recv() == "measure"
    except EOFError:  # the directing process has closed its end
        return False


def once(task: Task) -> Measured:
    """What a task that needs no preparation measures, in a new process, which ends with it."""
    with Side(task._replace(fresh=True)) as side:
        return side.receive()


def alternate(tasks: Mapping[str, Task], turns: int, watch: Watch) -> dict[str, Samples]:
    """Lets each task measure once a turn, one after the other. An optional task that fails is left out."""
    with ExitStack() as stack:
        standing: dict[str, Side] = {}
        measured: dict[str, list[Measured]] = {name: [] for name in tasks}
        for name, task in tasks.items():
            if not task.fresh:
                try:
                    side = stack.enter_context(Side(task))
                    side.receive()  # it is ready: what has to be compiled and loaded is
                except SideFailed:
                    if not task.optional:
                        raise
                    del measured[name]
                else:
                    side.pause()
                    standing[name] = side
        watch.look(1.0)
        for _ in range(turns):
            for name in [*measured]:
                measured[name].append(standing[name].measure() if name in standing else once(tasks[name]))
                watch.look()
        watch.look(1.0)
    return {name: collect(values) for name, values in measured.items()}


def collect(measured: list[Measured]) -> Samples:
    """Turns a list of named values into named lists of values."""
    return {name: [values[name] for values in measured] for name in measured[0]}
