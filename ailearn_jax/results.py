"""What a lesson's `train` returns. Introduced in lesson 1."""

import dataclasses
from typing import NamedTuple

import numpy as np


class Figure(NamedTuple):
    """One number with its name and unit, such as `Figure("test RMSE", 75.7, "bikes")`."""

    name: str
    value: float
    unit: str = ""


@dataclasses.dataclass(frozen=True)
class Result:
    """The outcome of a run. The first figure is the lesson's headline, the one whose usual range is known.

    Attributes:
        figures: what was reached.
        baselines: what it stands beside, in the same units: simpler models, or the truth where it is known.
        curves: arrays worth drawing, such as `{"loss": [num_steps]}`.
    """

    figures: list[Figure]
    baselines: list[Figure] = dataclasses.field(default_factory=list)
    curves: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
