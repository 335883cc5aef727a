"""The training loop."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 1, exercise 6: the training loop.

Training is the same step again and again, each from where the last one ended. Write the loop in `fit`: in each round
take a step, and add the new w, the new b and their loss to `path`. Its first entry, of before all steps, is there.
"""

import jax
import jax.numpy as jnp


def predict(w, b, x):
    return w * x + b


def loss_fn(w, b, x, y):
    return jnp.mean((predict(w, b, x) - y) ** 2)


@jax.jit
def train_step(w, b, x, y, learning_rate):
    error = predict(w, b, x) - y
    return w - learning_rate * jnp.mean(2 * error * x), b - learning_rate * jnp.mean(2 * error)


def fit(w, b, x, y, learning_rate, num_steps):
    """The walk: w, b and their loss [num_steps + 1, 3], before the first step and after each."""
    path = [(w, b, loss_fn(w, b, x, y))]
@hole@
    return jnp.array(path)


if __name__ == "__main__":
    x = jnp.linspace(-1.0, 1.0, 20)
    for w, b, loss in fit(0.0, 0.0, x, 2 * x + 1, 0.5, 20):
        print(f"w {w:.4f}  b {b:.4f}  loss {loss:.2e}")  # ends at w = 2 and b = 1
'''


def walk(w: float, b: float, x: np.ndarray, y: np.ndarray, rate: float, num_steps: int) -> np.ndarray:
    path = []
    for _ in range(num_steps + 1):
        error = w * x + b - y
        path.append((w, b, np.mean(error**2)))
        w, b = w - rate * float(np.mean(2 * error * x)), b - rate * float(np.mean(2 * error))
    return np.array(path)


def check(learner: Learner, rng: np.random.Generator) -> None:
    w, b = rng.normal(size=2)
    x, y = rng.normal(size=(2, rng.integers(6, 12)))
    rate, num_steps = rng.uniform(0.05, 0.2), int(rng.integers(4, 8))
    path = walk(w, b, x, y, rate, num_steps)
    old_loss = np.column_stack([path[:, :2], path[[0, *range(num_steps)], 2]])
    expect_close(
        f"fit(w, b, x, y, {rate:.3f}, num_steps={num_steps})",
        learner.call("fit", w, b, x, y, rate, num_steps),
        path,
        mistakes={
            "each step from the beginning: keep what a step returns": path[[0, *[1] * num_steps]],
            "one step too few": path[:-1],
            "one step too many": walk(w, b, x, y, rate, num_steps + 1),
            "the loss before the step, beside w and b after it": old_loss,
            "added before the step: the last step is not in it": path[[0, *range(num_steps)]],
            "the last step alone was added to path": path[[0, -1]],
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=(
        "    for step in range(1, num_steps + 1):\n"
        "        w, b = train_step(w, b, x, y, learning_rate)\n"
        "        path.append((w, b, loss_fn(w, b, x, y)))\n"
    ),
    hints=(
        "`for step in range(num_steps):` repeats the lines below it num_steps times.",
        "`train_step` changes nothing: it returns new values. Put them in the place of the old ones.",
        "w, b = train_step(…), and then path.append((w, b, …)), both within the loop.",
    ),
    holds="Each step goes on from the last one, and the path keeps every step with its loss.",
    stands_in="lesson1.train",
    check=check,
    planted=(
        Planted(
            "results dropped",
            "    for step in range(num_steps):\n"
            "        new_w, new_b = train_step(w, b, x, y, learning_rate)\n"
            "        path.append((new_w, new_b, loss_fn(new_w, new_b, x, y)))\n",
            says="each step from the beginning",
        ),
        Planted(
            "one too few",
            "    for step in range(1, num_steps):\n"
            "        w, b = train_step(w, b, x, y, learning_rate)\n"
            "        path.append((w, b, loss_fn(w, b, x, y)))\n",
            says="one step too few",
        ),
        Planted(
            "old loss",
            "    for step in range(num_steps):\n"
            "        loss = loss_fn(w, b, x, y)\n"
            "        w, b = train_step(w, b, x, y, learning_rate)\n"
            "        path.append((w, b, loss))\n",
            says="beside w and b after it",
        ),
        Planted(
            "noted first",
            "    for step in range(num_steps):\n"
            "        path.append((w, b, loss_fn(w, b, x, y)))\n"
            "        w, b = train_step(w, b, x, y, learning_rate)\n",
            says="added before the step",
        ),
        Planted(
            "noted once",
            "    for step in range(num_steps):\n"
            "        w, b = train_step(w, b, x, y, learning_rate)\n"
            "    path.append((w, b, loss_fn(w, b, x, y)))\n",
            says="the last step alone",
        ),
    ),
    right={
        "a while": (
            "    while len(path) <= num_steps:\n"
            "        w, b = train_step(w, b, x, y, learning_rate)\n"
            "        path += [(w, b, loss_fn(w, b, x, y))]\n"
        ),
        "from the path's end": (
            "    for _ in range(num_steps):\n"
            "        new = train_step(*path[-1][:2], x, y, learning_rate)\n"
            "        path.append((*new, loss_fn(*new, x, y)))\n"
        ),
        "losses afterwards": (
            "    walk = [(w, b)]\n"
            "    for _ in range(num_steps):\n"
            "        walk.append(train_step(*walk[-1], x, y, learning_rate))\n"
            "    path = [(w, b, loss_fn(w, b, x, y)) for w, b in walk]\n"
        ),
    },
    twin=Twin(
        given=lambda rng: {"w": rng.normal(), "b": rng.normal(), "x": rng.normal(size=7), "y": rng.normal(size=7)},
        learner="out = learner.fit(w, b, x, y, 0.1, 4)",
        lesson="""\
path = [(w, b, lesson.loss_fn(w, b, x, y))]
for _ in range(4):
    w, b = lesson.train_step(w, b, x, y, 0.1)
    path.append((w, b, lesson.loss_fn(w, b, x, y)))
out = jnp.array(path)
""",
    ),
)
