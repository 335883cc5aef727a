"""The mean squared error."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 1, exercise 2: the mean squared error.

How wrong is a line? For each point take the error, prediction minus y, and square it, so that too high and too low
count alike. The loss is the mean of these squares. Write what `loss_fn` returns: one number.
"""

import jax.numpy as jnp


def predict(w, b, x):
    return w * x + b


def loss_fn(w, b, x, y):
    """The mean over the points of (prediction - y)²."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    for _ in range(2):
        w, b = rng.normal(size=2)
        x, y = rng.normal(size=(2, rng.integers(4, 12)))
        error = w * x + b - y
        expect_close(
            f"loss_fn(w, b, x, y) on {len(x)} points",
            learner.call("loss_fn", w, b, x, y),
            np.mean(error**2),
            mistakes={
                "the sum, where the mean is asked for": np.sum(error**2),
                "the mean of the errors' sizes, not of their squares": np.mean(abs(error)),
                "the mean of the errors: too high and too low cancel": np.mean(error),
                "the square of the mean: first square, then average": np.mean(error) ** 2,
                "the root of the mean squared error": np.mean(error**2) ** 0.5,
                "half of the mean squared error": np.mean(error**2) / 2,
                "the squares of prediction + y": np.mean((w * x + b + y) ** 2),
                "the error of x itself: predict is not called": np.mean((x - y) ** 2),
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return jnp.mean((predict(w, b, x) - y) ** 2)\n",
    hints=(
        "Three steps, from the inside out: the errors, their squares, the mean of these.",
        "`** 2` squares each number of an array; `jnp.mean` turns the array into one number.",
        "The errors are `predict(w, b, x) - y`.",
    ),
    holds="The loss is the mean of the squared errors, whatever the number of points.",
    stands_in="lesson1.loss_fn",
    check=check,
    planted=(
        Planted("sum for mean", "    return jnp.sum((predict(w, b, x) - y) ** 2)\n", says="the sum, where"),
        Planted("absolute errors", "    return jnp.mean(jnp.abs(predict(w, b, x) - y))\n", says="the errors' sizes"),
        Planted("no square", "    return jnp.mean(predict(w, b, x) - y)\n", says="cancel"),
        Planted("square outside", "    return jnp.mean(predict(w, b, x) - y) ** 2\n", says="the square of the mean"),
        Planted("root", "    return jnp.sqrt(jnp.mean((predict(w, b, x) - y) ** 2))\n", says="the root"),
        Planted("no mean", "    return (predict(w, b, x) - y) ** 2\n", says="shape ()"),
    ),
    right={
        "a loop": "    return sum((predict(w, b, xi) - yi) ** 2 for xi, yi in zip(x, y)) / len(x)\n",
        "einsum": '    error = y - predict(w, b, x)\n    return jnp.einsum("n,n->", error, error) / error.size\n',
        "another order": "    return jnp.average(jnp.square(y - predict(w, b, x)))\n",
    },
    twin=Twin(
        given=lambda rng: dict(zip("wbxy", (*rng.normal(size=2), *rng.normal(size=(2, 7))), strict=True)),
        learner="out = learner.loss_fn(w, b, x, y)",
        lesson="out = lesson.loss_fn(w, b, x, y)",
    ),
)
