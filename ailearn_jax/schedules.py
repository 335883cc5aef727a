"""How long a run trains, and what happens when. Introduced in lesson 6."""

import dataclasses
from collections.abc import Iterator

from ailearn_jax.errors import check_number


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How long to train and what happens when, in steps."""

    num_steps: int
    batch_size: int
    accumulate: int
    steps_per_call: int
    log_every: int
    eval_every: int
    checkpoint_every: int
    keep: int

    @classmethod
    def from_epochs(cls, num_rows: int, num_epochs: int, batch_size: int, **intervals: int) -> "Schedule":
        """A schedule of whole epochs; the rows that fill no batch at the end of an epoch are left out of it.

        Raises:
            InputError: there are fewer rows than one batch.
        """
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
