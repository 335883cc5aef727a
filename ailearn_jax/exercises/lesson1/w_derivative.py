"""The derivative with respect to w."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 1, exercise 3: the derivative with respect to w.

Which way is downhill? The derivative says how fast the loss grows as w grows. For one point the loss is e², with the
error e = w x + b - y. By the chain rule its derivative is 2 e times the derivative of e with respect to w, which is x.
The loss of all points is the mean of theirs, and so is its derivative. Write `w_gradient`.
"""

import jax.numpy as jnp


def predict(w, b, x):
    return w * x + b


def loss_fn(w, b, x, y):
    return jnp.mean((predict(w, b, x) - y) ** 2)


def w_gradient(w, b, x, y):
    """How fast the loss grows as w grows: one number."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    w, b = rng.normal(size=2)
    x, y = rng.normal(size=(2, rng.integers(4, 12)))
    error = w * x + b - y
    h = 1e-4
    higher, lower = np.mean((error + h * x) ** 2), np.mean((error - h * x) ** 2)
    expect_close(
        f"w_gradient(w, b, x, y) on {len(x)} points",
        learner.call("w_gradient", w, b, x, y),
        (higher - lower) / (2 * h),
        mistakes={
            "without the factor 2 of the square's derivative": np.mean(error * x),
            "the derivative with respect to b: x is missing": np.mean(2 * error),
            "the sum, where the mean is asked for": np.sum(2 * error * x),
            "the sign turned: the error is prediction - y": -np.mean(2 * error * x),
            "a mean times a mean: multiply each error by its own x": np.mean(2 * error) * np.mean(x),
            "the error's square: its derivative has the error itself": np.mean(2 * error**2 * x),
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    error = predict(w, b, x) - y  # [N]\n    return jnp.mean(2 * error * x)\n",
    hints=(
        "Begin with the errors of all points, as the loss does.",
        "For each point the derivative is 2 times its error times its x.",
        "Then `jnp.mean` over the points: the mean of all points' derivatives is that of the loss.",
    ),
    holds="The derivative agrees with what the loss does when w is moved a little up and down.",
    stands_in="lesson1.gradients",
    check=check,
    planted=(
        Planted("factor 2", "    return jnp.mean((predict(w, b, x) - y) * x)\n", says="factor 2"),
        Planted("x forgotten", "    return jnp.mean(2 * (predict(w, b, x) - y))\n", says="x is missing"),
        Planted("sum", "    return jnp.sum(2 * (predict(w, b, x) - y) * x)\n", says="the sum, where"),
        Planted("sign", "    return jnp.mean(2 * (y - predict(w, b, x)) * x)\n", says="the sign turned"),
        Planted(
            "product of means",
            "    return jnp.mean(2 * (predict(w, b, x) - y)) * jnp.mean(x)\n",
            says="a mean times a mean",
        ),
        Planted("square kept", "    return jnp.mean(2 * (predict(w, b, x) - y) ** 2 * x)\n", says="the error's square"),
    ),
    right={
        "a loop": "    return sum(2 * (predict(w, b, xi) - yi) * xi for xi, yi in zip(x, y)) / len(x)\n",
        "einsum": '    return jnp.einsum("n,n->", predict(w, b, x) - y, x) * 2 / x.size\n',
        "another order": "    return 2 * jnp.mean(x * predict(w, b, x) - x * y)\n",
        "central differences": "    return (loss_fn(w + 0.5, b, x, y) - loss_fn(w - 0.5, b, x, y)) / 1.0\n",
    },
    twin=Twin(
        given=lambda rng: dict(zip("wbxy", (*rng.normal(size=2), *rng.normal(size=(2, 7))), strict=True)),
        learner="out = learner.w_gradient(w, b, x, y)",
        lesson="out = lesson.gradients(w, b, x, y)[0]",
    ),
)
