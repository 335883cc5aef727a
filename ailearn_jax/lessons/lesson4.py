"""Lesson 4: a hidden layer and ReLU.

Goal: predict memory that stops growing after 45 minutes. A plane cannot bend; a network with a hidden layer can.

New here: a hidden layer, the non-linearity ReLU, and overfitting: a network that is large beside its data learns the
noise by heart. Weight decay (AdamW) and taking the weights of the best step are two remedies.

    python scripts/run.py --config=configs/lesson4.py
    python scripts/run.py --config=configs/lesson4_overfit.py
    python scripts/run.py --config=configs/lesson4_overfit.py --config.train.take_best=True --restart

What you should see: the plane errs by 9.3 MB on held-out rows, the network by about 2.1 MB, near the noise of 2 MB.
With lesson4_overfit, 20 rows and 256 hidden units, the training error goes below 0.1 MB while the held-out error turns
up again, to 3.7 MB. The weights of the best step have 3.4 MB, those of `--config.optimizer.weight_decay=2` 3.5 MB. The
best step is chosen on the rows that it is then measured on, which flatters it a little: lesson 6 keeps a third kind of
rows for that.

Shape letters: N rows, F = 2 features, U hidden units.
"""

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import optax
from ml_collections import ConfigDict

from ailearn_jax.datasets import DATA, NOISE, load_memory
from ailearn_jax.ranges import check_config
from ailearn_jax.results import Figure, Result

# --- Data: columns of mean 0 and standard deviation 1, by what the training rows say ----------------------------------


def load(path: str | None, num_train: int) -> tuple[dict, dict, np.ndarray, np.ndarray]:
    """Normalized training and held-out rows, {"inputs": [N, F], "targets": [N]}; the columns' mean and std [F + 1]."""
    train, held_out = load_memory(Path(path) if path else DATA / "memory_bent.csv", num_train)
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
    """A plane: predictions [N] for inputs [N, F]."""

    @nn.compact
    def __call__(self, inputs: jax.Array) -> jax.Array:
        return nn.Dense(1, name="dense")(inputs)[:, 0]


class Neural(nn.Module):
    """Two layers with ReLU between them: each hidden unit is 0 on one side of a line and rises on the other.

    That bends. Without it two linear layers in a row would be one linear layer, (x A) B = x (A B), and could not bend.
    """

    hidden: int

    @nn.compact
    def __call__(self, inputs: jax.Array) -> jax.Array:
        hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))  # [N, U]
        return nn.Dense(1, name="dense")(hidden)[:, 0]


def predict(model: nn.Module, params: Params, inputs: jax.Array) -> jax.Array:
    """Predictions [N] for inputs [N, F]."""
    predictions = model.apply({"params": params}, inputs)
    return jnp.asarray(predictions)  # for type checkers: Flax says that it may also be a pair


# --- Loss -------------------------------------------------------------------------------------------------------------


def loss_fn(model: nn.Module, params: Params, batch: dict) -> jax.Array:
    """The mean squared error of normalized targets."""
    return jnp.mean((predict(model, params, batch["inputs"]) - batch["targets"]) ** 2)


# --- Step -------------------------------------------------------------------------------------------------------------


@flax.struct.dataclass
class TrainState:
    """All that a step updates. A step returns a new state and leaves the old one as it was."""

    step: jax.Array  # int32 []
    params: Params
    opt_state: optax.OptState


def make_train_step(model: nn.Module, optimizer: optax.GradientTransformation):
    """The compiled function (state, batch) -> (state, loss)."""

    @jax.jit
    def train_step(state: TrainState, batch: dict) -> tuple[TrainState, jax.Array]:
        loss, grads = jax.value_and_grad(partial(loss_fn, model))(state.params, batch)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss

    return train_step


eval_step = jax.jit(loss_fn, static_argnums=0)

# --- Training ---------------------------------------------------------------------------------------------------------


class Fit(NamedTuple):
    model: nn.Module
    params: Params
    losses: np.ndarray  # [num_steps]
    held_out_losses: np.ndarray  # [num_steps]
    step: int  # the one whose weights these are


def build(config: ConfigDict) -> None:
    """Raises InputError where a value of the config is outside its range."""
    check_config(config)


def fit(
    model: nn.Module,
    optimizer: optax.GradientTransformation,
    key: jax.Array,
    batch: dict,
    held_out: dict,
    num_steps: int,
    log_every: int,
    take_best: bool,
) -> Fit:
    """Trains a model to its last step; with `take_best` its weights are those of the lowest held-out loss."""
    params = model.init(key, batch["inputs"])["params"]
    state = TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
    train_step = make_train_step(model, optimizer)
    losses, held_out_losses, best, best_loss = [], [], state, float("inf")
    for step in range(1, num_steps + 1):
        state, loss = train_step(state, batch)
        losses.append(float(loss))
        held_out_losses.append(float(eval_step(model, state.params, held_out)))
        if not take_best or held_out_losses[-1] < best_loss:
            best, best_loss = state, held_out_losses[-1]
        if step % log_every == 0:
            print(f"step {step:4d}  training loss {losses[-1]:.5f}  held-out loss {held_out_losses[-1]:.5f}")
    return Fit(model, best.params, np.array(losses), np.array(held_out_losses), int(best.step))


def train(config: ConfigDict, workdir: Path, run: object = None) -> Result:
    """Fits a plane and a network to the same rows."""
    build(config)
    batch, held_out, mean, std = load(**config.data)
    key = jax.random.key(config.seed)
    optimizer = optax.adamw(config.optimizer.learning_rate, weight_decay=config.optimizer.weight_decay)
    print(f"{len(batch['targets'])} rows to train on, {len(held_out['targets'])} held out")
    print("linear model")
    linear = fit(Linear(), optimizer, key, batch, held_out, **config.train)
    print("neural model")
    neural = fit(Neural(**config.model), optimizer, key, batch, held_out, **config.train)

    def rmse(fitted: Fit, rows: dict) -> float:
        return float(std[-1] * loss_fn(fitted.model, fitted.params, rows) ** 0.5)

    return Result(
        figures=[
            Figure("held-out RMSE", rmse(neural, held_out), "MB"),
            Figure("training RMSE", rmse(neural, batch), "MB"),
            Figure("step of these weights", neural.step),
        ],
        baselines=[
            Figure("held-out RMSE of the linear model", rmse(linear, held_out), "MB"),
            Figure("noise in the table", NOISE, "MB"),
        ],
        curves={
            "loss": neural.losses,
            "held_out_loss": neural.held_out_losses,
            "linear_loss": linear.losses,
            "linear_held_out_loss": linear.held_out_losses,
            **fits_along_minutes(linear, neural, mean, std),
            "hidden_weights": np.array(neural.params["hidden"]["kernel"]),
            "hidden_bias": np.array(neural.params["hidden"]["bias"]),
        },
    )


def fits_along_minutes(linear: Fit, neural: Fit, mean: np.ndarray, std: np.ndarray) -> dict[str, np.ndarray]:
    """What both models say for 0 to 90 minutes at the mean number of calls, in MB [91]: where the bend shows."""
    minutes = np.arange(91.0)
    inputs = np.stack([(minutes - mean[0]) / std[0], np.zeros(91)], axis=1)
    curves = {"minutes": minutes}
    for name, fitted in (("linear", linear), ("neural", neural)):
        curves[f"fit_{name}"] = np.array(predict(fitted.model, fitted.params, jnp.asarray(inputs))) * std[-1] + mean[-1]
    return curves
