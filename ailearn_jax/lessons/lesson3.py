"""Lesson 3: modules and optimizers.

Goal: the task of lesson 2 with the tools that one really uses: a Flax module holds the shapes, optax the update rule.

New here: `flax.linen`, `optax.adam`, and the state of training as one value that a step takes and returns. Compare
with `diff ailearn_jax/lessons/lesson2.py ailearn_jax/lessons/lesson3.py`: what differs is this lesson.

    python scripts/run.py --config=configs/lesson3.py

What you should see: the weights and the held-out error of lesson 2, 2.0 MB. Adam takes each weight downhill at its own
pace; on so round a valley plain gradient descent is no slower.

Shape letters: N rows, F = 2 features.
"""

from pathlib import Path
from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import optax
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

Params = Any  # a tree of arrays


class Linear(nn.Module):
    """Predictions [N] for inputs [N, F]. The weights live outside, in `params`; the module says only what is done."""

    @nn.compact
    def __call__(self, inputs: jax.Array) -> jax.Array:
        return nn.Dense(1, name="dense")(inputs)[:, 0]


model = Linear()


def predict(params: Params, inputs: jax.Array) -> jax.Array:
    """Predictions [N] for inputs [N, F]."""
    predictions = model.apply({"params": params}, inputs)
    return jnp.asarray(predictions)  # for type checkers: Flax says that it may also be a pair


# --- Loss -------------------------------------------------------------------------------------------------------------


def loss_fn(params: Params, batch: dict) -> jax.Array:
    """The mean squared error of normalized targets."""
    return jnp.mean((predict(params, batch["inputs"]) - batch["targets"]) ** 2)


# --- Step -------------------------------------------------------------------------------------------------------------


@flax.struct.dataclass
class TrainState:
    """All that a step updates. A step returns a new state and leaves the old one as it was."""

    step: jax.Array  # int32 []
    params: Params
    opt_state: optax.OptState


def make_train_step(optimizer: optax.GradientTransformation):
    """The compiled function (state, batch) -> (state, loss)."""

    @jax.jit
    def train_step(state: TrainState, batch: dict) -> tuple[TrainState, jax.Array]:
        loss, grads = jax.value_and_grad(loss_fn)(state.params, batch)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss

    return train_step


eval_step = jax.jit(loss_fn)

# --- Training ---------------------------------------------------------------------------------------------------------


def build(config: ConfigDict) -> None:
    """Raises InputError where a value of the config is outside its range."""
    check_config(config)


def train(config: ConfigDict, workdir: Path, run: object = None) -> Result:
    """Fits a plane to the table."""
    build(config)
    batch, held_out, mean, std = load(**config.data)
    params = model.init(jax.random.key(config.seed), batch["inputs"])["params"]
    optimizer = optax.adam(config.optimizer.learning_rate)
    state = TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
    train_step = make_train_step(optimizer)
    num_params = sum(array.size for array in jax.tree.leaves(params))
    print(f"{len(batch['targets'])} rows to train on, {len(held_out['targets'])} held out; {num_params} parameters")
    losses, held_out_losses = [], []
    for step in range(1, config.train.num_steps + 1):
        state, loss = train_step(state, batch)  # the loss before this step
        losses.append(loss)
        held_out_losses.append(eval_step(state.params, held_out))
        if step % config.train.log_every == 0:
            print(f"step {step:4d}  training loss {loss:.5f}  held-out loss {held_out_losses[-1]:.5f}")
    dense = state.params["dense"]
    weights, bias = in_original_units(dense["kernel"][:, 0], dense["bias"][0], mean, std)
    return Result(
        figures=[
            Figure("held-out RMSE", float(std[-1] * held_out_losses[-1] ** 0.5), "MB"),
            Figure("training RMSE", float(std[-1] * eval_step(state.params, batch) ** 0.5), "MB"),
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
            "residuals": np.array(predict(state.params, held_out["inputs"]) - held_out["targets"]) * std[-1],
        },
    )


def in_original_units(weights: jax.Array, bias: jax.Array, mean: np.ndarray, std: np.ndarray) -> tuple:
    """Undoes the normalization in the weights: MB a minute and a call [F], MB to begin with.

    From (y - mean_y) / std_y = Σ w (x - mean_x) / std_x + b follows y = Σ (w std_y / std_x) x + the rest.
    """
    slopes = np.array(weights) * std[-1] / std[:-1]
    return slopes, mean[-1] + std[-1] * float(bias) - slopes @ mean[:-1]


# --- Study: the rule of lesson 2 beside Adam's ------------------------------------------------------------------------


def study(config: ConfigDict) -> dict[str, np.ndarray]:
    """The training losses [num_steps] of both rules from the same first weights, at the same learning rate."""
    batch, _, _, _ = load(**config.data)
    params = model.init(jax.random.key(config.seed), batch["inputs"])["params"]
    curves = {}
    for name, rule in (("sgd", optax.sgd), ("adam", optax.adam)):  # sgd: weight - learning_rate * grad
        optimizer = rule(config.optimizer.learning_rate)
        state = TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
        train_step, losses = make_train_step(optimizer), []
        for _ in range(config.train.num_steps):
            state, loss = train_step(state, batch)
            losses.append(loss)
        curves[f"{name}_loss"] = np.array(losses)
    return curves
