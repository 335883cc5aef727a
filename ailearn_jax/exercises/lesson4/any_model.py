"""One loss for any model."""

import numpy as np

from ailearn_jax.exercises.checking import (
    dense,
    described_kind,
    different_sizes,
    explaining,
    linear_grads,
    linear_loss,
    random_layer,
)
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 4, exercise 5: one loss for any model.

Two models are compared, so `loss_fn` now takes the model first. A model is not an array, so JAX cannot differentiate by
it. `functools.partial` makes a function whose first arguments are given already:

    partial(loss_fn, model)(params, batch)  is  loss_fn(model, params, batch)

Write `loss_and_grads`: the loss and its gradients with respect to the params, for any model.
"""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp


class Linear(nn.Module):
    """A plane: predictions [N] for inputs [N, F]."""

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1, name="dense")(inputs)[:, 0]


class Neural(nn.Module):
    """Two layers with ReLU between them: predictions [N] for inputs [N, F]."""

    hidden: int

    @nn.compact
    def __call__(self, inputs):
        hidden = nn.relu(nn.Dense(self.hidden, name="hidden")(inputs))
        return nn.Dense(1, name="dense")(hidden)[:, 0]


def loss_fn(model, params, batch):
    """The mean squared error."""
    return jnp.mean((model.apply({"params": params}, batch["inputs"]) - batch["targets"]) ** 2)


def loss_and_grads(model, params, batch):
    """The loss, and the gradients with respect to the params: a pair."""
@hole@
'''

EXPLAINED = {
    "not a valid JAX type": "a gradient by the model, which is no array; put the params first",
    "missing 1 required": "a function that still wants its model: partial(loss_fn, model) has it",
    "missing 2 required": "loss_fn called too early; partial(loss_fn, model) does not call it",
    "Can't call compact": "the model as the function; partial takes loss_fn first, then the model",
    "Expected a callable value": "a loss, where jax.value_and_grad wants a function",
    "function loss_and_grads at": "a function that is returned; call it with (params, batch)",
    "not enough values to unpack": "jax.grad, which gives no loss; jax.value_and_grad gives both",
    "ScopeParamNotFound": "one model for all; take the one that is handed over",
    "Abstract tracer": "float() or the like, which a compiled step cannot do; leave the loss an array",
}
CODE = """
_loss_and_grads = jax.jit(learner.loss_and_grads, static_argnums=0)
out = _loss_and_grads(learner.Neural(hidden) if hidden else learner.Linear(), params, batch)
"""
CALLED = "loss_and_grads(model, params, batch), compiled"


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_features, num_hidden = different_sizes(rng, 3)
    batch = {"inputs": rng.normal(size=(num_rows, num_features)), "targets": rng.normal(size=num_rows)}
    params = {"dense": random_layer(rng, num_features, 1)}
    with explaining(CALLED, EXPLAINED):
        got = learner.run(CODE, hidden=0, params=params, batch=batch)["out"]
    mistake = "jax.grad, which gives no loss; jax.value_and_grad gives both" if isinstance(got, dict) else None
    is_pair = isinstance(got, list | tuple) and len(got) == 2
    expect(is_pair, CALLED, "a pair, (loss, gradients)", described_kind(type(got).__name__), mistake)
    mistake = "the pair the other way around" if isinstance(got[0], dict) else None
    expect(not isinstance(got[0], dict), CALLED, "(loss, gradients)", "(gradients, loss)", mistake)

    weights = np.append(params["dense"]["kernel"], params["dense"]["bias"])
    loss, grads = linear_loss(weights, batch), linear_grads(weights, batch)
    error = dense(params["dense"], batch["inputs"])[:, 0] - batch["targets"]
    tree = {"dense": {"kernel": grads[:-1, None], "bias": grads[-1:]}}
    by_batch = {
        "inputs": 2 * error[:, None] * params["dense"]["kernel"][:, 0] / num_rows,
        "targets": -2 * error / num_rows,
    }
    mistakes = {
        "gradients by the batch; the params are to be moved, not the data": (loss, by_batch),
        "a step downhill; gradients point uphill, the optimizer turns them": (
            loss,
            {"dense": {"kernel": -grads[:-1, None], "bias": -grads[-1:]}},
        ),
        "the params themselves, where their gradients are wanted": (loss, params),
        "a tuple of gradients, as by argnums=(1,); argnums=1 gives the tree": (loss, (tree,)),
    }
    expect_close("loss_and_grads(Linear(), params, batch)", got, (loss, tree), mistakes)
    check_network(learner, rng, batch, num_hidden)


def check_network(learner: Learner, rng: np.random.Generator, batch: dict, num_hidden: int) -> None:
    """The other model: the loss must be the one of the model that was handed over."""
    hidden = random_layer(rng, batch["inputs"].shape[1], num_hidden)
    last = random_layer(rng, num_hidden, 1)
    params = {"hidden": hidden, "dense": last}
    with explaining(CALLED, {"ScopeParamShapeError": "one model for all; take the one that is handed over"}):
        loss, grads = learner.run(CODE, hidden=num_hidden, params=params, batch=batch)["out"]
    units = np.maximum(dense(hidden, batch["inputs"]), 0)
    error = dense(last, units)[:, 0] - batch["targets"]
    called = f"loss_and_grads(Neural({num_hidden}), params, batch)"
    expect_close(f"{called}[0]", loss, np.mean(error**2))
    unit_grads = 2 * error[:, None] / len(error) @ last["kernel"].T * (units > 0)
    expected = {
        "hidden": {"kernel": batch["inputs"].T @ unit_grads, "bias": unit_grads.sum(axis=0)},
        "dense": {"kernel": units.T @ (2 * error[:, None]) / len(error), "bias": np.array([2 * error.mean()])},
    }
    expect_close(f"{called}[1]", grads, expected)


def given(rng: np.random.Generator) -> dict:
    return {
        "params": {"hidden": random_layer(rng, 2, 5), "dense": random_layer(rng, 5, 1)},
        "batch": {"inputs": rng.normal(size=(7, 2)), "targets": rng.normal(size=7)},
    }


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return jax.value_and_grad(partial(loss_fn, model))(params, batch)\n",
    hints=(
        "jax.value_and_grad differentiates by a function's first argument, so the params must come first.",
        "partial(loss_fn, model) is a function of (params, batch).",
        "jax.value_and_grad(...) of that function, called with (params, batch), gives the pair.",
    ),
    holds="JAX sees the loss as a function of params and batch; the model is fixed before.",
    stands_in="lesson4.make_train_step",
    check=check,
    planted=(
        Planted(
            "by the model",
            "    return jax.value_and_grad(loss_fn)(model, params, batch)\n",
            says="a gradient by the model",
        ),
        Planted(
            "no model", "    return jax.value_and_grad(loss_fn)(params, batch)\n", says="a function that still wants"
        ),
        Planted(
            "by the batch",
            "    return jax.value_and_grad(loss_fn, argnums=2)(model, params, batch)\n",
            says="gradients by the batch",
        ),
        Planted(
            "the other way around",
            """\
    loss, grads = jax.value_and_grad(partial(loss_fn, model))(params, batch)
    return grads, loss
""",
            says="the other way around",
        ),
        Planted(
            "gradients alone",
            "    return jax.grad(partial(loss_fn, model))(params, batch)\n",
            says="which gives no loss",
        ),
        Planted(
            "loss_fn called",
            "    return jax.value_and_grad(partial(loss_fn(model)))(params, batch)\n",
            says="called too early",
        ),
        Planted(
            "the model first",
            "    return jax.value_and_grad(partial(model, loss_fn))(params, batch)\n",
            says="the model as the function",
        ),
        Planted("not called", "    return jax.value_and_grad(partial(loss_fn, model))\n", says="call it with"),
        Planted(
            "the loss for its function",
            "    return jax.value_and_grad(loss_fn(model, params, batch))\n",
            says="a loss, where",
        ),
        Planted(
            "a tuple of gradients",
            "    return jax.value_and_grad(loss_fn, argnums=(1,))(model, params, batch)\n",
            says="a tuple of gradients",
        ),
        Planted(
            "a float",
            """\
    loss, grads = jax.value_and_grad(partial(loss_fn, model))(params, batch)
    return float(loss), grads
""",
            says="float() or the like",
        ),
        Planted(
            "always the plane",
            "    return jax.value_and_grad(partial(loss_fn, Linear()))(params, batch)\n",
            says="one model for all",
        ),
    ),
    right={
        "the second argument": "    return jax.value_and_grad(loss_fn, argnums=1)(model, params, batch)\n",
        "a function of its own": """\
    def loss_of(params):
        return loss_fn(model, params, batch)

    return loss_of(params), jax.grad(loss_of)(params)
""",
        "a list": "    return list(jax.value_and_grad(partial(loss_fn, model))(params, batch))\n",
        "a lambda": "    return jax.value_and_grad(lambda params: loss_fn(model, params, batch))(params)\n",
        "backwards": """\
    loss, backward = jax.vjp(lambda params: loss_fn(model, params, batch), params)
    return loss, backward(jnp.ones(()))[0]
""",
    },
    twin=Twin(
        given=given,
        learner="out = learner.loss_and_grads(learner.Neural(5), params, batch)",
        lesson="""
_state = lesson.TrainState(jnp.zeros((), jnp.int32), params, optax.sgd(1.0).init(params))
_next, _loss = lesson.make_train_step(lesson.Neural(5), optax.sgd(1.0))(_state, batch)
out = _loss, jax.tree.map(lambda old, new: old - new, params, _next.params)
""",
    ),
)
