"""Predictions that cannot be negative."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 12: predictions that cannot be negative.

The model takes normalized inputs and returns normalized predictions. So normalize what goes in, and turn what comes out
back into bikes. For a cold night that may be -12: a model knows no lowest value. Put in a floor: return 0 there.
"""

from typing import NamedTuple

import numpy as np


class Normalizer(NamedTuple):
    """What it saw of the training rows; it normalizes inputs, and turns predictions back into bikes."""

    mean: np.ndarray  # [F]
    std: np.ndarray  # [F]
    target_mean: float
    target_std: float

    def apply(self, inputs):
        """Inputs [N, F] as the model takes them."""
        return (inputs - self.mean) / self.std

    def invert(self, predictions):
        """The model's predictions [N] in bikes per hour."""
        return predictions * self.target_std + self.target_mean


def predict(model, normalizer, inputs):
    """Bikes per hour [N], never negative. model(normalized inputs) gives normalized predictions [N]."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_columns = int(rng.integers(15, 30)), int(rng.integers(2, 5))
    mean, std = rng.normal(0, 5, num_columns), rng.uniform(2, 9, num_columns)
    target_mean, target_std = float(rng.uniform(100, 200)), float(rng.uniform(150, 250))
    inputs = mean + std * rng.normal(size=(num_rows, num_columns))
    weights = rng.uniform(0.3, 0.9, num_columns)
    inputs[0], inputs[1], inputs[2] = mean - 4 * std, mean + 4 * std, mean - 0.2 * std  # negative, high, below the mean
    answers = ((inputs - mean) / std) @ weights
    bikes = answers * target_std + target_mean
    got = learner.run(
        "_normalizer = learner.Normalizer(mean, std, target_mean, target_std)\n"
        "_model = lambda inputs: inputs @ weights\n"
        "out = learner.predict(_model, _normalizer, inputs)",
        mean=mean,
        std=std,
        target_mean=target_mean,
        target_std=target_std,
        weights=weights,
        inputs=inputs,
    )
    expect_close(
        f"predict(model, normalizer, inputs) of {num_rows} rows",
        got["out"],
        np.maximum(bikes, 0.0),
        mistakes={
            "predictions below 0 bikes: the floor is missing": bikes,
            "a floor before the way back into bikes: no prediction is below the mean of the targets": np.maximum(
                answers, 0.0
            )
            * target_std
            + target_mean,
            "absolute values: -12 bikes became 12": np.abs(bikes),
            "inputs that were not normalized: the model was given the table's units": np.maximum(
                inputs @ weights * target_std + target_mean, 0.0
            ),
            "normalized predictions: the way back into bikes is missing": np.maximum(answers, 0.0),
            "normalized predictions, some below 0: way back and floor are missing": answers,
            "the model alone: its inputs are not normalized, and its predictions not turned back": inputs @ weights,
            "the model alone and a floor: its inputs are not normalized, its predictions not turned back": np.maximum(
                inputs @ weights, 0.0
            ),
            "the rows below 0 left out: each row needs a prediction, and theirs is 0": bikes[bikes > 0],
            "the largest prediction alone: np.max takes one number of all, np.maximum one for each row": np.max(bikes),
            "the smaller of 0 and the prediction: that is a ceiling, not a floor": np.minimum(bikes, 0.0),
            "a floor at 1 bike": np.maximum(bikes, 1.0),
        },
        rtol=1e-3,
        atol=1e-2,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return np.maximum(normalizer.invert(np.asarray(model(normalizer.apply(inputs)))), 0.0)\n",
    hints=(
        "Four things one after the other: normalize, ask the model, turn back into bikes, put in a floor.",
        "normalizer.apply goes before the model, normalizer.invert after it. The floor is in bikes, so it comes last.",
        "np.maximum(a, 0.0) gives, for each number of a, the larger of it and 0.",
    ),
    holds="Whatever the model says, no prediction is below 0 bikes.",
    stands_in="predictions.BikeModel.predict",
    check=check,
    planted=(
        Planted(
            "no floor",
            "    return normalizer.invert(model(normalizer.apply(inputs)))\n",
            says="the floor is missing",
        ),
        Planted(
            "floor too early",
            "    return normalizer.invert(np.maximum(model(normalizer.apply(inputs)), 0.0))\n",
            says="a floor before the way back",
        ),
        Planted(
            "sizes",
            "    return np.abs(normalizer.invert(model(normalizer.apply(inputs))))\n",
            says="-12 bikes became 12",
        ),
        Planted(
            "inputs as they are",
            "    return np.maximum(normalizer.invert(model(inputs)), 0.0)\n",
            says="the table's units",
        ),
        Planted(
            "not turned back",
            "    return np.maximum(model(normalizer.apply(inputs)), 0.0)\n",
            says="the way back into bikes is missing",
        ),
        Planted(
            "left out",
            """\
    bikes = normalizer.invert(model(normalizer.apply(inputs)))
    return bikes[bikes > 0]
""",
            says="the rows below 0 left out",
        ),
        Planted(
            "np.max",
            "    return np.max(normalizer.invert(model(normalizer.apply(inputs))))\n",
            says="np.max takes one number",
        ),
    ),
    right={
        "np.clip": "    return np.clip(normalizer.invert(model(normalizer.apply(inputs))), 0, None)\n",
        "a loop": """\
    predictions = normalizer.invert(np.array(model(normalizer.apply(inputs))))
    for i in range(len(predictions)):
        if predictions[i] < 0:
            predictions[i] = 0
    return predictions
""",
        "the floor in the model's units": """\
    floor = -normalizer.target_mean / normalizer.target_std
    answers = model((inputs - normalizer.mean) / normalizer.std)
    return normalizer.invert(np.where(answers > floor, answers, floor))
""",
    },
    twin=Twin(
        given=lambda rng: {
            "inputs": rng.normal(2, 3, (25, 3)),
            "weights": rng.normal(size=3),
            "mean": rng.normal(size=3),
            "std": rng.uniform(1, 3, 3),
        },
        learner="""\
out = learner.predict(lambda inputs: inputs @ weights, learner.Normalizer(mean, std, 20.0, 90.0), inputs)
""",
        lesson="""\
import types
_model = types.SimpleNamespace(apply=lambda variables, inputs: inputs @ weights)
_normalizer = lesson.bikes.Normalizer(mean, std, 20.0, 90.0)
out = lesson.BikeModel(0, None, _model, None, _normalizer).predict(inputs)
""",
    ),
    arrays="numpy",
)
