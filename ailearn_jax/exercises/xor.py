"""XOR for the exercises of lesson 5: what the learner's files begin with, and the same training in numpy.

Shape letters: B = 4 rows, F = 2 features, U hidden units.
"""

import numpy as np

from ailearn_jax.exercises.checking import Layer, dense, random_layer

# --- The lesson's code up to the step, which was written before -------------------------------------------------------

TO_THE_STEP = '''
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import numpy as np
import optax

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)  # [B, F]
LABELS = np.array([0, 1, 1, 0], np.float32)  # [B]


class Neural(nn.Module):
    """A hidden layer with ReLU, then one logit for each row [B]: above 0 it says 1, below 0 it says 0."""

    hidden: int

    @nn.compact
    def __call__(self, inputs):
        hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))  # [B, U]
        return nn.Dense(1, name="out")(hidden)[:, 0]


def loss_fn(model, params, batch):
    """Sigmoid cross-entropy in nats: how surprised the model is by the right answers."""
    logits = model.apply({"params": params}, batch["inputs"])
    return optax.sigmoid_binary_cross_entropy(logits, batch["labels"]).mean()


@flax.struct.dataclass
class TrainState:
    """All that a step updates."""

    step: jax.Array  # int32 []
    params: Any  # a tree of arrays
    opt_state: optax.OptState


def train_step(model, optimizer, state, batch):
    """One update: (state, batch) -> (state, loss)."""
    loss, grads = jax.value_and_grad(partial(loss_fn, model))(state.params, batch)
    updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
    return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss
'''

PARTS = """

class Parts(NamedTuple):
    model: Neural
    optimizer: optax.GradientTransformation
    num_steps: int
"""

INIT_STATE = '''

def init_state(parts, key):
    """The state before the first step; `key` is used here and nowhere else."""
    params = parts.model.init(key, INPUTS)["params"]
    return TrainState(jnp.zeros((), jnp.int32), params, parts.optimizer.init(params))
'''

LEARN = '''

def learn(parts, state, num_steps):
    """`num_steps` steps on all four rows, and the loss of each [num_steps]."""
    batch = {"inputs": jnp.asarray(INPUTS), "labels": jnp.asarray(LABELS)}
    step = partial(train_step, parts.model, parts.optimizer)
'''

# `optimizer` notes each time that Python runs a step, and whether it did so to compile it.
COUNTED = """
sgd, compiling = optax.sgd(learning_rate), []
def update(grads, opt_state, params=None):
    compiling.append(isinstance(jax.tree.leaves(grads)[0], jax.core.Tracer))
    return sgd.update(grads, opt_state, params)
optimizer = optax.GradientTransformation(sgd.init, update)
"""

# --- The same in numpy ------------------------------------------------------------------------------------------------

INPUTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])  # [B, F]
LABELS = np.array([0.0, 1.0, 1.0, 0.0])  # [B]


def random_network(rng: np.random.Generator, hidden: int) -> dict[str, Layer]:
    return {"hidden": random_layer(rng, 2, hidden), "out": random_layer(rng, hidden, 1)}


def network_step(params: dict[str, Layer], learning_rate: float) -> tuple[dict[str, Layer], float]:
    """One step of gradient descent, and the sigmoid cross-entropy before it."""
    before = dense(params["hidden"], INPUTS)  # [B, U]
    hidden = np.maximum(before, 0)
    logits = dense(params["out"], hidden)[:, 0]
    loss = float(np.mean(np.logaddexp(0, logits) - LABELS * logits))
    logit_grads = (1 / (1 + np.exp(-logits)) - LABELS)[:, None] / len(LABELS)
    before_grads = logit_grads @ params["out"]["kernel"].T * (before > 0)
    grads = {
        "hidden": {"kernel": INPUTS.T @ before_grads, "bias": before_grads.sum(axis=0)},
        "out": {"kernel": hidden.T @ logit_grads, "bias": logit_grads.sum(axis=0)},
    }
    return {
        name: {part: layer[part] - learning_rate * grads[name][part] for part in layer}
        for name, layer in params.items()
    }, loss


def network_steps(
    params: dict[str, Layer], learning_rate: float, num_steps: int
) -> tuple[dict[str, Layer], np.ndarray]:
    """As many steps on XOR, and the loss before each [num_steps]."""
    losses = []
    for _ in range(num_steps):
        params, loss = network_step(params, learning_rate)
        losses.append(loss)
    return params, np.array(losses)
