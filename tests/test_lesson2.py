"""Lesson 2: automatic differentiation."""

import numpy as np

from ailearn_jax.datasets import DATA, load_memory
from ailearn_jax.lessons import lesson2
from configs import lesson2 as config_file


def test_reaches_least_squares(tmp_path):
    """Weights that are not brought back to MB, or a descent that stops early, miss numpy's least squares.

    float32 holds 40 MB to 4e-6; the descent has converged to 1e-4 of that.
    """
    train, held_out = load_memory(DATA / "memory.csv", 240)
    with_ones = np.concatenate([train[:, :2], np.ones((240, 1))], axis=1)
    solution = np.linalg.lstsq(with_ones, train[:, 2], rcond=None)[0]
    residuals = np.concatenate([held_out[:, :2], np.ones((60, 1))], axis=1) @ solution - held_out[:, 2]
    figures = {figure.name: figure.value for figure in lesson2.train(config_file.get_config(), tmp_path).figures}
    assert np.allclose([figures["a minute"], figures["a call"], figures["to begin with"]], solution, rtol=1e-3)
    assert abs(figures["held-out RMSE"] - np.sqrt(np.mean(residuals**2))) < 1e-2


def test_golden_number(tmp_path):
    """A change of the data, the split or the update shows in the number that the docstring tells."""
    result = lesson2.train(config_file.get_config(), tmp_path)
    assert result.figures[0].name == "held-out RMSE"
    assert round(result.figures[0].value, 2) == 2.03


def test_held_out_rows_do_not_normalize():
    """Means over all rows would tell the model of rows that it must not know."""
    batch, held_out, _, _ = lesson2.load(None, 240)
    assert np.abs(batch["inputs"].mean(axis=0)).max() < 1e-5
    assert np.abs(held_out["inputs"].mean(axis=0)).max() > 1e-2
