"""A folder with a checkpoint a step: which are whole, which is the best, which have to go. Introduced in lesson 6.

A checkpoint that is being written is called `saving-000200`, one that is being removed `deleting-000200`; a folder with
a step for a name is whole, or something happened to it since.
"""

import math
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from ailearn_jax import manifests
from ailearn_jax.errors import InputError


class Shelf:
    """The checkpoints in `folder`, of which the last `keep` stay, and the best by the metric they were saved with.

    `say` takes the news that one is damaged.
    """

    def __init__(self, folder: Path, keep: int = 1, say: Callable[[str], None] | None = None) -> None:
        self.folder, self.keep = folder.absolute(), keep
        self.say = say or (lambda text: print(text, file=sys.stderr))

    def find(self, which: str = "best") -> int | None:
        """The step of the "last" or "best" whole checkpoint, or of the one with the given number; None: there is none.

        Damaged ones are passed over with a line of warning.

        Raises:
            InputError: that number is not there or damaged; all are damaged; one is of a newer format.
        """
        if which not in ("last", "best"):
            return self._find_step(which)
        whole, damaged = self._examine()
        found = max(whole, default=None) if which == "last" else self._best(whole)
        if damaged:
            latest = max(damaged)
            if found is None:
                raise InputError(
                    f"{self.path(latest)}: expected a whole checkpoint, got one where {damaged[latest]}, and no other; "
                    "begin anew with --restart"
                )
            others = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
            self.say(f"{self.path(latest)}{others}: passed over, {damaged[latest]}; step {found:,} is used")
        return found

    def steps(self) -> list[int]:
        """The steps of all checkpoints, rising."""
        return sorted(int(path.name) for path in self.folder.glob("*") if re.fullmatch("[0-9]{6,12}", path.name))

    def path(self, step: int) -> Path:
        """The folder of the checkpoint of `step`."""
        return self.folder / f"{step:06d}"

    def retain(self) -> None:
        """Removes the checkpoints that are neither among the last nor the best."""
        kept = {*self.steps()[-self.keep :], self._best(self._examine()[0])}
        for step in set(self.steps()) - kept:
            deleting = self.folder / f"deleting-{step:06d}"  # no longer named by its step, whatever happens next
            os.rename(self.path(step), deleting)
            shutil.rmtree(deleting)

    def remove_litter(self, ignore_errors: bool = False) -> None:
        """Removes what a process that was killed has left behind."""
        for pattern in ("saving-*", "deleting-*"):
            for path in self.folder.glob(pattern):
                shutil.rmtree(path, ignore_errors)

    def _find_step(self, which: str) -> int:
        steps = self.steps()
        if not re.fullmatch("[0-9]{1,12}", which) or int(which) not in steps:
            raise InputError(f"--checkpoint: expected best, last or one of {steps}, got {which!r}")
        if problem := manifests.problem(self.path(int(which))):
            raise InputError(
                f"{self.path(int(which))}: expected a whole checkpoint, got one where {problem}; take another step"
            )
        return int(which)

    def _examine(self) -> tuple[list[int], dict[int, str]]:
        """The steps whose checkpoints are whole, and what is wrong with the others."""
        problems = {step: manifests.problem(self.path(step)) for step in self.steps()}
        damaged = {step: problem for step, problem in problems.items() if problem}
        return [step for step in problems if step not in damaged], damaged

    def _best(self, steps: list[int]) -> int | None:
        """The step with the lowest metric; of equals the latest."""
        metrics = {step: manifests.read(self.path(step))["metric"] for step in steps}
        finite = {step: m if m is not None and math.isfinite(m) else math.inf for step, m in metrics.items()}
        return min(steps, key=lambda step: (finite[step], -step), default=None)
