"""The step, the schedule, the loop's parts."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from ailearn_jax import evaluation, optimizers, training
from ailearn_jax.errors import InputError
from ailearn_jax.schedules import Schedule
from ailearn_jax.sharding import make_mesh, replicate

INTERVALS = {"accumulate": 1, "steps_per_call": 5, "log_every": 10, "eval_every": 10, "checkpoint_every": 20, "keep": 2}


def loss_fn(params, batch, keys):
    return jnp.mean((batch["inputs"] @ params["w"] - batch["targets"]) ** 2), {}


def make_rows(num_rows=12):
    inputs = np.random.default_rng(0).normal(size=(num_rows, 3)).astype(np.float32)
    return {"inputs": inputs, "targets": inputs.sum(axis=1)}


def test_one_step_of_gradient_descent():
    """A step that adds the gradient, or updates with another batch's, differs from the rule written out."""
    optimizer = optax.sgd(0.1)
    params = {"w": jnp.array([1.0, -1.0, 0.5])}
    state = training.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params), jax.random.key(0))
    batch = make_rows()
    after, metrics = jax.jit(training.make_train_step(loss_fn, optimizer, 1, mesh=None))(state, batch)
    grads = jax.grad(lambda p: loss_fn(p, batch, None)[0])(params)
    assert jnp.allclose(after.params["w"], params["w"] - 0.1 * grads["w"], atol=1e-6)
    assert int(after.step) == 1 and jnp.allclose(metrics["loss"], loss_fn(params, batch, None)[0])


@pytest.mark.parametrize("num_devices", [1, 4])
def test_padding_does_not_count(num_devices):
    """12 rows in batches of 5: the last has 2 rows and 3 of padding, which would pull the mean to the first rows.

    On 4 devices they are batches of 8.
    """
    params = replicate(make_mesh(num_devices), {"w": jnp.array([1.0, -1.0, 0.5])})
    rows = make_rows()
    measured = evaluation.evaluate(evaluation.make_eval_step(loss_fn), params, rows, batch_size=5)
    assert measured["loss"] == pytest.approx(float(loss_fn(params, rows, None)[0]), rel=1e-5)


def test_chunks_stack_in_order():
    """A thread that runs ahead must neither lose nor swap batches; the iterator is closed at the end."""
    closed = []

    def count():
        try:
            for i in range(100):
                yield {"inputs": np.array([i])}
        finally:
            closed.append(True)

    stacked = list(training.chunks(count(), [2, 3, 1], place=lambda batch: batch))
    assert [chunk["inputs"].ravel().tolist() for chunk in stacked] == [[0, 1], [2, 3, 4], [5]]
    assert closed == [True]


@pytest.mark.parametrize("step", [0, 5, 20])
def test_calls_cover_the_run(step):
    """A last call that runs over the end would train longer than the schedule of the rate."""
    schedule = Schedule(num_steps=23, batch_size=4, **INTERVALS)
    assert step + sum(schedule.calls_after(step)) == 23


def test_epochs_drop_the_remainder():
    """100 rows in batches of 30 are 3 steps an epoch; a batch larger than the table is refused."""
    assert Schedule.from_epochs(100, num_epochs=4, batch_size=30, **INTERVALS).num_steps == 12
    with pytest.raises(InputError, match="batch_size: expected a whole number from 1 to 100, got 101"):
        Schedule.from_epochs(100, num_epochs=4, batch_size=101, **INTERVALS)


def test_learning_rate_over_a_run():
    """It rises from 0, peaks after the warm-up and ends at its final value."""
    schedule = optimizers.learning_rate_schedule(1000, 1e-2, 1e-3, warmup_steps=50)
    rates = np.array([float(schedule(step)) for step in range(1001)])
    assert rates[0] == 0 and rates.argmax() == 50
    assert rates.max() == pytest.approx(1e-2) and rates[-1] == pytest.approx(1e-3)
    assert float(optimizers.learning_rate_schedule(10, 1e-2, 1e-3, warmup_steps=50)(1)) == pytest.approx(1e-2)


def test_only_matrices_decay():
    """A decayed bias or scale is pulled to 0 for nothing."""
    optimizer = optimizers.make_optimizer(
        100, learning_rate=0.1, final_learning_rate=0.0, warmup_steps=0, weight_decay=0.5, beta2=0.99, clip_norm=1.0
    )
    params = {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)}
    updates, _ = optimizer.update(jax.tree.map(jnp.zeros_like, params), optimizer.init(params), params)
    assert jnp.allclose(updates["kernel"], -0.05) and jnp.all(updates["bias"] == 0)
