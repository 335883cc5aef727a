"""Derivatives for free."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 2, exercise 5: derivatives for free.

`jax.value_and_grad(loss_fn)` is a function with the arguments of `loss_fn`. It returns the loss and, for the first
argument, the derivatives: a dict like `params`, with a derivative in the place of each weight. `jax.tree.map` applies a
function to the members of such dicts, place by place. Write `train_step`, which returns the new params and the loss.
"""

import jax
import jax.numpy as jnp


def predict(params, inputs):
    return inputs @ params["weights"] + params["bias"]


def loss_fn(params, batch):
    return jnp.mean((predict(params, batch["inputs"]) - batch["targets"]) ** 2)


@jax.jit
def train_step(params, batch, learning_rate):
    """One step of gradient descent: the new params, and the loss before the step."""
@hole@
'''


def loss_and_grads(params: dict, batch: dict) -> tuple[float, dict]:
    error = batch["inputs"] @ params["weights"] + params["bias"] - batch["targets"]
    return np.mean(error**2), {"weights": 2 * error @ batch["inputs"] / len(error), "bias": 2 * np.mean(error)}


def example(rng: np.random.Generator) -> tuple[dict, dict]:
    columns, rows = int(rng.integers(2, 5)), int(rng.integers(6, 12))
    params = {"weights": rng.normal(size=columns), "bias": np.array(rng.normal())}
    return params, {"inputs": rng.normal(size=(rows, columns)), "targets": rng.normal(size=rows)}


def moved(params: dict, grads: dict, rate: float) -> dict:
    return {name: params[name] - rate * grads[name] for name in params}


def check(learner: Learner, rng: np.random.Generator) -> None:
    params, batch = example(rng)
    rate = rng.uniform(0.05, 0.2)
    loss, grads = loss_and_grads(params, batch)
    new = moved(params, grads, rate)
    expect_close(
        f"train_step(params, batch, {rate:.3f})",
        learner.call("train_step", params, batch, rate),
        (new, loss),
        mistakes={
            "a step uphill: the derivatives are to be subtracted": (moved(params, grads, -rate), loss),
            "a step without the learning rate": (moved(params, grads, 1), loss),
            "the loss after the step, not before it": (new, loss_and_grads(new, batch)[0]),
            "the derivatives themselves, no step": (grads, loss),
            "the params as they were": (params, loss),
            "the bias has not moved": (new | {"bias": params["bias"]}, loss),
            "the loss first: the params come first": (loss, new),
        },
    )


GRAD = "    loss, grads = jax.value_and_grad(loss_fn)(params, batch)\n"
MAP = "    return jax.tree.map(lambda weight, grad: weight - learning_rate * grad, params, grads), loss\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=GRAD + MAP,
    hints=(
        "Two calls in a row: `jax.value_and_grad(loss_fn)` makes a function, which is called with (params, batch).",
        "It returns a pair: loss, grads = …",
        "Then jax.tree.map(lambda weight, grad: …, params, grads): weight minus learning_rate times grad.",
    ),
    holds="No derivative was written out, and the step is the one that lesson 1 took by hand.",
    stands_in="lesson2.train_step",
    check=check,
    planted=(
        Planted("uphill", GRAD + MAP.replace("weight -", "weight +"), says="a step uphill"),
        Planted("no rate", GRAD + MAP.replace("learning_rate * grad", "grad"), says="without the learning rate"),
        Planted(
            "loss after",
            GRAD
            + MAP.replace("return", "params =").replace(", loss", "")
            + "    return params, loss_fn(params, batch)\n",
            says="the loss after the step",
        ),
        Planted("grads", GRAD + "    return grads, loss\n", says="the derivatives themselves"),
        Planted(
            "the wrong argument",
            "    loss, grads = jax.value_and_grad(loss_fn, argnums=1)(params, batch)\n" + MAP,
            says="raised",
        ),
        Planted(
            "loss first",
            GRAD + MAP.replace("return ", "return loss, ").replace(", loss\n", "\n"),
            says="the params come first",
        ),
        Planted(
            "the weights alone",
            GRAD + '    weights = params["weights"] - learning_rate * grads["weights"]\n'
            '    return {**params, "weights": weights}, loss\n',
            says="the bias has not moved",
        ),
    ),
    right={
        "by name": (
            "    loss = loss_fn(params, batch)\n"
            "    grads = jax.grad(loss_fn)(params, batch)\n"
            "    return {name: params[name] - learning_rate * grads[name] for name in params}, loss\n"
        ),
        "einsum by hand": (
            '    error = predict(params, batch["inputs"]) - batch["targets"]\n'
            '    slope = jnp.einsum("n,nf->f", 2 * error, batch["inputs"]) / len(error)\n'
            "    return {\n"
            '        "weights": params["weights"] - learning_rate * slope,\n'
            '        "bias": params["bias"] - learning_rate * 2 * error.mean(),\n'
            "    }, (error**2).mean()\n"
        ),
        "steps first": (
            GRAD + "    steps = jax.tree.map(lambda grad: -learning_rate * grad, grads)\n"
            "    return jax.tree.map(jnp.add, params, steps), loss\n"
        ),
    },
    twin=Twin(
        given=lambda rng: dict(zip(("params", "batch"), example(rng), strict=True)),
        learner="out = learner.train_step(params, batch, 0.1)",
        lesson="out = lesson.train_step(params, batch, 0.1)",
    ),
)
