"""State as a value that is returned and not changed."""

import numpy as np

from ailearn_jax.exercises.checking import (
    KINDS,
    adam,
    different_sizes,
    expect_state_and,
    explaining,
    linear_grads,
    linear_loss,
    linear_params,
)
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 3, exercise 5: state as a value that is returned and not changed.

A step takes a state and returns the next one. It does not change the old one: you can keep that and go back to it.

Write `train_step`: the loss and the gradients of `loss_fn` at state.params; the updates, as in exercise 4; then a new
`TrainState`, one step further. It returns (new state, loss), where the loss is the one before the update: it has been
computed along with the gradients.

The lesson writes `@jax.jit` over it. Here it is left out, to see what the step does to the state that it is given.
"""

from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import optax


class Linear(nn.Module):
    """Predictions [N] for inputs [N, F]."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1, name="dense")(inputs)[:, 0]


model = Linear()


def loss_fn(params, batch):
    """The mean squared error."""
    return jnp.mean((model.apply({"params": params}, batch["inputs"]) - batch["targets"]) ** 2)


@flax.struct.dataclass
class TrainState:
    """All that a step updates. A step returns a new state and does not change the old one."""

    step: jax.Array  # int32 []
    params: Any  # a tree of arrays
    opt_state: optax.OptState


def make_train_step(optimizer):
    """The function (state, batch) -> (state, loss)."""

    def train_step(state, batch):
        """The next state, and the loss before it."""
@hole@

    return train_step
'''

# The update is compiled, which takes a fifth of the time that its many small operations take one by one.
STEPS = """
_adam = optax.adam(learning_rate)
optimizer = optax.GradientTransformation(_adam.init, jax.jit(_adam.update))
train_step = learner.make_train_step(optimizer)
state = learner.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
result = train_step(state, batch)
"""
STEPS += KINDS
STEPS += """
losses, steps, weights, old = [], [], [], {}
if is_pair:
    old = {"step": state.step, "params": state.params}
    results = result, train_step(result[0], batch)
    losses, steps, weights = zip(*((loss, new.step, new.params) for new, loss in results))
"""
CALLED = "train_step(state, batch)"
EXPLAINED = {
    "cannot assign to field": "a state that is changed; return a new TrainState instead",
    "TrainState.__init__() missing": "a field of TrainState left out: it has step, params and opt_state",
    "grad requires real": "gradients of the whole state; differentiate by state.params",
    "not enough values to unpack": "jax.grad, which gives no loss; jax.value_and_grad gives both",
    "Expected a callable value": "a loss, where jax.value_and_grad wants the function: loss_fn",
    "'float' and 'dict'": "gradients and loss exchanged: jax.value_and_grad gives the loss first",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features = different_sizes(rng, 2)
    batch = {"inputs": rng.normal(size=(num_rows, num_features)), "targets": rng.normal(size=num_rows)}
    start, learning_rate = rng.normal(size=num_features + 1), rng.uniform(0.05, 0.2)
    with explaining(CALLED, EXPLAINED):
        got = learner.run(STEPS, params=linear_params(start), batch=batch, learning_rate=learning_rate)
    expect_state_and("loss", CALLED, got["kinds"])
    old = {"step": np.int32(0), "params": linear_params(start)}
    mistake = "an old state changed in place: make a new tree of weights instead"
    expect_close("the old state, after train_step(state, batch)", got["old"], old, {mistake: got["old"]})
    check_steps(got, start, batch, learning_rate)


def check_steps(got: dict, start: np.ndarray, batch: dict, learning_rate: float) -> None:
    """Two steps against Adam's own arithmetic."""
    grads = linear_grads(start, batch)
    weights, memory = adam(start, grads, None, learning_rate)
    mistakes = {
        "the old weights: the updates are made and not used": linear_params(start),
        "the updates alone, not yet added to the weights": linear_params(weights - start),
        "updates subtracted; add them, their minus sign is already inside": linear_params(2 * start - weights),
        "the gradients added; add the updates": linear_params(start + grads),
        "the gradients, where the new weights are wanted": linear_params(grads),
    }
    expect_close("the new state's params", got["weights"][0], linear_params(weights), mistakes)
    mistakes = {"the loss after the update; value_and_grad gives the one before": linear_loss(weights, batch)}
    expect_close(f"the loss of {CALLED}", got["losses"][0], linear_loss(start, batch), mistakes)
    step = "the new state's step, after one step"
    expect_close(step, got["steps"][0], np.int32(1), {"a step that is not counted: state.step + 1": np.int32(0)})

    grads = linear_grads(weights, batch)
    fresh, _ = adam(weights, grads, None, learning_rate)
    twice, _ = adam(weights, grads, memory, learning_rate)
    mistakes = {"an opt_state that is not handed on: Adam forgets the step before": linear_params(fresh)}
    expect_close("the params after two steps", got["weights"][1], linear_params(twice), mistakes)
    expect_close(
        "the new state's step, after two steps",
        got["steps"][1],
        np.int32(2),
        {"a step that is always 1: state.step + 1": np.int32(1)},
    )
    expect_close("the loss of the second step", got["losses"][1], linear_loss(weights, batch))


def given(rng: np.random.Generator) -> dict:
    batch = {"inputs": rng.normal(size=(5, 2)), "targets": rng.normal(size=5)}
    return {"params": linear_params(rng.normal(size=3)), "batch": batch}


TWIN = """
_optimizer = optax.adam(0.1)
_train_step = {module}.make_train_step(_optimizer)
_state = {module}.TrainState(jnp.zeros((), jnp.int32), params, _optimizer.init(params))
_state, _first = _train_step(_state, batch)
_state, _second = _train_step(_state, batch)
out = jax.tree.leaves((_state, _first, _second))
"""

UPDATED = """\
        loss, grads = jax.value_and_grad(loss_fn)(state.params, batch)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
"""
RETURNED = "        return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution=UPDATED + RETURNED,
    hints=(
        "Three lines: loss and gradients; updates and the new opt_state; the pair that is returned.",
        "loss, grads = jax.value_and_grad(loss_fn)(state.params, batch), then exercise 4 with state.opt_state.",
        "Return TrainState(state.step + 1, the new weights, the new opt_state), loss.",
    ),
    holds="A step makes a new state and does not change the old one, so you can go back to it.",
    stands_in="lesson3.make_train_step",
    check=check,
    planted=(
        Planted(
            "assigned",
            UPDATED
            + """\
        state.params = optax.apply_updates(state.params, updates)
        state.opt_state = opt_state
        return state, loss
""",
            says="a state that is changed",
        ),
        Planted(
            "the tree changed in place",
            UPDATED
            + """\
        state.params.update(optax.apply_updates(state.params, updates))
        return TrainState(state.step + 1, state.params, opt_state), loss
""",
            says="changed in place",
        ),
        Planted(
            "step not counted",
            UPDATED
            + "        return TrainState(state.step, optax.apply_updates(state.params, updates), opt_state), loss\n",
            says="not counted",
        ),
        Planted(
            "old memory",
            UPDATED
            + "        params = optax.apply_updates(state.params, updates)\n"
            + "        return state.replace(step=state.step + 1, params=params), loss\n",
            says="not handed on",
        ),
        Planted(
            "old weights",
            UPDATED + "        return TrainState(state.step + 1, state.params, opt_state), loss\n",
            says="the old weights",
        ),
        Planted(
            "updates for weights",
            UPDATED + "        return TrainState(state.step + 1, updates, opt_state), loss\n",
            says="the updates alone",
        ),
        Planted(
            "loss after the update",
            UPDATED
            + """\
        params = optax.apply_updates(state.params, updates)
        return TrainState(state.step + 1, params, opt_state), loss_fn(params, batch)
""",
            says="the loss after",
        ),
        Planted(
            "the other way around",
            UPDATED
            + "        params = optax.apply_updates(state.params, updates)\n"
            + "        return loss, TrainState(state.step + 1, params, opt_state)\n",
            says="the other way around",
        ),
        Planted(
            "the gradients alone",
            "        loss, grads = jax.grad(loss_fn)(state.params, batch)\n" + UPDATED.partition("\n")[2] + RETURNED,
            says="which gives no loss",
        ),
        Planted(
            "gradients and loss exchanged",
            UPDATED.replace("loss, grads", "grads, loss") + RETURNED,
            says="gives the loss first",
        ),
        Planted(
            "by the state",
            UPDATED.replace("(state.params, batch)", "(state, batch)") + RETURNED,
            says="gradients of the whole state",
        ),
        Planted(
            "the loss for its function",
            UPDATED.replace("(loss_fn)(state.params, batch)", "(loss_fn(state.params, batch))") + RETURNED,
            says="a loss, where",
        ),
        Planted(
            "gradients for weights",
            UPDATED + "        return TrainState(state.step + 1, grads, opt_state), loss\n",
            says="the gradients, where",
        ),
        Planted(
            "no loss",
            UPDATED
            + "        return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state)\n",
            says="the loss must come",
        ),
        Planted(
            "no TrainState",
            UPDATED + "        return (state.step + 1, optax.apply_updates(state.params, updates), opt_state), loss\n",
            says="the values of a state",
        ),
        Planted(
            "no step",
            UPDATED + "        return TrainState(optax.apply_updates(state.params, updates), opt_state), loss\n",
            says="a field of TrainState",
        ),
        Planted(
            "always 1",
            UPDATED
            + "        params = optax.apply_updates(state.params, updates)\n"
            + "        return TrainState(jnp.ones((), jnp.int32), params, opt_state), loss\n",
            says="always 1",
        ),
    ),
    right={
        "replace": UPDATED
        + """\
        params = optax.apply_updates(state.params, updates)
        return state.replace(params=params, opt_state=opt_state, step=state.step + 1), loss
""",
        "loss and gradients apart": """\
        grads = jax.grad(loss_fn)(state.params, batch)
        updates, memory = optimizer.update(grads, state.opt_state)
        params = jax.tree.map(jnp.add, state.params, updates)
        return TrainState(opt_state=memory, params=params, step=1 + state.step), loss_fn(state.params, batch)
""",
        "a copy that is then changed": UPDATED
        + """\
        params = dict(state.params)
        params.update(optax.apply_updates(state.params, updates))
        return TrainState(state.step + 1, params, opt_state), loss
""",
        "compiled": """\
        loss, grads = jax.jit(jax.value_and_grad(loss_fn))(state.params, batch)
        updates, opt_state = optimizer.update(grads, state.opt_state, params=state.params)
        return TrainState(jnp.add(state.step, 1), optax.apply_updates(state.params, updates), opt_state), loss
""",
    },
    twin=Twin(given=given, learner=TWIN.format(module="learner"), lesson=TWIN.format(module="lesson")),
)
