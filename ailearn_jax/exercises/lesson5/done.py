"""What the files of the last exercises begin with: the lesson's code up to the step, which was written before.

Also the code with which their checks count how often the step was run by Python.
"""

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
    """A hidden layer with ReLU, then one logit a row [B]: above 0 it says 1, below 0 it says 0."""

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

PARTS = '''

class Parts(NamedTuple):
    model: Neural
    optimizer: optax.GradientTransformation
    num_steps: int
'''

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

# `_optimizer` notes each time that Python runs a step, and whether it did so to compile it.
COUNTED = """
_sgd, compiling = optax.sgd(learning_rate), []
def _update(grads, opt_state, params=None):
    compiling.append(isinstance(jax.tree.leaves(grads)[0], jax.core.Tracer))
    return _sgd.update(grads, opt_state, params)
_optimizer = optax.GradientTransformation(_sgd.init, _update)
"""
