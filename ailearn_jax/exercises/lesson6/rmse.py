"""The root of the mean squared error."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 9: the root of the mean squared error.

A mean squared error of 5,640 says little: its unit is bikes squared. Its root, 75.1, is in bikes: the model is
typically off by that much, where large errors count more than small ones.
"""

import numpy as np


def rmse(predictions, targets):
    """The root of the mean squared error of predictions [N], in the units of the targets [N]."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows = int(rng.integers(7, 40))
    targets = rng.uniform(1, 900, num_rows)
    predictions = targets + rng.normal(rng.uniform(20, 60), rng.uniform(20, 60), num_rows)
    error = predictions - targets
    expect_close(
        f"rmse(predictions, targets) of {num_rows} rows",
        learner.call("rmse", predictions, targets),
        np.sqrt(np.mean(error**2)),
        mistakes={
            "the mean of the squares without the root: its unit is bikes squared": np.mean(error**2),
            "the root of the sum: it grows with the number of rows": np.sqrt(np.sum(error**2)),
            "the mean absolute error: the root of each square is taken before the mean": np.mean(np.abs(error)),
            "the absolute value of the mean error: the square comes after the mean": np.abs(np.mean(error)),
            "the mean error: too high and too low cancel": np.mean(error),
            "the square of the mean error: the square comes after the mean, and the root is missing": np.mean(error)
            ** 2,
            "the sum of the absolute errors": np.sum(np.abs(error)),
            "the squares of the errors, one for each row: mean and root are missing": error**2,
            "the square of the mean squared error, where its root is asked for": np.mean(error**2) ** 2,
            "the standard deviation of the errors: a model that is always 50 bikes too high would have 0": np.std(
                error
            ),
            "the root of the sum, divided by N: the mean belongs under the root": np.sqrt(np.sum(error**2)) / num_rows,
            "a division by N - 1, where the mean of N squares is asked for": np.sqrt(np.sum(error**2) / (num_rows - 1)),
            "the root of half the mean": np.sqrt(np.mean(error**2) / 2),
            "one number for each row: the mean is missing": np.abs(error),
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return float(np.sqrt(np.mean((predictions - targets) ** 2)))\n",
    hints=(
        "Read its name from right to left: error, squared, mean, root.",
        "np.mean takes the mean of all numbers of an array, np.sqrt the root.",
    ),
    holds="The error is in bikes per hour, whatever the number of rows.",
    stands_in="bikes.rmse",
    check=check,
    planted=(
        Planted("no root", "    return np.mean((predictions - targets) ** 2)\n", says="without the root"),
        Planted(
            "sum for mean", "    return np.sqrt(np.sum((predictions - targets) ** 2))\n", says="grows with the number"
        ),
        Planted(
            "root before mean",
            "    return np.mean(np.sqrt((predictions - targets) ** 2))\n",
            says="the root of each square",
        ),
        Planted(
            "square after mean",
            "    return np.sqrt(np.mean(predictions - targets) ** 2)\n",
            says="the absolute value of the mean error",
        ),
        Planted("standard deviation", "    return np.std(predictions - targets)\n", says="standard deviation"),
        Planted(
            "division outside the root",
            "    return np.linalg.norm(predictions - targets) / len(targets)\n",
            says="the mean belongs under the root",
        ),
    ),
    right={
        "a loop": """\
    total = 0.0
    for prediction, target in zip(predictions, targets):
        total += float(prediction - target) ** 2
    return (total / len(targets)) ** 0.5
""",
        "the norm": "    return np.linalg.norm(targets - predictions) / len(targets) ** 0.5\n",
        "a dot product": """\
    error = targets - predictions
    return np.sqrt(error @ error / error.size)
""",
        "jax": """\
    import jax.numpy as jnp
    return jnp.sqrt(jnp.square(predictions - targets).mean())
""",
    },
    twin=Twin(
        given=lambda rng: {"predictions": rng.uniform(0, 900, 17), "targets": rng.uniform(0, 900, 17)},
        learner="out = learner.rmse(predictions, targets)",
        lesson="out = lesson.rmse(predictions, targets)",
    ),
    arrays="numpy",
)
