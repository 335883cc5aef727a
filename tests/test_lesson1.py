"""Lesson 1: gradients by hand."""

import jax
import jax.numpy as jnp
import pytest

from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson1
from configs import lesson1 as config_file


def test_ends_at_the_line(tmp_path):
    """A step uphill, or one that forgets b, ends elsewhere than at w = 2 and b = 1."""
    result = lesson1.train(config_file.get_config(), tmp_path)
    w, b, _ = (figure.value for figure in result.figures)
    assert abs(w - 2) < 1e-3 and abs(b - 1) < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_hand_written_gradients(seed):
    """A lost factor 2, a sum for a mean, or x left out of w's derivative differs from both oracles.

    Central differences of a quadratic are exact but for rounding: 1e-16 / 1e-5 in float64.
    """
    with jax.enable_x64(True):
        x, y, w, b = (
            jax.random.normal(key, shape) for key, shape in zip(keys(seed), [(7,), (7,), (), ()], strict=True)
        )
        by_hand = jnp.array(lesson1.gradients(w, b, x, y))
        by_jax = jnp.array(jax.grad(lesson1.loss_fn, argnums=(0, 1))(w, b, x, y))
        h = 1e-5
        by_differences = jnp.array(
            [
                (lesson1.loss_fn(w + h, b, x, y) - lesson1.loss_fn(w - h, b, x, y)) / (2 * h),
                (lesson1.loss_fn(w, b + h, x, y) - lesson1.loss_fn(w, b - h, x, y)) / (2 * h),
            ]
        )
        assert by_hand.dtype == jnp.float64
        assert jnp.abs(by_hand - by_jax).max() < 1e-12
        assert jnp.abs(by_hand - by_differences).max() < 1e-8


def keys(seed):
    return jax.random.split(jax.random.key(seed), 4)


def test_large_learning_rate_diverges(tmp_path):
    """The docstring says that 1.1 diverges; a step that is clipped or averaged would not."""
    config = config_file.get_config()
    config.optimizer.learning_rate = 1.1
    losses = lesson1.train(config, tmp_path).curves["loss"]
    assert losses[-1] > 1e6 * losses[0]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_refuses_a_bad_rate(value, tmp_path):
    """A rate that is no number would train to nan without a word."""
    config = config_file.get_config()
    config.optimizer.learning_rate = value
    with pytest.raises(InputError, match="learning_rate: expected a number from 0 to 10"):
        lesson1.train(config, tmp_path)
