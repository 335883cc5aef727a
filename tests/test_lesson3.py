"""Lesson 3: modules and optimizers."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ailearn_jax.lessons import lesson2, lesson3
from configs import lesson2 as config_file2
from configs import lesson3 as config_file


def test_reaches_what_lesson_2_reaches(tmp_path):
    """Another loss, other data or an optimizer that is given the wrong gradients ends elsewhere than lesson 2."""
    by_adam = lesson3.train(config_file.get_config(), tmp_path).figures
    by_descent = lesson2.train(config_file2.get_config(), tmp_path).figures
    assert [figure.name for figure in by_adam] == [figure.name for figure in by_descent]
    assert np.allclose([f.value for f in by_adam], [f.value for f in by_descent], rtol=1e-3)


def test_golden_number(tmp_path):
    """A change of the data, the split or the update shows in the number that the docstring tells."""
    assert round(lesson3.train(config_file.get_config(), tmp_path).figures[0].value, 2) == 2.03


def test_a_step_leaves_its_state_as_it_was():
    """A state that is changed in place could not be compared, saved or tried again."""
    batch, _, _, _ = lesson3.load(None, 240)
    params: Any = lesson3.model.init(jax.random.key(0), batch["inputs"])["params"]
    optimizer = optax.adam(0.1)
    state = lesson3.TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params))
    before = jax.tree.map(np.array, state)
    after, _ = lesson3.make_train_step(optimizer)(state, batch)
    assert jax.tree.all(jax.tree.map(np.array_equal, before, state))
    assert int(after.step) == 1 and not np.array_equal(after.params["dense"]["kernel"], params["dense"]["kernel"])
