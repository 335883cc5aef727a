"""The pictures of lessons 6 and 7, drawn from short runs, and what stands in them."""

import numpy as np
import pytest
from pictures import check

from ailearn_jax import bikes
from ailearn_jax.app import configs, runs
from ailearn_jax.app.course import lesson_module
from ailearn_jax.app.figures import lesson6, lesson7

SHORT = {"train.num_epochs": "2", "model.hidden": "8", "large.num_files": "2", "large.rows_per_file": "100"}
STUDY = {  # of two baselines and two models
    "models": np.array(["training mean", "means by hour and working day", "linear", "neural"]),
    "random": np.array([183.1, 110.1, 152.1, 75.1]),
    "time": np.array([243.4, 152.5, 203.5, 120.3]),
    "batch_sizes": np.array([16, 64, 256]),
    "learning_rates": np.array([1e-3, 1e-2, 1e-1]),
    "validation_rmse": np.array([[[80, 90, 190], [82, 92, 180]], [[90, 80, 170], [91, 81, 160]], [[99, 90, 80]] * 2]),
    "best_rates": np.array([1e-3, 1e-2, 1e-1]),
}


def trained(lesson, workdir):
    """A short run's folder, as `train` leaves it."""
    fits = {name: text for name, text in SHORT.items() if name in configs.schema_of(lesson)}
    fields = configs.load(configs.find(f"lesson{lesson}"), fits)
    runs.begin(workdir, fields)
    runs.finish(workdir, fields, lesson_module(lesson).train(configs.for_lesson(fields), workdir))
    return workdir


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    return trained(6, tmp_path_factory.mktemp("lesson6"))


@pytest.fixture
def studied(workdir):
    """The run with a study beside it."""
    runs.save_study(workdir, STUDY)
    yield workdir
    (workdir / runs.STUDY).unlink()


def pictures(module, workdir):
    return {picture.name: picture for picture in module.draw(workdir)}


def test_lesson_6_is_drawn(workdir, tmp_path):
    """A picture without a title, a label or an alternative text; one that needs a study where there is none."""
    drawn = pictures(lesson6, workdir)
    assert list(drawn) == ["by_hour", "residuals", "losses", "beside"]
    check(drawn.values(), tmp_path)


def test_lesson_6_is_drawn_with_its_study(studied, tmp_path):
    """The study's pictures are missing, or its best rates are not those that are told."""
    drawn = pictures(lesson6, studied)
    assert list(drawn) == ["by_hour", "residuals", "losses", "both_splits", "learning_rates"]
    check(drawn.values(), tmp_path)
    assert "75 bikes on random rows and by 120 bikes on the latest rows" in drawn["both_splits"].title
    assert "0.001 for batches of 16, 0.01 for batches of 64, 0.1 for batches of 256" in drawn["learning_rates"].title


@pytest.mark.slow
def test_lesson_7_is_drawn(tmp_path):
    """The network's curves have other names in lesson 7, and its pictures no linear model."""
    workdir = trained(7, tmp_path / "run")
    assert list(pictures(lesson7, workdir)) == ["by_hour", "residuals", "losses", "beside"]
    neural = [0, 1, 3]
    study = {name: STUDY[name][neural] for name in ("models", "random", "time")}
    study |= {
        "forms": np.array(["item by item", "a batch an item", "by numpy alone"]),
        "seconds": np.array([0.26, 0.005, 0.001]),
    }
    runs.save_study(workdir, study)
    drawn = pictures(lesson7, workdir)
    assert list(drawn) == ["by_hour", "residuals", "losses", "both_splits", "loading"]
    check(drawn.values(), tmp_path)


def test_the_hours_are_those_of_the_table(workdir):
    """Working days drawn as weekends, or a mean over other rows: the dots at 8 o'clock would lie elsewhere."""
    working, off = pictures(lesson6, workdir)["by_hour"].figure.axes
    test = bikes.load_bikes(None, "five", "random").test
    for axes, workingday in ((working, 1), (off, 0)):
        dots = axes.lines[0].get_ydata()
        hours, days = test["inputs"][:, 0], test["inputs"][:, 4]
        expected = [test["targets"][(hours == hour) & (days == workingday)].mean() for hour in range(24)]
        assert np.allclose(dots, expected)


def test_residuals_are_what_was_rented_beyond_the_prediction():
    """Residuals with the sign turned say that a model which promises too little promises too much."""
    actual, predicted = np.array([10.0, 20.0, 30.0]), {"neural": np.array([1.0, 2.0, 3.0])}
    [axes] = lesson6.residuals(actual, predicted).figure.axes
    assert np.asarray(axes.lines[0].get_ydata()).tolist() == [9.0, 18.0, 27.0]


def test_an_hour_without_rows_is_left_out():
    """A small table has no row for some hours: a division by zero, or a dot at zero bikes."""
    means = lesson6.means_by_hour(np.array([3, 3, 27]), np.array([10.0, 20.0, 5.0]))
    assert means[0, 3] == 15 and means[1, 3] == 5
    assert np.isnan(means).sum() == 46
