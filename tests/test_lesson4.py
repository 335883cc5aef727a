"""Lesson 4: a hidden layer and ReLU."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ailearn_jax.lessons import lesson4
from configs import lesson4 as config_file
from configs import lesson4_overfit


def test_the_network_halves_the_error(tmp_path):
    """Without ReLU, or with the table of lesson 2, the network is no better than the plane."""
    result = lesson4.train(config_file.get_config(), tmp_path)
    assert result.figures[0].value <= 0.5 * result.baselines[0].value
    assert round(result.figures[0].value, 1) == 2.1


def test_is_not_affine():
    """A network whose ReLU was lost satisfies f(a) + f(b) = 2 f((a + b) / 2) everywhere; this one does not."""
    model = lesson4.Neural(16)
    a, b = jax.random.normal(jax.random.key(0), (2, 100, 2))
    params: Any = model.init(jax.random.key(1), a)["params"]
    bend = sum(lesson4.predict(model, params, x) for x in (a, b)) - 2 * lesson4.predict(model, params, (a + b) / 2)
    assert jnp.abs(bend).max() > 0.1


def test_overfitting_and_its_remedies(tmp_path):
    """The lesson shows overfitting: training error near nothing, held-out error rising, both remedies lowering it."""
    config = lesson4_overfit.get_config()
    plain = lesson4.train(config, tmp_path)
    assert plain.figures[1].value < 0.2
    curve = plain.curves["held_out_loss"]
    assert curve[-1] > 1.1 * curve.min()  # 3.7 against 3.4 MB: 1.17 when squared

    config.train.take_best = True
    best = lesson4.train(config, tmp_path)
    assert best.figures[0].value < plain.figures[0].value
    assert best.figures[2].value == np.argmin(best.curves["held_out_loss"]) + 1

    config.train.take_best = False
    config.optimizer.weight_decay = 2.0
    decayed = lesson4.train(config, tmp_path)
    assert decayed.figures[0].value < plain.figures[0].value
