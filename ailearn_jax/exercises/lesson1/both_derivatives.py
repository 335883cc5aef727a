"""Both derivatives."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 1, exercise 4: both derivatives.

The loss depends on b as well. The error e = w x + b - y grows by 1 as b grows by 1, so for one point the derivative
with respect to b is 2 e times 1. Write `gradients`, which returns both derivatives: of w first, then of b.
"""

import jax.numpy as jnp


def predict(w, b, x):
    return w * x + b


def loss_fn(w, b, x, y):
    return jnp.mean((predict(w, b, x) - y) ** 2)


def gradients(w, b, x, y):
    """How fast the loss grows as w grows, and as b grows."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    w, b = rng.normal(size=2)
    x, y = rng.normal(size=(2, rng.integers(4, 12)))
    error = w * x + b - y
    by_w, by_b = np.mean(2 * error * x), np.mean(2 * error)
    expect_close(
        f"gradients(w, b, x, y) on {len(x)} points",
        learner.call("gradients", w, b, x, y),
        (by_w, by_b),
        mistakes={
            "b's derivative first: that of w comes first": (by_b, by_w),
            "x in both: as b grows the error grows by 1": (by_w, by_w),
            "x in neither: as w grows the error grows by x": (by_b, by_b),
            "without the factor 2 in that of b": (by_w, by_b / 2),
            "without the factor 2": (by_w / 2, by_b / 2),
            "sums, where means are asked for": (np.sum(2 * error * x), np.sum(2 * error)),
            "the signs turned: the error is prediction - y": (-by_w, -by_b),
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=("    error = predict(w, b, x) - y  # [N]\n    return jnp.mean(2 * error * x), jnp.mean(2 * error)\n"),
    hints=(
        "The derivative with respect to w is the one of exercise 3; both begin with the same error.",
        "The derivative with respect to b is the same, without x.",
        "Return two values, with a comma between them.",
    ),
    holds="Both derivatives are right, so the way downhill is known.",
    stands_in="lesson1.gradients",
    check=check,
    planted=(
        Planted(
            "swapped",
            "    error = predict(w, b, x) - y\n    return jnp.mean(2 * error), jnp.mean(2 * error * x)\n",
            says="that of w comes first",
        ),
        Planted(
            "x in both",
            "    error = predict(w, b, x) - y\n    return jnp.mean(2 * error * x), jnp.mean(2 * error * x)\n",
            says="grows by 1",
        ),
        Planted(
            "factor 2 of b",
            "    error = predict(w, b, x) - y\n    return jnp.mean(2 * error * x), jnp.mean(error)\n",
            says="in that of b",
        ),
        Planted(
            "sums",
            "    error = predict(w, b, x) - y\n    return jnp.sum(2 * error * x), jnp.sum(2 * error)\n",
            says="sums, where",
        ),
        Planted(
            "signs",
            "    error = y - predict(w, b, x)\n    return jnp.mean(2 * error * x), jnp.mean(2 * error)\n",
            says="the signs turned",
        ),
        Planted("one only", "    return jnp.mean(2 * (predict(w, b, x) - y) * x)\n", says="2 values"),
    ),
    right={
        "one array": (
            "    error = predict(w, b, x) - y\n"
            "    return 2 * jnp.mean(error * jnp.stack([x, jnp.ones_like(x)]), axis=1)\n"
        ),
        "einsum": (
            "    error = predict(w, b, x) - y\n"
            '    return 2 * jnp.einsum("n,n->", error, x) / len(x), 2 * jnp.einsum("n->", error) / len(x)\n'
        ),
        "a loop": (
            "    w_sum = b_sum = 0.0\n"
            "    for xi, yi in zip(x, y):\n"
            "        error = predict(w, b, xi) - yi\n"
            "        w_sum, b_sum = w_sum + 2 * error * xi, b_sum + 2 * error\n"
            "    return w_sum / len(x), b_sum / len(x)\n"
        ),
    },
    twin=Twin(
        given=lambda rng: dict(zip("wbxy", (*rng.normal(size=2), *rng.normal(size=(2, 7))), strict=True)),
        learner="out = learner.gradients(w, b, x, y)",
        lesson="out = lesson.gradients(w, b, x, y)",
    ),
)
