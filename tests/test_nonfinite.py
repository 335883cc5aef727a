"""A loss that is no number: found within the call, and blamed on the right step and module."""

from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from program import LESSON6, run

from ailearn_jax import nonfinite, training
from ailearn_jax.checkpoints import Checkpoints, Facts
from ailearn_jax.reporting import Run
from ailearn_jax.schedules import Schedule


class Root(nn.Module):
    """Its output is finite at 0, its gradient is not."""

    @nn.compact
    def __call__(self, x):
        return jnp.sqrt(jnp.abs(nn.Dense(1, use_bias=False, name="inside")(x)))


class Tower(nn.Module):
    """Three modules, one upon the other."""

    @nn.compact
    def __call__(self, x):
        for name in ("first", "second", "third"):
            x = nn.Dense(4, name=name)(x)
        return Root(name="root")(x)[:, 0]


MODEL = Tower()
PARAMS: Any = MODEL.init(jax.random.key(0), jnp.ones((2, 3)))["params"]
BATCH = {"inputs": jnp.ones((2, 3)), "targets": jnp.zeros(2)}
KEYS = jax.random.split(jax.random.key(0), 2)


def predict(params, inputs) -> jax.Array:
    return jnp.asarray(MODEL.apply({"params": params}, inputs))


def loss_fn(params, batch, keys):
    return jnp.mean(predict(params, batch["inputs"]) ** 2 - batch["targets"]), {}


@pytest.mark.parametrize("bad", [jnp.nan, jnp.inf])
def test_the_first_bad_output_is_named(bad):
    """Taking names in the order of the alphabet, or of the parameters, blames a module that only passes it on."""
    params = PARAMS | {"second": PARAMS["second"] | {"bias": PARAMS["second"]["bias"].at[1].set(bad)}}
    assert nonfinite.find_module(loss_fn, params, BATCH, KEYS) == "the output of second"


def test_a_loss_that_breaks_by_itself_is_named():
    """All modules are well and the loss is not: blaming the last module would send the reader to the wrong place."""
    bad = BATCH | {"targets": jnp.array([0.0, jnp.nan])}
    assert nonfinite.find_module(loss_fn, PARAMS, bad, KEYS) == "the loss itself"


def test_a_bad_gradient_is_named_where_it_arises():
    """A gradient goes from the end to the beginning: the first bad one is the last of the bad modules."""

    def root_loss(params, batch, keys):
        return jnp.mean(predict(params, batch["inputs"])), {}

    zero = PARAMS | {"root": jax.tree.map(jnp.zeros_like, PARAMS["root"])}
    assert nonfinite.find_module(root_loss, zero, BATCH, KEYS) == "the gradient of root/inside"


def test_training_stops_and_names_the_step(tmp_path):
    """A replay with other batches, from another state or a step off names another step than where targets break."""
    model = nn.Dense(1, name="line")
    apply: Any = model.apply

    def line_loss(params, batch, keys):
        return jnp.mean((apply({"params": params}, batch["inputs"])[:, 0] - batch["targets"]) ** 2), {}

    def batches_from(step):
        while True:  # the target of step 38 (counted from 1) is too large for its gradient to be finite
            yield {"inputs": np.full((2, 1), step, np.float32), "targets": np.full(2, 3e37 if step == 37 else 1.0)}
            step += 1

    schedule = Schedule(100, 2, 1, steps_per_call=5, log_every=5, eval_every=10, checkpoint_every=10, keep=2)
    parts = training.Parts(model, line_loss, optax.sgd(1e-5), schedule)
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(training.NonFiniteLoss) as caught:
        training.train_loop(
            training.init_state(parts, np.ones((2, 1), np.float32), seed=0),
            parts,
            batches_from,
            Run.plain(),
            checkpoints,
            Facts(6, {}, {"normalizer": {}}),
            evaluate=lambda params: {"loss": 1.0},
        )
    assert caught.value.step == 38 and caught.value.where == "in step 38 the loss itself is not finite"
    assert checkpoints.find("last") == 30


def test_a_run_that_breaks_says_what_to_try(tmp_path: Path):
    """A traceback, an exit code that means a wrong flag, or a checkpoint made of nan."""
    wild = ("--config.optimizer.learning_rate=10.0", "--config.optimizer.weight_decay=10.0")  # times -99 at each step
    done = run(*LESSON6, *wild, "--workdir=run", cwd=tmp_path)
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == "" and "Traceback" not in done.stderr
    assert lines[-1].startswith("Try a lower learning rate") and "is not finite" in lines[-2]
