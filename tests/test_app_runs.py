"""The folder of a run: what `train` may do with what it finds there."""

import json
from pathlib import Path

import numpy as np
import pytest

from ailearn_jax.app import configs, runs
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.runs import Standing, standing
from ailearn_jax.errors import InputError, StorageError
from ailearn_jax.results import Figure, Result

RESULT = Result(
    figures=[Figure("test RMSE", 75.5, "bikes"), Figure("right", 4, "of 4")],
    baselines=[Figure("training mean", float(np.float32(183.1)), "bikes")],
    curves={"loss": np.arange(3.0)},
)


@pytest.fixture
def fields() -> Fields:
    return configs.load(configs.find("lesson6"), {})


def begin(workdir: Path, fields: Fields, *, saved_step: bool = False, finished: bool = False) -> None:
    runs.begin(workdir, fields)
    if saved_step:
        (workdir / "neural" / "000200").mkdir(parents=True)
    if finished:
        runs.finish(workdir, fields, RESULT)


def test_an_empty_folder_and_a_missing_one_are_new(tmp_path: Path, fields: Fields):
    """A folder that the user has made ahead refused."""
    assert standing(tmp_path, fields) is standing(tmp_path / "missing", fields) is Standing.NEW


def test_a_run_that_saved_nothing_is_new_with_any_config(tmp_path: Path, fields: Fields):
    """A first attempt with a wrong batch size that must be moved aside before the second."""
    begin(tmp_path, fields | {"train.batch_size": 10**6})
    assert standing(tmp_path, fields) is Standing.NEW


def test_an_unfinished_run_goes_on(tmp_path: Path, fields: Fields):
    """An interrupted run that begins anew, or is taken for a finished one."""
    begin(tmp_path, fields, saved_step=True)
    assert standing(tmp_path, fields) is Standing.UNFINISHED


def test_a_finished_run_is_finished(tmp_path: Path, fields: Fields):
    """A finished run that is trained over: with checkpoints, and in the lessons that have none."""
    begin(tmp_path / "without", fields, finished=True)
    begin(tmp_path / "with", fields, saved_step=True, finished=True)
    assert standing(tmp_path / "without", fields) is standing(tmp_path / "with", fields) is Standing.FINISHED


@pytest.mark.parametrize("finished", [False, True])
def test_a_run_older_than_a_field_goes_on(finished: bool, tmp_path: Path):
    """A field that the course gained, and every run from before it refused for lacking it."""
    fields = configs.load(configs.find("lesson8"), {})
    before = {name: value for name, value in fields.items() if name not in runs.LATER_FIELDS}
    assert len(before) < len(fields)
    begin(tmp_path, before, saved_step=True, finished=finished)
    assert standing(tmp_path, fields) is (Standing.FINISHED if finished else Standing.UNFINISHED)
    with pytest.raises(InputError, match=r"use_bfloat16=True \(was False\)"):
        standing(tmp_path, fields | {"model.use_bfloat16": True})


@pytest.mark.parametrize("finished", [False, True])
def test_only_the_length_may_grow(finished: bool, tmp_path: Path, fields: Fields):
    """A longer run refused; a shorter one taken for the same."""
    begin(tmp_path, fields, saved_step=True, finished=finished)
    assert standing(tmp_path, fields | {"train.num_epochs": fields["train.num_epochs"] + 1}) is Standing.LONGER
    with pytest.raises(InputError, match=r"train\.num_epochs=99 \(was 100\)"):
        standing(tmp_path, fields | {"train.num_epochs": 99})


def test_a_run_that_has_begun_to_grow_is_unfinished(tmp_path: Path, fields: Fields):
    """The result of the shorter run taken for that of the longer one, which was interrupted."""
    begin(tmp_path, fields, saved_step=True, finished=True)
    longer = fields | {"train.num_epochs": fields["train.num_epochs"] + 1}
    runs.begin(tmp_path, longer)
    assert standing(tmp_path, longer) is Standing.UNFINISHED


@pytest.mark.parametrize("finished", [False, True])
def test_each_other_difference_is_named(finished: bool, tmp_path: Path, fields: Fields):
    """Half of one run and half of another in one folder, or a refusal that leaves one to search for the difference."""
    begin(tmp_path, fields, saved_step=True, finished=finished)
    changed = fields | {"seed": 1, "model.hidden": (8,), "train.num_epochs": 60}
    with pytest.raises(InputError) as caught:
        standing(tmp_path, changed)
    for part in ("seed=1 (was 0)", "model.hidden=(8,) (was (64, 64))", "train.num_epochs=60 (was 100)", "--restart"):
        assert part in str(caught.value)


def test_a_folder_with_other_files_is_refused(tmp_path: Path, fields: Fields):
    """A home folder filled with checkpoints, or moved aside."""
    (tmp_path / "letter.txt").write_text("dear")
    for refused in (lambda: standing(tmp_path, fields), lambda: runs.move_aside(tmp_path)):
        with pytest.raises(InputError, match="expected an empty folder or a run's"):
            refused()
    with pytest.raises(InputError, match="expected a folder, got the file"):
        standing(tmp_path / "letter.txt", fields)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_an_interrupted_note_is_no_other_file(tmp_path: Path, fields: Fields):
    """A run killed in its first millisecond whose folder can never be used again."""
    (tmp_path / "config.json.new").write_text("{")
    assert standing(tmp_path, fields) is Standing.NEW


def test_a_run_is_moved_aside_whole_and_under_a_new_name(tmp_path: Path, fields: Fields):
    """A restart that deletes the run before it, or the run before that."""
    workdir = tmp_path / "lesson6"
    for number in (1, 2):
        begin(workdir, fields | {"seed": number}, saved_step=True)
        assert runs.move_aside(workdir) == tmp_path / f"lesson6.old{number}"
    assert not workdir.exists() and runs.move_aside(workdir) is None
    assert [runs.saved_fields(tmp_path / f"lesson6.old{number}")["seed"] for number in (1, 2)] == [1, 2]


def test_a_result_comes_back_as_it_was(tmp_path: Path, fields: Fields):
    """A figure that loses its unit, a count that becomes a fraction, a curve that is not kept."""
    begin(tmp_path, fields, finished=True)
    saved_with, result = runs.saved_result(tmp_path)
    assert saved_with == fields
    assert (result.figures, result.baselines) == (RESULT.figures, RESULT.baselines)
    assert isinstance(result.figures[1].value, int)
    with np.load(tmp_path / "curves.npz", allow_pickle=False) as curves:
        np.testing.assert_array_equal(curves["loss"], [0, 1, 2])
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "result.json", "curves.npz"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        '{"lesson": 6}',
        '{"lesson": "6"}',
        '{"lesson": {"lesson": 6}}',
        "[" * 100_000,
        '{"lesson": 1' + "0" * 5000 + "}",
        "\udc80",
    ],
)
def test_damaged_notes_are_refused(text: str, tmp_path: Path, fields: Fields):
    """A traceback, or a run gone on with under half of a config."""
    begin(tmp_path, fields, saved_step=True, finished=True)
    (tmp_path / "config.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="config.json: expected"):
        standing(tmp_path, fields)
    runs.begin(tmp_path, fields)
    (tmp_path / "result.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match="result.json: expected"):
        runs.saved_result(tmp_path)


@pytest.mark.parametrize("figures", [3, [3], [["name", "value", "unit"]], [["name", True, 3]], None, {}, []])
def test_damaged_figures_are_refused(figures: object, tmp_path: Path, fields: Fields):
    """A result of another shape that ends in a traceback, or is shown as if it were right."""
    begin(tmp_path, fields, finished=True)
    outcome = json.loads((tmp_path / "result.json").read_text())
    (tmp_path / "result.json").write_text(json.dumps(outcome | {"figures": figures}))
    with pytest.raises(InputError, match="result.json: expected figures"):
        runs.saved_result(tmp_path)


def test_what_is_not_trained_has_no_config(tmp_path: Path):
    """An error of Python for a folder that is not there."""
    with pytest.raises(InputError, match="train it first"):
        runs.saved_fields(tmp_path / "missing")


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path, fields: Fields):
    """A traceback on a read-only disk; here a file stands where a folder is needed, which stops root too."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="expected a folder to write to, got Not a directory"):
        runs.begin(tmp_path / "file" / "run", fields)
