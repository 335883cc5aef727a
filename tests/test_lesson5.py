"""Lesson 5: all together."""

import jax
import numpy as np

from ailearn_jax.lessons import lesson5
from configs import lesson5 as config_file


def test_learns_xor(tmp_path):
    """Wrong labels, a loss of the wrong sign or an unused update leaves some answers wrong."""
    result = lesson5.train(config_file.get_config(), tmp_path)
    right, first_loss, last_loss = (figure.value for figure in result.figures)
    assert right == 4 and last_loss < 1e-3
    assert abs(first_loss - np.log(2)) < 0.2
    assert result.baselines[0].value == 3


def test_learns_for_98_of_100_seeds():
    """Too few hidden units, or one key for all seeds, shows over many seeds only."""
    parts = lesson5.build(config_file.get_config())

    def answers(key):
        state, _ = lesson5.learn(parts, lesson5.init_state(parts, key), parts.num_steps)
        return lesson5.predict(parts.model, state.params, lesson5.INPUTS)

    keys = jax.vmap(jax.random.key)(np.arange(100))
    probabilities = np.array(jax.jit(jax.vmap(answers))(keys))
    assert len(np.unique(probabilities[:, 0])) > 50
    assert sum(lesson5.count_right(row) == 4 for row in probabilities) >= 98


def test_one_program_equals_the_loop():
    """A scan that carries the wrong state, or skips a step, differs from the same steps one by one.

    The two programs may round differently: 1e-5 after 20 steps.
    """
    parts = lesson5.build(config_file.get_config())
    state = lesson5.init_state(parts, jax.random.key(0))
    _, losses = jax.jit(lesson5.learn, static_argnums=(0, 2))(parts, state, 20)
    batch = {"inputs": lesson5.INPUTS, "labels": lesson5.LABELS}
    for loss in losses:
        state, expected = lesson5.train_step(parts.model, parts.optimizer, state, batch)
        assert abs(loss - expected) < 1e-5
