"""Starts the process that runs a learner's file, asks it, and judges: by what it answers and by nothing else."""

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ailearn_jax.exercises import wire
from ailearn_jax.exercises.kit import Exercise, Failure, Learner

START = 120.0  # seconds within which Python and its libraries are loaded
LIMIT = 20.0  # seconds within which a call of the learner's code returns

# An exercise is small: it needs no GPU, no driver's news, and programs that are fast to compile rather than fast (the
# check of lesson 8's temperature took 1.3 s so, and 3.5 otherwise). What it prints is UTF-8 everywhere.
ENVIRONMENT = {
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": f"--xla_backend_optimization_level=0 {os.environ.get('XLA_FLAGS', '')}".strip(),
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "PYTHONUTF8": "1",
}


class Child:
    """A process that runs a learner's file; used in a `with`, which ends it.

    Args:
        modules: what it imports ahead.
        way: "closed", where the course's own code is out of the learner's reach, or "open".
        limit: seconds that a call may take.
    """

    def __init__(self, modules: Iterable[str] = (), way: str = "closed", limit: float = LIMIT) -> None:
        self.limit = limit
        self.ready = False
        self.output = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(Path(__file__).with_name("child.py")), way, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.output,
            env=os.environ | ENVIRONMENT,
        )
        self.answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def load(self, exercise: Exercise, source: str, path: Path) -> Learner:
        """The learner's file, with the text `source`, ready to be called.

        Raises:
            Failure: it does not run to its end.
        """
        reply = self._ask({"source": source, "path": str(path)}, "your file, from its first line")
        if error := reply.get("error"):
            raise Failure(("called", error["called"]), *map(tuple, error["lines"]))
        return Learner(lambda code, given, called: self.run(code, given, called, exercise.arrays))

    def run(self, code: str, given: dict[str, Any], called: str, arrays: str, lesson: str = "") -> dict[str, Any]:
        """Runs `code` there; with `lesson`, the name of a module, as `lesson`.

        Raises:
            Failure: no answer comes; what was called is `called`.
        """
        return self._ask({"code": code, "given": given, "arrays": arrays, "lesson": lesson}, called)

    def printed(self) -> str:
        """What the learner's file has printed, so far."""
        self.output.seek(0)
        return self.output.read().decode("utf-8", "replace")

    def close(self) -> None:
        """Ends the process, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.output):
            assert pipe is not None
            pipe.close()

    def _ask(self, question: dict[str, Any], called: str) -> dict[str, Any]:
        if not self.ready:
            self._answer(START, "loading Python's libraries")
            self.ready = True
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(wire.encode(question).encode("ascii") + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended, which the missing answer tells
        return self._answer(self.limit, called)

    def _answer(self, limit: float, called: str) -> Any:
        try:
            line = self.answers.get(timeout=limit)
        except queue.Empty:
            self.process.kill()
            self.process.wait()
            line = f"no answer within {limit:g} seconds: is there a loop that never ends?"
            raise Failure(("called", called), ("expected", "an answer"), ("got", line)) from None
        if not line:
            self.answers.put(line)  # for whoever asks again
            code = self._exit_code()
            ended = f"the process ended (exit code {code}) before it gave an answer"
            raise Failure(("called", called), ("expected", "an answer"), ("got", ended))
        return wire.decode(line)

    def _exit_code(self) -> int:
        """How the process, which gives no more answers, has ended, or is ended here."""
        try:
            return self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def _listen(self) -> None:
        """Hands on each answer as it comes, and an empty one at the end."""
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.answers.put(line)
        self.answers.put(b"")


def judge(exercise: Exercise, source: str, path: Path, seed: int, child: Child) -> Failure | None:
    """What is not right yet in the file with the text `source`, on inputs drawn from `seed`; None if all is."""
    try:
        exercise.check(child.load(exercise, source, path), np.random.default_rng(seed))
    except Failure as failure:
        return failure
    return None
