"""Lesson 2: automatic differentiation.

Goal: predict the memory that a session takes from its minutes and its calls. The derivatives come by themselves.

New here: `jax.value_and_grad`, weights in a dict, normalized data, and rows held out: from now on no loss is told that
was measured only on the rows which trained.

    python scripts/run.py --config=configs/lesson2.py

What you should see: 1.50 MB a minute, 0.80 MB a call and 40 MB to begin with, as the table was made; the held-out error
is 2.0 MB, the noise of 2 MB that no model can foresee.

Shape letters: N rows, F = 2 features.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from ml_collections import ConfigDict

from ailearn_jax.datasets import BIAS, DATA, NOISE, WEIGHTS, load_memory
from ailearn_jax.ranges import check_config
from ailearn_jax.results import Figure, Result

# --- Data: columns of mean 0 and standard deviation 1, by what the training rows say ----------------------------------


def load(path: str | None, num_train: int) -> tuple[dict, dict, np.ndarray, np.ndarray]:
    """Normalized training and held-out rows, {"inputs": [N, F], "targets": [N]}; the columns' mean and std [F + 1]."""
    train, held_out = load_memory(Path(path) if path else DATA / "memory.csv", num_train)
    mean, std = train.mean(axis=0), train.std(axis=0)
    std[std == 0] = 1  # a column that never changes says nothing: it becomes 0
    train, held_out = (train - mean) / std, (held_out - mean) / std
    return batch_of(train), batch_of(held_out), mean, std


def batch_of(table: np.ndarray) -> dict:
    """The last column is the target, the others are the inputs."""
    return {"inputs": table[:, :-1], "targets": table[:, -1]}


# --- Model ------------------------------------------------------------------------------------------------------------


def init_params(key: jax.Array) -> dict:
    """Small random weights [F], no bias."""
    return {"weights": 0.1 * jax.random.normal(key, (2,)), "bias": jnp.zeros(())}


def predict(params: dict, inputs: jax.Array) -> jax.Array:
    """Predictions [N] for inputs [N, F]."""
    return inputs @ params["weights"] + params["bias"]


# --- Loss -------------------------------------------------------------------------------------------------------------


def loss_fn(params: dict, batch: dict) -> jax.Array:
    """The mean squared error of normalized targets."""
    return jnp.mean((predict(params, batch["inputs"]) - batch["targets"]) ** 2)


# --- Step -------------------------------------------------------------------------------------------------------------


@jax.jit
def train_step(params: dict, batch: dict, learning_rate: float) -> tuple[dict, jax.Array]:
    """One step of gradient descent; `grads` has the shape of `params`, a derivative in the place of each weight."""
    loss, grads = jax.value_and_grad(loss_fn)(params, batch)
    return jax.tree.map(lambda weight, grad: weight - learning_rate * grad, params, grads), loss


eval_step = jax.jit(loss_fn)

# --- Training ---------------------------------------------------------------------------------------------------------


def build(config: ConfigDict) -> None:
    """Raises InputError where a value of the config is outside its range."""
    check_config(config)


def train(config: ConfigDict, workdir: Path, run: object = None) -> Result:
    """Fits a plane to the table."""
    build(config)
    batch, held_out, mean, std = load(**config.data)
    params = init_params(jax.random.key(config.seed))
    num_params = sum(array.size for array in jax.tree.leaves(params))
    print(f"{len(batch['targets'])} rows to train on, {len(held_out['targets'])} held out; {num_params} parameters")
    losses, held_out_losses = [], []
    for step in range(1, config.train.num_steps + 1):
        params, loss = train_step(params, batch, config.optimizer.learning_rate)  # the loss before this step
        losses.append(loss)
        held_out_losses.append(eval_step(params, held_out))
        if step % config.train.log_every == 0:
            print(f"step {step:4d}  training loss {loss:.5f}  held-out loss {held_out_losses[-1]:.5f}")
    weights, bias = in_original_units(params["weights"], params["bias"], mean, std)
    return Result(
        figures=[
            Figure("held-out RMSE", float(std[-1] * held_out_losses[-1] ** 0.5), "MB"),
            Figure("training RMSE", float(std[-1] * eval_step(params, batch) ** 0.5), "MB"),
            Figure("a minute", float(weights[0]), "MB"),
            Figure("a call", float(weights[1]), "MB"),
            Figure("to begin with", float(bias), "MB"),
        ],
        baselines=[
            Figure("noise in the table", NOISE, "MB"),
            Figure("true memory a minute", WEIGHTS[0], "MB"),
            Figure("true memory a call", WEIGHTS[1], "MB"),
            Figure("true memory to begin with", BIAS, "MB"),
        ],
        curves={
            "loss": np.array(losses),
            "held_out_loss": np.array(held_out_losses),
            "residuals": np.array(predict(params, held_out["inputs"]) - held_out["targets"]) * std[-1],
        },
    )


def in_original_units(weights: jax.Array, bias: jax.Array, mean: np.ndarray, std: np.ndarray) -> tuple:
    """Undoes the normalization in the weights: MB a minute and a call [F], MB to begin with.

    From (y - mean_y) / std_y = Σ w (x - mean_x) / std_x + b follows y = Σ (w std_y / std_x) x + the rest.
    """
    slopes = np.array(weights) * std[-1] / std[:-1]
    return slopes, mean[-1] + std[-1] * float(bias) - slopes @ mean[:-1]
