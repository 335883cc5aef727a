"""Lesson 1: gradients by hand.

Goal: find the line y = 2 x + 1 from 20 of its points, with nothing but arithmetic. No automatic differentiation.

New here: the forward pass, the mean squared error, its derivatives written out, gradient descent.

    python scripts/run.py --config=configs/lesson1.py

What you should see: w goes to 2.000 and b to 1.000. With `--config.optimizer.learning_rate=1.1` each step overshoots
by more than the last one and the loss grows without end.

Shape letters: N points.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from ailearn_jax.ranges import check_config
from ailearn_jax.results import Figure, Result

# --- Data: points of the line that is to be found ---------------------------------------------------------------------

TRUE_W, TRUE_B = 2.0, 1.0


def make_data() -> tuple[jax.Array, jax.Array]:
    """Inputs and targets [N], with inputs from -1 to 1."""
    x = jnp.linspace(-1.0, 1.0, 20)
    return x, TRUE_W * x + TRUE_B


# --- Model ------------------------------------------------------------------------------------------------------------


def predict(w: jax.Array, b: jax.Array, x: jax.Array) -> jax.Array:
    """The forward pass: the line's heights [N] at x [N]."""
    return w * x + b


# --- Loss and its derivatives -----------------------------------------------------------------------------------------


def loss_fn(w: jax.Array, b: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """The mean squared error: the mean over the points of (prediction - y)²."""
    return jnp.mean((predict(w, b, x) - y) ** 2)


def gradients(w: jax.Array, b: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """How fast the loss grows as w grows, and as b grows.

    For one point the loss is e² with the error e = w x + b - y. By the chain rule its derivative is 2 e times the
    derivative of e, which is x with respect to w and 1 with respect to b. The mean of all points' is that of the loss.
    """
    error = predict(w, b, x) - y  # [N]
    return jnp.mean(2 * error * x), jnp.mean(2 * error)


# --- Step -------------------------------------------------------------------------------------------------------------


@jax.jit
def train_step(w: jax.Array, b: jax.Array, x: jax.Array, y: jax.Array, learning_rate: float):
    """One step of gradient descent: downhill, the further the steeper."""
    w_grad, b_grad = gradients(w, b, x, y)
    return w - learning_rate * w_grad, b - learning_rate * b_grad


# --- Training ---------------------------------------------------------------------------------------------------------


def build(config: ConfigDict) -> None:
    """Raises InputError where a value of the config is outside its range."""
    check_config(config)


def train(config: ConfigDict, workdir: Path, run: object = None) -> Result:
    """Walks from a random line to the one that made the points.

    Each lesson has this function. What it returns is shown and kept by the program around the course; `workdir` and
    `run`, a folder and what surrounds a run, are of use from lesson 6 on.
    """
    build(config)
    x, y = make_data()
    w, b = jax.random.normal(jax.random.key(config.seed), (2,))
    print(f"{len(x)} points; 2 parameters")
    path = [(w, b, loss_fn(w, b, x, y))]
    for step in range(1, config.train.num_steps + 1):
        w, b = train_step(w, b, x, y, config.optimizer.learning_rate)
        path.append((w, b, loss_fn(w, b, x, y)))
        if step % config.train.log_every == 0:
            print(f"step {step:4d}  w {w:.4f}  b {b:.4f}  loss {path[-1][2]:.2e}")
    ws, bs, losses = np.array(path).T
    return Result(
        figures=[Figure("w", float(w)), Figure("b", float(b)), Figure("loss", float(losses[-1]))],
        baselines=[Figure("true w", TRUE_W), Figure("true b", TRUE_B)],
        curves={"w": ws, "b": bs, "loss": losses},
    )


# --- Study: what the learning rate does -------------------------------------------------------------------------------

LEARNING_RATES = (0.01, 0.3, 1.02)  # too small, right, too large


def study(config: ConfigDict) -> dict[str, np.ndarray]:
    """The way of (w, b) with each of three learning rates, from one start: [3, num_steps + 1, 2].

    Lessons that compare more runs than their `train` makes have this function; `plot --study` calls it.
    """
    x, y = make_data()
    paths = []
    for learning_rate in LEARNING_RATES:
        w, b = jax.random.normal(jax.random.key(config.seed), (2,))
        path = [(w, b)]
        for _ in range(config.train.num_steps):
            w, b = train_step(w, b, x, y, learning_rate)
            path.append((w, b))
        paths.append(path)
    return {"learning_rates": np.array(LEARNING_RATES), "paths": np.array(paths)}
