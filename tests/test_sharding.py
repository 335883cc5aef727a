"""One step, split over devices and into parts, is the same step."""

import functools
import itertools
import re
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from ailearn_jax import evaluation, text, training
from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson8
from ailearn_jax.sharding import check_batch_size, make_mesh, on_own_devices, put_batches, replicate, row_sharding

SPLITS = [(2, 1), (4, 1), (8, 1), (1, 2), (1, 4), (4, 2), (8, 4)]  # devices, parts of a batch
MODEL = lesson8.TinyGPT(
    vocab_size=20,
    context_length=8,
    num_layers=1,
    num_heads=2,
    embed_dim=8,
    activation="relu",
    dropout_rate=0.2,
    use_bias=True,
    use_positions=True,
    tied_head=True,
)
NUM_STEPS = 20


@pytest.fixture
def quickly_compiled() -> Iterator[None]:
    """A program that runs once is there in a third of the time where LLVM optimizes nothing."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def loss_fn(params, batch, keys):
    return lesson8.loss_fn(MODEL, params, batch, keys)


def make_batches() -> dict[str, np.ndarray]:
    """Batches [K, B, T] of random tokens."""
    ids = np.random.default_rng(0).integers(20, size=500)
    batches = text.windows(ids, context_length=8, batch_size=32, seed=0)(0)
    return jax.tree.map(lambda *arrays: np.stack(arrays), *itertools.islice(batches, NUM_STEPS))


def make_state(optimizer: optax.GradientTransformation, dtype: Any) -> training.TrainState:
    params = MODEL.init(jax.random.key(0), jnp.zeros((1, 8), jnp.int32))["params"]
    params = jax.tree.map(lambda array: array.astype(dtype), params)
    return training.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params), jax.random.key(1))


def train(num_devices: int, accumulate: int, optimizer: optax.GradientTransformation, batches: Any, dtype: Any) -> Any:
    """The state after all batches, and the loss of each."""
    mesh = make_mesh(num_devices)
    run_steps = training.compile_steps(training.make_train_step(loss_fn, optimizer, accumulate, mesh))
    return jax.device_get(run_steps(replicate(mesh, make_state(optimizer, dtype)), put_batches(mesh, batches)))


def without_key(result: Any) -> list[np.ndarray]:
    state, metrics = result
    return jax.tree.leaves((state.params, metrics))


@functools.cache
def gradients_and_loss(num_devices: int, accumulate: int) -> tuple[np.ndarray, np.ndarray]:
    """Those of one batch: a step of gradient descent with rate 1 moves the parameters by the gradient itself."""
    batches = jax.tree.map(lambda array: array[:1], make_batches())
    optimizer = optax.sgd(1.0)
    state, metrics = train(num_devices, accumulate, optimizer, batches, jnp.float32)
    gradients = jax.tree.map(np.subtract, jax.device_get(make_state(optimizer, jnp.float32).params), state.params)
    return np.concatenate([leaf.ravel() for leaf in jax.tree.leaves(gradients)]), metrics["loss"]


@pytest.mark.usefixtures("quickly_compiled")
@pytest.mark.parametrize(("num_devices", "accumulate"), SPLITS)
def test_gradients_are_those_of_one_device(num_devices: int, accumulate: int):
    """A sum where a mean is meant, or dropout by the place on a device: users of peers report that theirs differ.

    float32: 1e-5 of the largest gradient.
    """
    expected, expected_loss = gradients_and_loss(1, 1)
    found, loss = gradients_and_loss(num_devices, accumulate)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-5)


@pytest.mark.slow
def test_twenty_steps_are_those_of_one_device():
    """What differs by more than rounding grows from step to step: 1e-9 in float64, dropout included."""
    optimizer = optax.adamw(1e-3)
    with jax.enable_x64(True):
        expected = without_key(train(1, 1, optimizer, make_batches(), jnp.float64))
        assert expected[0].dtype == np.float64
        for how in SPLITS:
            for before, found in zip(
                expected, without_key(train(*how, optimizer, make_batches(), jnp.float64)), strict=True
            ):
                np.testing.assert_allclose(found, before, rtol=0, atol=1e-9, err_msg=str(how))


def test_a_batch_that_does_not_divide_is_refused():
    """An error of XLA's, after minutes of compiling."""
    with pytest.raises(InputError, match=r"a multiple of the 4 devices times train.accumulate \(2\), got 12"):
        check_batch_size(make_mesh(4), 12, 2)
    check_batch_size(make_mesh(4), 16, 2)


def test_more_devices_than_there_are_are_refused():
    """A run on two devices that believes it has twenty."""
    with pytest.raises(InputError, match="--devices: expected a whole number from 1 to 8, got 20"):
        make_mesh(20)


def test_gradients_go_between_devices_as_one_array():
    """An array for each weight, at each of which the devices wait for each other."""
    mesh, optimizer = make_mesh(2), optax.sgd(1.0)
    run_steps = training.compile_steps(training.make_train_step(loss_fn, optimizer, 1, mesh))
    state = replicate(mesh, make_state(optimizer, jnp.float32))
    program = run_steps.lower(state, put_batches(mesh, make_batches())).compile().as_text()
    averaged = re.findall(r"= (.*) all-reduce(?:-start)?\(", program or "")
    assert len(averaged) == 1 and averaged[0].startswith("f32["), averaged


def test_own_devices_have_all_parameters():
    """A validation of a part of the weights, or on one device of four."""
    array = np.arange(6.0).reshape(2, 3)
    mesh = make_mesh(4)
    found = on_own_devices(mesh, replicate(mesh, {"kernel": array}))
    assert row_sharding(found).num_devices == 4
    assert found["kernel"].is_fully_replicated
    np.testing.assert_array_equal(found["kernel"], array)


def test_each_device_measures_its_own_rows():
    """All rows on each device; or `eval_step` compiled a second time, for parameters that a step returned."""
    mesh, optimizer = make_mesh(2), optax.sgd(1.0)
    run_steps = training.compile_steps(training.make_train_step(loss_fn, optimizer, 1, mesh))
    state = replicate(mesh, make_state(optimizer, jnp.float32))
    rows = jax.tree.map(lambda batches: batches[0], make_batches())
    eval_step: Any = evaluation.make_eval_step(loss_fn)
    shapes_on_a_device = set()

    def noted_eval_step(params: Any, batch: Any) -> Any:
        metrics = eval_step(params, batch)
        for array in (batch["inputs"], metrics["loss"]):
            shapes_on_a_device.add(array.sharding.shard_shape(array.shape))
        return metrics

    for _ in range(2):
        evaluation.evaluate(noted_eval_step, on_own_devices(mesh, state.params), rows, batch_size=4)
        state, _ = run_steps(state, put_batches(mesh, make_batches()))
    assert eval_step._cache_size() == 1
    assert shapes_on_a_device == {(2, 8), (2,)}  # of 4 windows of 8 tokens, and of their losses


def test_cpu_devices_are_not_taken_by_themselves():
    """Lesson 6 on eight devices, which wait for each other most of the time, since JAX was told of eight."""
    assert make_mesh().size == 1
    assert make_mesh(cpu_devices=2).size == 2
