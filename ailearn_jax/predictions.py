"""A trained bike model at work, with nothing but its checkpoint. Introduced in lesson 6."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ml_collections import ConfigDict

from ailearn_jax import bikes
from ailearn_jax.checkpoints import Facts, load_checkpoint
from ailearn_jax.errors import InputError, check_number
from ailearn_jax.models import MLP
from ailearn_jax.training import Params, shapes_of


class Prediction(NamedTuple):
    """Bikes an hour, the step of the checkpoint that says so, and whether it said less than nothing."""

    value: float
    step: int
    clipped: bool


@dataclasses.dataclass(frozen=True)
class BikeModel:
    """A model with the normalizer of its training rows; inputs and predictions are in the table's units."""

    step: int
    facts: Facts
    model: MLP
    params: Params
    normalizer: bikes.Normalizer

    def predict_unclipped(self, inputs: np.ndarray) -> np.ndarray:
        """What the model says [N] for inputs [N, F]; it may be less than nothing."""
        normalized = self.model.apply({"params": self.params}, self.normalizer.apply(inputs))
        return self.normalizer.invert(np.asarray(normalized))

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """Bikes an hour [N], never negative: a model knows no floor, but bikes do."""
        return np.maximum(self.predict_unclipped(inputs), 0.0)

    def predict_hour(self, features: dict[str, float]) -> Prediction:
        """Bikes in one hour; `features` holds a value for each column that the model was trained on.

        Raises:
            InputError: a column has no value, or one outside its range.
        """
        columns, by_hour = bikes.FEATURES[self.facts.config["data"]["features"]]
        check_hour(columns, features)
        inputs = bikes.encode({name: [value] for name, value in features.items()}, columns, by_hour)
        value = float(self.predict_unclipped(inputs)[0])
        return Prediction(max(value, 0.0), self.step, clipped=value < 0.0)


def load_bike_model(folder: Path, checkpoint: str, lesson: int, describe: Callable[[ConfigDict], MLP]) -> BikeModel:
    """The model of a checkpoint in `folder`; `describe` checks its config and makes the module.

    Raises:
        InputError: there is no such checkpoint, or it is another lesson's, or not one that a lesson wrote.
    """

    def described(facts: Facts) -> tuple[MLP, bikes.Normalizer]:
        config = ConfigDict(facts.config)
        num_inputs = bikes.num_inputs(config.data.features)
        return describe(config), bikes.Normalizer.from_json(facts.preprocessing["normalizer"], num_inputs)

    def params_like(facts: Facts) -> Params:
        model, normalizer = described(facts)
        return shapes_of(model, np.zeros((1, len(normalizer.mean)), np.float32))

    step, facts, params = load_checkpoint(folder, checkpoint, lesson, params_like)
    model, normalizer = described(facts)
    return BikeModel(step, facts, model, params, normalizer)


def check_hour(columns: tuple[str, ...], features: dict[str, float]) -> None:
    """Raises InputError where a column has no value or one outside its range, or where there is one too many."""
    if wrong := sorted(f"--{name}" for name in features.keys() ^ set(columns)):
        raise InputError(f"expected a value for each of {', '.join(columns)}, no other; mend {', '.join(wrong)}")
    for name, value in features.items():
        low, high, _ = bikes.COLUMNS[name]
        check_number(f"--{name}", value, low, high)
