"""The pictures of lessons 1 to 5, drawn from real short runs, and the commands that draw them."""

import csv
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from matplotlib.image import imread
from matplotlib.text import Text

from ailearn_jax.app import configs, drawing, runs
from ailearn_jax.app.course import lesson_module
from ailearn_jax.app.figures import lesson1, lesson2, lesson3, style
from ailearn_jax.app.figures import lesson5 as figures5
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.app.main import main
from ailearn_jax.errors import InputError, StorageError
from ailearn_jax.lessons import lesson5

LESSONS = (1, 2, 3, 4, 5)
STUDIED = (1, 3, 5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The folders of runs of 20 steps, of which those that compare runs have their study."""
    folders = {}
    for lesson in LESSONS:
        workdir = folders[lesson] = tmp_path_factory.mktemp(f"lesson{lesson}")
        fields = configs.load(configs.find(f"lesson{lesson}"), {"train.num_steps": "20"})
        chapter, config = lesson_module(lesson), configs.for_lesson(fields)
        runs.begin(workdir, fields)
        runs.finish(workdir, fields, chapter.train(config, workdir))
        if lesson in STUDIED:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(lesson5, "WIDTHS", range(1, 3))
                patch.setattr(lesson5, "NUM_SEEDS", 5)
                runs.save_study(workdir, chapter.study(config))
    return folders


def pictures(lesson: int, workdir: Path) -> list[Picture]:
    return list(importlib.import_module(f"ailearn_jax.app.figures.lesson{lesson}").draw(workdir))


# --- What is drawn ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", LESSONS)
def test_pictures_say_what_they_show(lesson: int, trained: dict[int, Path]):
    """An axis without a name, two pictures under one name, nothing to read for whoever cannot see."""
    drawn = pictures(lesson, trained[lesson])
    assert len(drawn) >= 2 and len({picture.name for picture in drawn}) == len(drawn)
    for _, title, alt, figure in drawn:
        assert len(title.split()) >= 5 and len(alt) > len(title)
        for axes in figure.axes:
            beside = axes.get_shared_y_axes().get_siblings(axes)
            is_bar = axes.get_label() == "<colorbar>"
            assert axes.get_xlabel() and (is_bar or any(other.get_ylabel() for other in beside))


@pytest.mark.parametrize("lesson", LESSONS)
def test_pictures_are_legible_and_nothing_is_cut_off(lesson: int, trained: dict[int, Path], tmp_path: Path):
    """A title that runs out of the picture, a legend beside it, letters too small at half the size."""
    drawn = pictures(lesson, trained[lesson])
    style.save(drawn, tmp_path)
    for picture in drawn:
        box, inches = picture.figure.get_tightbbox(), picture.figure.get_size_inches()
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= inches[0] and box.y1 <= inches[1], picture.name
        sizes = [float(text.get_fontsize()) for text in picture.figure.findobj(Text) if text.get_text().strip()]
        assert min(sizes) >= 11, picture.name


@pytest.mark.parametrize("lesson", STUDIED)
def test_a_study_adds_pictures(lesson: int, trained: dict[int, Path], tmp_path: Path):
    """A study that is trained and never drawn; a run without one that cannot be drawn."""
    for name in (runs.CONFIG, runs.RESULT, runs.CURVES):
        (tmp_path / name).write_bytes((trained[lesson] / name).read_bytes())
    without = [picture.name for picture in pictures(lesson, tmp_path)]
    assert [picture.name for picture in pictures(lesson, trained[lesson])][: len(without)] == without
    assert len(pictures(lesson, trained[lesson])) > len(without)


def test_a_study_finds_what_its_picture_says(trained: dict[int, Path]):
    """Rates in another order than their names; two rules that are one; one width trained in the place of another."""
    paths = runs.saved_study(trained[1])["paths"]
    assert paths.shape == (3, 21, 2) and (paths[:, 0] == paths[0, 0]).all()
    missed = np.abs(paths[:, -1] - [2, 1]).max(axis=1)
    assert missed[1] < 0.1 < missed[0] < np.abs(paths[0, 0] - [2, 1]).max() < missed[2]
    losses = runs.saved_study(trained[3])
    assert losses["sgd_loss"][0] == losses["adam_loss"][0] and losses["sgd_loss"][-1] != losses["adam_loss"][-1]
    assert runs.saved_study(trained[5])["widths"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("end", "moves", "steps"),
    [(2.0, "In 1 step the line moves to the points", "goes downhill"), (9.0, "away from the points", "jumps over")],
)
def test_a_path_is_said_to_go_where_it_goes(end: float, moves: str, steps: str):
    """A line that flew apart under the words that it moves to the points."""
    ws, bs = np.array([0.0, end], np.float32), np.array([0.0, 1.0], np.float32)
    assert moves in lesson1.line(ws, bs).title and steps in lesson1.path(ws, bs).title


@pytest.mark.parametrize(("last", "said"), [(0.015, "falls to the noise"), (0.5, "ends at 0.5 on held-out rows")])
def test_a_loss_is_said_to_fall_as_far_as_it_falls(last: float, said: str):
    """A run that stopped early under the words that its loss falls to the noise."""
    values = np.array([1.0, last])
    assert said in lesson2.losses(values, values, num_steps=2, noise=0.01, shipped=True).title


@pytest.mark.parametrize(
    ("right", "last", "corners", "loss"),
    [(4, 0.001, "until each corner", "towards nothing"), (2, 0.6, "brings 2 of 4 corners", "comes to 0.6,")],
)
def test_a_network_is_said_to_have_learned_what_it_has(right: int, last: float, corners: str, loss: str):
    """A network that answers half of XOR under the words that each corner is on its side."""
    surface = np.zeros((41, 41))
    for i, j in [(30, 10), (10, 30)][: right - 2]:
        surface[i, j] = 1.0
    curves = {"loss": np.array([0.7, last]), **{f"surface_{name}": surface for name in ("start", "middle", "end")}}
    assert corners in figures5.surfaces(curves).title and loss in figures5.losses(curves["loss"]).title


@pytest.mark.parametrize(("sgd", "adam", "said"), [(0.5, 0.9, "is no faster"), (0.9, 0.5, "is faster")])
def test_two_rules_are_compared_by_what_they_did(sgd: float, adam: float, said: str):
    """Adam called no faster where it was; losses that shrink to a share of themselves with each step."""
    steps = np.arange(200)
    assert said in lesson3.rules(1 + sgd**steps, 1 + adam**steps).title


def test_hand_written_descent_is_the_rule_that_the_study_calls_so():
    """An `optax.sgd` with momentum would not be what lesson 2 wrote by hand."""
    by_loop, by_optax = lesson_module(2), lesson_module(3)
    fields = configs.load(configs.find("lesson3"), {"train.num_steps": "5"})
    config = configs.for_lesson(fields)
    batch, _, _, _ = by_optax.load(**config.data)
    dense = by_optax.model.init(jax.random.key(0), batch["inputs"])["params"]["dense"]
    params: Any = {"weights": dense["kernel"][:, 0], "bias": dense["bias"][0]}
    by_hand = []
    for _ in range(5):
        params, loss = by_loop.train_step(params, batch, config.optimizer.learning_rate)
        by_hand.append(loss)
    np.testing.assert_allclose(by_optax.study(config)["sgd_loss"], by_hand, rtol=1e-5)


# --- How it is saved --------------------------------------------------------------------------------------------------


def test_saved_pictures_are_listed_and_whole(trained: dict[int, Path], tmp_path: Path):
    """A list that names other files than are there, or a picture of another size than the page counts on."""
    drawn = pictures(2, trained[2])
    paths = style.save(drawn, tmp_path / "figures")
    listed = json.loads((tmp_path / "figures" / "figures.json").read_text(encoding="utf-8"))
    assert [(entry["file"], entry["title"], entry["alt"]) for entry in listed] == [
        (f"{picture.name}.png", picture.title, picture.alt) for picture in drawn
    ]
    assert paths == [tmp_path / "figures" / entry["file"] for entry in listed]
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {*(path.name for path in paths), "figures.json"}
    for path in paths:
        assert imread(path).shape[1] == round(style.WIDTH * style.DPI)


def test_a_picture_that_fails_leaves_the_earlier_ones_whole(trained: dict[int, Path], tmp_path: Path):
    """A list of pictures that are half there, or half a file, after a full disk."""
    first, *_ = pictures(1, trained[1])
    style.save([first], tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def failing() -> Iterator[Picture]:
        yield first
        raise ValueError("no picture")

    with pytest.raises(ValueError, match="no picture"):
        style.save(failing(), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="expected a folder to write pictures to, got"):
        style.save([first], tmp_path / "file")


@pytest.mark.parametrize("lesson", LESSONS)
def test_metrics_have_a_row_a_step(lesson: int, trained: dict[int, Path]):
    """A step that is off by one; a column of another length that is cut to fit."""
    curves = runs.saved_curves(trained[lesson])
    with (trained[lesson] / runs.METRICS).open() as file:
        rows = list(csv.DictReader(file))
    first = 0 if lesson == 1 else 1  # lesson 1 also has its beginning
    assert [int(row["step"]) for row in rows] == list(range(first, 21))
    names = set(rows[0]) - {"step"}
    assert names == {name for name in curves if name in ("w", "b") or name.endswith("loss")} and "loss" in names
    for name in names:
        np.testing.assert_allclose([float(row[name]) for row in rows], curves[name])


def test_damaged_curves_are_told_of(trained: dict[int, Path], tmp_path: Path):
    """A traceback of zipfile, or a program run from a file that came from elsewhere."""
    for content in (b"", b"no arrays", (trained[1] / runs.CURVES).read_bytes()[:-40]):
        (tmp_path / runs.CURVES).write_bytes(content)
        with pytest.raises(InputError, match="expected arrays, got"):
            runs.saved_curves(tmp_path)


# --- The commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def drawing_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AILEARN_JAX_PICTURES", "1")


def test_train_draws_and_names_what_it_drew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], drawing_at_the_end: None
):
    """Pictures that nobody finds, or among the results that another program reads."""
    workdir = tmp_path / "line"
    assert main(["--config=lesson1", "--config.train.num_steps=20", f"--workdir={workdir}"]) == 0
    out, err = capsys.readouterr()
    listed = json.loads((workdir / drawing.FIGURES / "figures.json").read_text(encoding="utf-8"))
    paths = [workdir / runs.METRICS, *(workdir / drawing.FIGURES / entry["file"] for entry in listed)]
    lines = err.splitlines()
    drawn = lines.index("Drawn:")
    assert lines[drawn + 1 : drawn + 1 + len(paths)] == [f"  {path}" for path in paths]
    assert all(path.is_file() for path in paths) and ".png" not in out


def test_a_run_is_kept_where_it_cannot_be_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], drawing_at_the_end: None
):
    """Hours of training lost to a picture."""
    words, workdir = ["--config=lesson1", f"--workdir={tmp_path / 'line'}"], tmp_path / "line"
    assert main([*words, "--config.train.num_steps=5"]) == 0
    (workdir / drawing.FIGURES).rename(tmp_path / "moved")
    (workdir / drawing.FIGURES).touch()
    assert main([*words, "--config.train.num_steps=10"]) == 0
    err = capsys.readouterr().err
    assert "No pictures could be drawn: " in err and f" plot --config=lesson1 --workdir={workdir}\n" in err
    assert runs.saved_result(workdir)[0]["train.num_steps"] == 10


def test_plot_draws_again_and_studies_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A study that is trained unasked, not kept, or left out of the pictures."""
    words = ["--config=lesson1", f"--workdir={tmp_path / 'line'}"]
    assert main([*words, "--config.train.num_steps=20"]) == 0
    capsys.readouterr()
    assert main(["plot", *words]) == 0
    few = capsys.readouterr().out.splitlines()
    assert main(["plot", *words, "--study"]) == 0
    many = capsys.readouterr().out.splitlines()
    kept = (tmp_path / "line" / runs.STUDY).stat().st_mtime_ns
    assert main(["plot", *words]) == 0
    assert capsys.readouterr().out.splitlines() == many and many[: len(few)] == few and len(many) > len(few)
    assert (tmp_path / "line" / runs.STUDY).stat().st_mtime_ns == kept
    # A longer run is another one: what was studied for the shorter one is not drawn beside it.
    assert main([*words, "--config.train.num_steps=30"]) == 0
    assert not (tmp_path / "line" / runs.STUDY).exists()


def test_plot_refuses_what_cannot_be_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A FileNotFoundError; an AttributeError of a lesson that has no study."""
    words = ["--config=lesson2", f"--workdir={tmp_path / 'plane'}"]
    assert main(["plot", *words]) == 2
    assert "plot: expected a trained lesson" in capsys.readouterr().err
    assert main([*words, "--config.train.num_steps=5"]) == 0
    capsys.readouterr()
    assert main(["plot", *words, "--study"]) == 2
    assert "--study: expected a lesson whose pictures compare runs, got lesson 2" in capsys.readouterr().err
    (tmp_path / "plane" / runs.RESULT).unlink()
    assert main(["plot", *words]) == 2
    assert "expected a result, got none" in capsys.readouterr().err
