"""The forward pass."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 1, exercise 1: the forward pass.

A model turns inputs into predictions. This one is a straight line: its height at x is w times x, plus b.
Write what `predict` returns. It gets all inputs at once, an array [N], and returns as many predictions.
"""

import jax.numpy as jnp


def predict(w, b, x):
    """The line's heights [N] at x [N]."""
@hole@


if __name__ == "__main__":
    print(predict(2.0, 1.0, jnp.array([-1.0, 0.0, 1.0])))  # -1, 1 and 3, on the line y = 2x + 1
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    for _ in range(2):
        w, b = rng.normal(size=2)
        x = rng.normal(size=rng.integers(4, 12))
        got = learner.call("predict", w, b, x)
        expect_close(
            f"predict(w, b, x) with w = {w:.3f}, b = {b:.3f}, {len(x)} inputs",
            got,
            w * x + b,
            mistakes={
                "w times (x + b): b is added at the end": w * (x + b),
                "w and b in each other's place": b * x + w,
                "the line without b": w * x,
                "x + b, without w": x + b,
                "w x - b": w * x - b,
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return w * x + b\n",
    hints=(
        "JAX computes with whole arrays: w * x multiplies each input by w.",
        "b is a single number; added to an array, it is added to each of its numbers.",
        "It is the y = w x + b of school: write `return` and then the right side.",
    ),
    holds="A whole array of inputs goes through the model in one expression.",
    stands_in="lesson1.predict",
    check=check,
    planted=(
        Planted("b added too early", "    return w * (x + b)\n", says="b is added at the end"),
        Planted("swapped", "    return b * x + w\n", says="each other's place"),
        Planted("no bias", "    return w * x\n", says="without b"),
        Planted("no weight", "    return x + b\n", says="without w"),
        Planted("summed", "    return jnp.sum(w * x + b)\n", says="a single number"),
        Planted("no return", "    w * x + b\n", says="nothing is returned"),
    ),
    right={
        "another order": "    return b + x * w\n",
        "a loop": "    return jnp.stack([w * each + b for each in x])\n",
        "a polynomial": "    return jnp.polyval(jnp.array([w, b]), x)\n",
        "einsum": '    return jnp.einsum("nk,k->n", jnp.stack([x, jnp.ones_like(x)], axis=1), jnp.array([w, b]))\n',
    },
    twin=Twin(
        given=lambda rng: {"w": rng.normal(), "b": rng.normal(), "x": rng.normal(size=7)},
        learner="out = learner.predict(w, b, x)",
        lesson="out = lesson.predict(w, b, x)",
    ),
)
