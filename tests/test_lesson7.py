"""Lesson 7: batched loading."""

import numpy as np
import pytest

from ailearn_jax import bikes, loaders
from ailearn_jax.lessons import lesson7
from configs import lesson7 as config_file


@pytest.fixture
def config():
    """A short run with a small table in files."""
    config = config_file.get_config()
    config.train.num_epochs, config.train.eval_every, config.train.checkpoint_every = 2, 190, 190
    config.large.num_files, config.large.rows_per_file = 3, 100
    return config


def make_batches(num_steps=12):
    rows = {"inputs": np.arange(20.0).reshape(10, 2), "targets": np.arange(10.0)}
    return rows, lesson7.Batches(rows, batch_size=3, num_steps=num_steps, seed=0)


def test_batches_are_those_of_lesson_6():
    """A loader that shuffles otherwise could not be compared with lesson 6, number by number."""
    rows, batches = make_batches()
    for step, expected in zip(range(12), bikes.shuffled(rows, 3, seed=0)(0), strict=False):
        assert all(np.array_equal(batches[step][name], expected[name]) for name in rows)


@pytest.mark.parametrize("num_workers", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_begins_at_any_step(num_workers):
    """A loader that begins at its first item, or whose workers deliver in another order, breaks a resumed run."""
    _, batches = make_batches()
    found = [batch["targets"].tolist() for batch in loaders.grain_batches(batches, num_workers)(5)]
    assert found == [batches[step]["targets"].tolist() for step in range(5, 12)]


def test_items_are_stacked_in_new_orders():
    """A batcher that repeats an order, or loses rows, would train on less than the table."""
    rows, _ = make_batches()
    stream = loaders.iterate(lesson7.item_by_item(rows, 5, seed=0), num_workers=0)
    epochs = [np.concatenate([next(stream)["targets"] for _ in range(2)]).tolist() for _ in range(2)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_trains_and_predicts(config, tmp_path):
    """Training, evaluation and prediction share nothing but the checkpoint."""
    result = lesson7.train(config, tmp_path)
    assert result.figures == lesson7.evaluate(tmp_path).figures
    assert result.figures[0].value < 0.8 * result.baselines[0].value  # two epochs beat the training mean
    features = {"hr": 8, "temp": 0.2, "hum": 0.8, "windspeed": 0.2, "workingday": 1}
    assert 50 < lesson7.predict(tmp_path, features).value < 700


@pytest.mark.slow
def test_workers_do_not_change_the_result(config, tmp_path):
    """Prefetching is a matter of speed; a worker with an order of its own would change the weights."""
    alone = lesson7.train(config, tmp_path / "alone")
    config.loader.num_workers = 2
    assert lesson7.train(config, tmp_path / "prefetched").figures == alone.figures
