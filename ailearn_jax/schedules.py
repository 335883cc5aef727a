"""How long a run trains, and what happens when. Introduced in lesson 6."""

import dataclasses
from collections.abc import Iterator

from ailearn_jax.errors import InputError, check_number


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long to train and what happens when, in steps.

    Raises:
        InputError: a value is outside its range, or an interval is no multiple of `steps_per_call`, or `accumulate` no
            divisor of `batch_size`.
    """

    num_steps: int
    batch_size: int
    accumulate: int
    steps_per_call: int
    log_every: int
    eval_every: int
    checkpoint_every: int
    keep: int

    def __post_init__(self) -> None:
        highest = {"num_steps": 10**9, "batch_size": 10**6, "accumulate": 10**6, "steps_per_call": 10**5, "keep": 10**4}
        for name, high in highest.items():
            check_number(f"config.train.{name}", getattr(self, name), 1, high)
        if self.batch_size % self.accumulate:
            raise InputError(
                f"config.train.accumulate: expected a divisor of train.batch_size ({self.batch_size}), "
                f"got {self.accumulate}; change one of them"
            )
        # A save always follows an evaluation: which checkpoint is the best can be told only so.
        for name, unit in {
            "log_every": "steps_per_call",
            "eval_every": "steps_per_call",
            "checkpoint_every": "eval_every",
        }.items():
            check_number(f"config.train.{name}", getattr(self, name), 1, 10**9)
            if getattr(self, name) % getattr(self, unit):
                raise InputError(
                    f"config.train.{name}: expected a multiple of train.{unit} ({getattr(self, unit)}), "
                    f"got {getattr(self, name)}; change one of them"
                )

    @classmethod
    def from_epochs(cls, num_rows: int, num_epochs: int, batch_size: int, **intervals: int) -> "Schedule":
        """A schedule of whole epochs; the rows that fill no batch at the end of an epoch are left out of it."""
        check_number("config.train.num_epochs", num_epochs, 1, 10**6)
        check_number("config.train.batch_size", batch_size, 1, num_rows)
        return cls(num_steps=num_epochs * (num_rows // batch_size), batch_size=batch_size, **intervals)

    def calls_after(self, step: int) -> Iterator[int]:
        """The steps in each call from `step` on: each ends at a multiple of `steps_per_call`, or with the run."""
        while step < self.num_steps:
            end = min(step - step % self.steps_per_call + self.steps_per_call, self.num_steps)
            yield end - step
            step = end

    def due(self, step: int, every: int) -> bool:
        return step % every == 0 or step == self.num_steps
