"""Lesson 5: all together.

Goal: learn XOR, the smallest task that no straight line can do. One file with all that training is made of, to look
things up in: data, model, loss, step, loop, prediction. Everything runs on the CPU, whatever the machine has.

New here: classification (one logit and the sigmoid cross-entropy), the whole training as one compiled program with
`jax.lax.scan`, and keys, each used once.

    python scripts/run.py --config=configs/lesson5.py

What you should see: the first loss is near ln 2 = 0.693, that of a coin; at the end 4 of 4 answers are right. The best
straight line has 3 of 4.

Shape letters: B = 4 rows, F = 2 features, U hidden units.
"""

import itertools
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

from ailearn_jax.ranges import check_config
from ailearn_jax.results import Figure, Result

# --- Data: one or the other, but not both -----------------------------------------------------------------------------

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)  # [B, F]
LABELS = np.array([0, 1, 1, 0], np.float32)  # [B]

# --- Model ------------------------------------------------------------------------------------------------------------

Params = Any  # a tree of arrays


class Neural(nn.Module):
    """A hidden layer with ReLU, then a logit for each row [B]: above 0 it says 1, below 0 it says 0."""

    hidden: int

    @nn.compact
    def __call__(self, inputs: jax.Array) -> jax.Array:
        hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))  # [B, U]
        return nn.Dense(1, name="out")(hidden)[:, 0]


# --- Loss -------------------------------------------------------------------------------------------------------------


def loss_fn(model: Neural, params: Params, batch: dict) -> jax.Array:
    """Sigmoid cross-entropy in nats: how surprised the model is by the right answers."""
    logits = model.apply({"params": params}, batch["inputs"])
    return optax.sigmoid_binary_cross_entropy(logits, batch["labels"]).mean()


# --- Step -------------------------------------------------------------------------------------------------------------


@flax.struct.dataclass
class TrainState:
    """All that a step updates."""

    step: jax.Array  # int32 []
    params: Params
    opt_state: optax.OptState


def train_step(
    model: Neural, optimizer: optax.GradientTransformation, state: TrainState, batch: dict
) -> tuple[TrainState, jax.Array]:
    """One update: (state, batch) -> (state, loss)."""
    loss, grads = jax.value_and_grad(partial(loss_fn, model))(state.params, batch)
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss


# --- Loop: the whole training is one program --------------------------------------------------------------------------


class Parts(NamedTuple):
    model: Neural
    optimizer: optax.GradientTransformation
    num_steps: int


def init_state(parts: Parts, key: jax.Array) -> TrainState:
    """The state before the first step; `key` is used here and nowhere else."""
    params = parts.model.init(key, INPUTS)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, parts.optimizer.init(params))


def learn(parts: Parts, state: TrainState, num_steps: int) -> tuple[TrainState, jax.Array]:
    """`num_steps` steps on all four rows, and the loss of each [num_steps].

    Nothing in it depends on values, only on shapes, so it can be compiled, and mapped over many seeds by `jax.vmap`.
    """
    batch = {"inputs": jnp.asarray(INPUTS), "labels": jnp.asarray(LABELS)}
    step = partial(train_step, parts.model, parts.optimizer)
    return jax.lax.scan(lambda state, _: step(state, batch), state, length=num_steps)


def build(config: ConfigDict) -> Parts:
    """Model, optimizer and number of steps.

    Raises:
        InputError: a value of the config is outside its range.
    """
    check_config(config)
    return Parts(Neural(**config.model), optax.adam(config.optimizer.learning_rate), config.train.num_steps)


def train(config: ConfigDict, workdir: Path, run: object = None) -> Result:
    """Learns XOR in two halves, so that one can look at it in between."""
    parts = build(config)
    with jax.default_device(jax.devices("cpu")[0]):
        run_steps = jax.jit(learn, static_argnums=(0, 2))
        start = init_state(parts, jax.random.key(config.seed))
        middle, first_losses = run_steps(parts, start, parts.num_steps // 2)
        end, last_losses = run_steps(parts, middle, parts.num_steps - parts.num_steps // 2)
        losses = np.concatenate([first_losses, last_losses])
        surfaces = {
            f"surface_{when}": surface(parts.model, state.params)
            for when, state in (("start", start), ("middle", middle), ("end", end))
        }
        answers = np.array(predict(parts.model, end.params, INPUTS))
    print(f"first loss {losses[0]:.4f}, ln 2 is {np.log(2):.4f}; last loss {losses[-1]:.6f}")
    for inputs, answer in zip(INPUTS.astype(int), answers, strict=True):
        print(f"{inputs[0]} xor {inputs[1]}: {answer:.3f}")
    return Result(
        figures=[
            Figure("right answers", count_right(answers), "of 4"),
            Figure("first loss", float(losses[0]), "nats"),
            Figure("last loss", float(losses[-1]), "nats"),
        ],
        baselines=[
            Figure("right answers of the best straight line", best_of_lines(), "of 4"),
            Figure("loss of a coin, ln 2", float(np.log(2)), "nats"),
        ],
        curves={"loss": losses, **surfaces},
    )


# --- Prediction -------------------------------------------------------------------------------------------------------


def predict(model: Neural, params: Params, inputs: np.ndarray) -> jax.Array:
    """The probability [B] that the answer is 1."""
    return nn.sigmoid(jnp.asarray(model.apply({"params": params}, inputs)))


def count_right(probabilities: np.ndarray) -> int:
    """How many of the four rows are on their side of one half."""
    return int(((probabilities > 0.5) == (LABELS == 1)).sum())


def surface(model: Neural, params: Params) -> np.ndarray:
    """The probabilities over the square from -0.5 to 1.5: [41, 41], rows by the second input."""
    axis = np.linspace(-0.5, 1.5, 41, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    return np.array(predict(model, params, grid.reshape(-1, 2))).reshape(41, 41)


def best_of_lines() -> int:
    """The most right answers of any straight line, by trying all that part the four corners differently.

    Weights and a threshold from a small grid give every way to part them. Four is out of reach: for a linear score the
    corners satisfy s(0,0) + s(1,1) = s(0,1) + s(1,0), so the first two cannot be below 0 and the last two above.
    """
    weights, thresholds = (-1, 0, 1), (-1.5, -0.5, 0.5, 1.5)
    return max(
        int(((INPUTS @ np.array([w1, w2]) > threshold) == (LABELS == 1)).sum())
        for w1, w2, threshold in itertools.product(weights, weights, thresholds)
    )


# --- Study: how many hidden units it takes ----------------------------------------------------------------------------

WIDTHS, NUM_SEEDS = range(1, 17), 100


def study(config: ConfigDict) -> dict[str, np.ndarray]:
    """The share of 100 seeds that learn all four answers, for each hidden width from 1 to 16.

    All seeds of a width are one program: the training of one, mapped over their keys.
    """
    parts = build(config)

    def answers(width: int, key: jax.Array) -> jax.Array:
        wide = parts._replace(model=Neural(width))
        state, _ = learn(wide, init_state(wide, key), wide.num_steps)
        return predict(wide.model, state.params, INPUTS)

    with jax.default_device(jax.devices("cpu")[0]):
        keys = jax.vmap(jax.random.key)(np.arange(NUM_SEEDS))
        learned = [
            [count_right(row) == 4 for row in np.array(jax.jit(jax.vmap(partial(answers, width)))(keys))]
            for width in WIDTHS
        ]
    return {"widths": np.array(WIDTHS), "shares": np.mean(learned, axis=1)}
