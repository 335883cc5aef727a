"""Lesson 6: real data, from the command line's point of view and from the rows'."""

import jax
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from ailearn_jax import bikes
from ailearn_jax.errors import InputError
from ailearn_jax.lessons import lesson6
from configs import lesson6 as config_file

FIVE_OCLOCK = {"hr": 17, "temp": 0.44, "hum": 0.82, "windspeed": 0.28, "workingday": 1}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The default run: its folder and its result."""
    workdir = tmp_path_factory.mktemp("lesson6")
    return workdir, lesson6.train(config_file.get_config(), workdir)


def figures(result):
    return {figure.name: figure.value for figure in result.figures}


def test_golden_number(trained):
    """A change of the rows, the normalizer or the update shows in what the docstring tells: 75 bikes, within a band."""
    assert 74.3 < figures(trained[1])["test RMSE"] < 75.9


def test_the_line_is_that_of_scikit_learn(trained):
    """A linear model that is trained on other rows, or clipped elsewhere, misses least squares on the same rows."""
    split = bikes.load_bikes(None, "five", "random")
    line = LinearRegression().fit(split.train["inputs"], split.train["targets"])
    expected = bikes.rmse(np.maximum(line.predict(split.test["inputs"]), 0), split.test["targets"])
    assert abs(expected - 152.0) < 0.1
    assert abs(figures(trained[1])["test RMSE of the linear model"] - expected) < 0.5


def test_baselines(trained):
    """Means over all rows, or of the wrong cells, differ from the table that the issue of the lesson gives."""
    assert [round(value, 1) for _, value, _ in trained[1].baselines] == [183.1, 110.1]


def test_evaluate_says_the_same_again(trained):
    """An evaluation by another checkpoint, or with other rows, gives another number than training did."""
    workdir, result = trained
    assert figures(lesson6.evaluate(workdir)) == figures(result)


def test_predict_needs_only_the_checkpoint(trained):
    """The prediction of one hour equals what the network says of the same row among others."""
    workdir, _ = trained
    prediction = lesson6.predict(workdir, FIVE_OCLOCK)
    model = lesson6.load(workdir, "neural", "best")
    row = [[FIVE_OCLOCK[name] for name in bikes.FIVE]]
    assert prediction.value == pytest.approx(model.predict(np.array(row * 3, np.float32))[1], rel=1e-5)
    assert prediction.step == model.step and 100 < prediction.value < 600


def test_predictions_are_never_negative(trained):
    """The straight line goes below zero in a cold night; bikes cannot."""
    model = lesson6.load(trained[0], "linear", "best")
    night = np.array([[0, 0.02, 1.0, 0.0, 1]], np.float32)
    assert model.predict_unclipped(night)[0] < 0
    assert model.predict(night)[0] == 0
    assert model.predict_hour({"hr": 0, "temp": 0.02, "hum": 1.0, "windspeed": 0.0, "workingday": 1}).clipped


def test_every_missing_feature_is_named(trained):
    """An error that names one missing flag at a time sends the user round in circles."""
    with pytest.raises(InputError, match="--temp, --workingday"):
        lesson6.predict(trained[0], {"hr": 1, "hum": 0.5, "windspeed": 0.1})


def test_predicting_before_training(tmp_path):
    """A traceback from deep within orbax would not say what to do."""
    with pytest.raises(InputError, match="train it first"):
        lesson6.predict(tmp_path, FIVE_OCLOCK)


def test_resumes_where_it_was(tmp_path):
    """A resumed run that sees other batches, or starts its schedule anew, ends with other weights."""
    config = config_file.get_config()
    config.train.num_epochs, config.train.eval_every, config.train.checkpoint_every = 4, 190, 190
    whole = lesson6.train(config, tmp_path / "whole")

    run = lesson6.Run.plain()
    calls = iter([None, 15])
    stopping = type(run)(run.mesh, run.reporter, lambda: next(calls))
    with pytest.raises(lesson6.training.Stopped):
        lesson6.train(config, tmp_path / "parts", stopping)
    parts = lesson6.train(config, tmp_path / "parts")
    assert parts.figures == whole.figures
    for name in ("neural_loss", "neural_validation_loss", "linear_loss"):
        assert np.array_equal(parts.curves[name], whole.curves[name], equal_nan=True)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The first 800 hours of the table, as they are and with other bikes in the test rows, the latest by time."""
    folder = tmp_path_factory.mktemp("tables")
    header, *rows = bikes.BIKES.read_text().splitlines()[:801]
    spoiled = [row if i < 640 else row.rpartition(",")[0] + ",999" for i, row in enumerate(rows)]
    paths = folder / "as_it_is.csv", folder / "spoiled.csv"
    for path, lines in zip(paths, (rows, spoiled), strict=True):
        path.write_text("\n".join([header, *lines]) + "\n")
    return paths


def few_rows(path):
    config = config_file.get_config()
    config.data.path, config.data.split, config.model.hidden, config.train.num_epochs = str(path), "time", (8,), 2
    return config


def test_rates_are_chosen_by_validation_rows(tables, monkeypatch):
    """A rate that is chosen by the test rows makes them rows to choose by: other bikes there would choose another."""
    monkeypatch.setattr(lesson6, "BATCH_SIZES", (256,))
    as_it_is, spoiled = (lesson6.compare_rates(few_rows(path)) for path in tables)
    assert as_it_is["validation_rmse"].shape == (1, 5, 8)
    for name in as_it_is:
        assert np.array_equal(as_it_is[name], spoiled[name])
    medians = np.median(as_it_is["validation_rmse"], axis=1)
    for size, best in enumerate(as_it_is["best_rates"]):
        assert medians[size].min() == medians[size][as_it_is["learning_rates"] == best]


def test_a_sweep_is_so_many_runs(tables):
    """A program of 40 networks that mixes them up, or scales another update than AdamW's, differs from a run of one."""
    config = few_rows(tables[0])
    split = bikes.load_bikes(**config.data)
    normalizer = bikes.Normalizer.fit(split.train)
    train_rows, valid_rows = normalizer.normalize(split.train), normalizer.normalize(split.valid)
    losses = lesson6.sweep(config, 64, train_rows, valid_rows)

    config.train.num_epochs = lesson6.FEW_EPOCHS
    config.optimizer.learning_rate, config.optimizer.final_learning_rate = 0.03, 0.0
    parts = lesson6.build(config, "neural", len(train_rows["inputs"]))
    state = lesson6.init_state(parts, train_rows["inputs"], seed=2)
    train_step = jax.jit(lesson6.training.make_train_step(parts.loss_fn, parts.optimizer, accumulate=1, mesh=None))
    batches = bikes.shuffled(train_rows, 64, seed=2)(0)
    for _ in range(parts.schedule.num_steps):
        state, _ = train_step(state, next(batches))
    expected = parts.loss_fn(state.params, valid_rows, None)[0]
    assert losses[2, lesson6.LEARNING_RATES.index(0.03)] == pytest.approx(float(expected), rel=1e-3)


def test_both_splits_are_those_of_train(tables):
    """Figures of the wrong model or split, or of one split twice; a config that comes back changed."""
    config = few_rows(tables[0])
    config.data.split = "random"
    found = lesson6.compare_splits(config)
    assert found["models"].tolist() == ["training mean", "means by hour and working day", "linear", "neural"]
    for split in ("random", "time"):
        train, _, test = bikes.load_bikes(config.data.path, "five", split)
        assert found[split][:2].tolist() == list(bikes.baselines(train, test).values())
    assert found["random"].tolist() != found["time"].tolist()
    assert config.data.split == "random"  # the caller's own config stays as it is
