"""The update."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 1, exercise 5: the update.

The derivatives point uphill. One step of gradient descent goes the other way: each weight moves by minus its
derivative times the learning rate. Write `train_step`, which returns the new w and the new b.
"""

import jax
import jax.numpy as jnp


def predict(w, b, x):
    return w * x + b


def gradients(w, b, x, y):
    error = predict(w, b, x) - y
    return jnp.mean(2 * error * x), jnp.mean(2 * error)


@jax.jit
def train_step(w, b, x, y, learning_rate):
    """One step of gradient descent: the new w and b."""
@hole@
'''


def gradients(w: float, b: float, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    error = w * x + b - y
    return float(np.mean(2 * error * x)), float(np.mean(2 * error))


def check(learner: Learner, rng: np.random.Generator) -> None:
    w, b = rng.normal(size=2)
    x, y = rng.normal(size=(2, rng.integers(4, 12)))
    rate = rng.uniform(0.1, 0.4)
    w_grad, b_grad = gradients(w, b, x, y)
    new_w, new_b = w - rate * w_grad, b - rate * b_grad
    expect_close(
        f"train_step(w, b, x, y, {rate:.3f})",
        learner.call("train_step", w, b, x, y, rate),
        (new_w, new_b),
        mistakes={
            "a step uphill: the derivatives are to be subtracted": (w + rate * w_grad, b + rate * b_grad),
            "a step without the learning rate": (w - w_grad, b - b_grad),
            "w alone has moved": (new_w, b),
            "b moved by w's derivative": (new_w, b - rate * w_grad),
            "how far to go, without where from": (-rate * w_grad, -rate * b_grad),
            "b's derivative taken after w had moved": (new_w, b - rate * gradients(new_w, b, x, y)[1]),
            "nothing has moved": (w, b),
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=(
        "    w_grad, b_grad = gradients(w, b, x, y)\n"
        "    return w - learning_rate * w_grad, b - learning_rate * b_grad\n"
    ),
    hints=(
        "First get both derivatives, with the w and b that came in.",
        "Downhill is minus: the new w is w minus something.",
        "That something is learning_rate times w's derivative. The same for b, with its own.",
    ),
    holds="A step moves w and b downhill at once. The steeper the slope, the longer the step.",
    stands_in="lesson1.train_step",
    check=check,
    planted=(
        Planted(
            "uphill",
            "    w_grad, b_grad = gradients(w, b, x, y)\n"
            "    return w + learning_rate * w_grad, b + learning_rate * b_grad\n",
            says="a step uphill",
        ),
        Planted(
            "no learning rate",
            "    w_grad, b_grad = gradients(w, b, x, y)\n    return w - w_grad, b - b_grad\n",
            says="without the learning rate",
        ),
        Planted(
            "b stays",
            "    w_grad, b_grad = gradients(w, b, x, y)\n    return w - learning_rate * w_grad, b\n",
            says="w alone",
        ),
        Planted(
            "w's derivative twice",
            "    w_grad, b_grad = gradients(w, b, x, y)\n"
            "    return w - learning_rate * w_grad, b - learning_rate * w_grad\n",
            says="by w's derivative",
        ),
        Planted(
            "one after the other",
            "    w = w - learning_rate * gradients(w, b, x, y)[0]\n"
            "    b = b - learning_rate * gradients(w, b, x, y)[1]\n"
            "    return w, b\n",
            says="after w had moved",
        ),
        Planted(
            "the way only",
            "    w_grad, b_grad = gradients(w, b, x, y)\n    return -learning_rate * w_grad, -learning_rate * b_grad\n",
            says="without where from",
        ),
    ),
    right={
        "minus before the rate": (
            "    w_grad, b_grad = gradients(w, b, x, y)\n"
            "    return w + -learning_rate * w_grad, b + -learning_rate * b_grad\n"
        ),
        "a tree": (
            "    return jax.tree.map(lambda old, grad: old - learning_rate * grad, (w, b), gradients(w, b, x, y))\n"
        ),
        "one array": (
            "    old, grad = jnp.stack([w, b]), jnp.stack(gradients(w, b, x, y))\n"
            "    return tuple(old - learning_rate * grad)\n"
        ),
        "in place": (
            "    w_grad, b_grad = gradients(w, b, x, y)\n"
            "    w -= learning_rate * w_grad\n"
            "    b -= learning_rate * b_grad\n"
            "    return w, b\n"
        ),
    },
    twin=Twin(
        given=lambda rng: dict(
            zip("wbxyr", (*rng.normal(size=2), *rng.normal(size=(2, 7)), rng.uniform(0.1, 0.4)), strict=True)
        ),
        learner="out = learner.train_step(w, b, x, y, r)",
        lesson="out = lesson.train_step(w, b, x, y, r)",
    ),
)
