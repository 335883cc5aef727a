"""Is my result normal? The lines beside a result."""

import json
from pathlib import Path

import pytest

from ailearn_jax import machine
from ailearn_jax.app import bands, configs, outcome
from ailearn_jax.app.configs import Fields
from ailearn_jax.results import Figure, Result


@pytest.fixture
def fields() -> Fields:
    return configs.load(configs.find("lesson6"), {})


@pytest.fixture
def band(fields: Fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """A band as make_bands.py writes it, for lesson 6 and the versions that run now."""
    band = {
        "figure": "test RMSE",
        "unit": "bikes",
        "median": 75.7,
        "low": 74.8,
        "high": 76.6,
        "seeds": 20,
        "config": configs.unflatten(fields),
        "versions": machine.versions(),
    }
    write(band, tmp_path, monkeypatch)
    return band


def write(band: dict, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bands.json").write_text(json.dumps({"lesson6": band}))
    monkeypatch.setattr(bands, "BANDS", folder / "bands.json")


def judge(value: float, fields: Fields) -> bands.Judgement:
    judgement = bands.judge(Figure("test RMSE", value, "bikes"), fields)
    assert judgement
    return judgement


@pytest.mark.parametrize("value", [74.8, 75.7, 76.6, 76.64])
def test_a_result_inside_has_its_band_on_a_line_of_its_own(value: float, band: dict, fields: Fields):
    """A band that leaves out its ends, or calls unusual what is printed as equal to them."""
    assert judge(value, fields) == ("usual", ["usual: 74.8 to 76.6"], (74.8, 76.6))


@pytest.mark.parametrize("value, side", [(74.7, "lower"), (76.7, "higher"), (float("inf"), "higher")])
def test_a_result_outside_has_the_usual_causes(value: float, side: str, band: dict, fields: Fields):
    """A result of 90 called usual, or left without a word on why."""
    word, lines, _ = judge(value, fields)
    assert word == "unusual" and lines[0] == "usual: 74.8 to 76.6" and lines[1].startswith(side)
    assert any("--config.seed=1" in line for line in lines) and len(lines) == 5


def test_a_count_has_limits_that_are_counts(
    band: dict, fields: Fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """4 of 4 right, usual: 4.000 to 4.000."""
    write(band | {"low": 3.5, "high": 4.0}, tmp_path, monkeypatch)
    assert judge(4, fields).lines == ["usual: 3 to 4"] and judge(2, fields).word == "unusual"


def test_no_number_is_never_usual(band: dict, fields: Fields):
    """A comparison that lets nan through."""
    assert judge(float("nan"), fields).word == "unusual"


def test_other_versions_are_named_as_a_cause(
    band: dict, fields: Fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An older JAX that gave the band, and the user who looks for a mistake of his own."""
    write(band | {"versions": machine.versions() | {"jax": "0.1.0"}}, tmp_path, monkeypatch)
    (cause,) = (line for line in judge(90.0, fields).lines if "versions" in line)
    assert "jax" in cause and "(was 0.1.0)" in cause and "numpy" not in cause


@pytest.mark.parametrize(
    "change", [{"seed": 9}, {"train.log_every": 1900}, {"train.steps_per_call": 95}, {"train.keep": 5}]
)
def test_the_band_applies_to_other_seeds_and_habits(change: Fields, band: dict, fields: Fields):
    """A seed taken for another task."""
    assert judge(75.7, fields | change).word == "usual"


@pytest.mark.parametrize(
    "change",
    [{"data.split": "time"}, {"data.path": "mine.csv"}, {"model.hidden": (8,)}, {"train.num_epochs": 3}],
)
def test_the_band_does_not_apply_to_another_task(change: Fields, band: dict, fields: Fields):
    """The time split called unusual, since its RMSE is 120."""
    (name,) = change
    line = f"usual: the band does not apply to a run with other {name}"
    assert judge(75.7, fields | change) == ("own config", [line], None)


def test_an_unknown_band_is_not_made_up(fields: Fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A traceback where no band has been made yet."""
    monkeypatch.setattr(bands, "BANDS", tmp_path / "missing.json")
    assert bands.judge(Figure("test RMSE", 75.0), fields) is None


def test_an_earlier_checkpoint_is_not_held_against_the_band(
    band: dict, fields: Fields, capsys: pytest.CaptureFixture[str]
):
    """Step 100 called unusual, when it is only early."""
    result = Result([Figure("test RMSE", 99.0, "bikes"), Figure("right", 3, "of 4")], [Figure("mean", 183.1, "bikes")])
    outcome.show(result, fields, checkpoint="100")
    assert capsys.readouterr().out == "test RMSE: 99.0 bikes\nright: 3 of 4\nbeside it:\n  mean: 183.1 bikes\n"
    outcome.show(result, fields)
    assert capsys.readouterr().out.splitlines()[1] == "usual: 74.8 to 76.6"
