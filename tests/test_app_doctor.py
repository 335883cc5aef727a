"""`doctor`: what is wrong, and the mend. And the page without arguments: where one stands."""

import json
import shutil
from pathlib import Path

import pytest
from program import LESSON8, run, write_text

from ailearn_jax import machine
from ailearn_jax.app import configs, course, environment, runs
from ailearn_jax.app.commands import doctor, status
from ailearn_jax.app.main import main
from ailearn_jax.results import Figure, Result


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with whole data and nothing trained, in whose place the real one is not looked at."""
    (tmp_path / "data").mkdir()
    for name in ("sha256.json", *json.loads((course.ROOT / "data" / "sha256.json").read_text())):
        shutil.copy(course.ROOT / "data" / name, tmp_path / "data")
    for module in (doctor, status):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "prepare", lambda *_: None)  # it would change JAX for all tests that follow
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def finish(project: Path, lesson: int) -> Path:
    workdir = project / "checkpoints" / f"lesson{lesson}"
    fields = configs.load(configs.find(f"lesson{lesson}"), {})
    runs.begin(workdir, fields)
    runs.finish(workdir, fields, Result([Figure("test RMSE", 75.66, "bikes")]))
    return workdir


def output_of(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == code
    output, errors = capsys.readouterr()
    assert not errors
    return output


def test_a_sound_project_has_nothing_to_mend(project: Path, capsys: pytest.CaptureFixture[str]):
    """A doctor who finds fault with everything, or who leaves out what was asked."""
    finish(project, 6)
    output = output_of(["doctor"], 0, capsys)
    for part in ("python: 3.", "jax: 0.", "devices: ", "cores: ", f"kept in {project / 'cache'}", "hour.csv: whole"):
        assert part in output
    assert "lesson6: test RMSE: 75.7 bikes" in output and "not trained yet: lesson1, lesson2" in output
    assert output.endswith("Nothing is wrong.\n")


def damage_data(project: Path) -> None:
    (project / "data" / "hour.csv").write_bytes(b"instant")


def lose_data(project: Path) -> None:
    (project / "data" / "shakespeare.txt").unlink()


def lose_digests(project: Path) -> None:
    (project / "data" / "sha256.json").unlink()


def damage_config(project: Path) -> None:
    (finish(project, 6) / "config.json").write_text("{")


def damage_result(project: Path) -> None:
    (finish(project, 6) / "result.json").write_text("{")


def block_cache(project: Path) -> None:
    (project / "cache").write_text("")


@pytest.mark.parametrize(
    "damage, words",
    [
        (damage_data, ["! data/hour.csv: changed", "git checkout -- data/hour.csv"]),
        (lose_data, ["! data/shakespeare.txt: missing", "git checkout -- data/shakespeare.txt"]),
        (lose_digests, ["! data/sha256.json: missing", "git checkout -- data/sha256.json"]),
        (damage_config, ["! lesson6: ", "config.json: expected JSON", "train --config=lesson6 --restart"]),
        (damage_result, ["! lesson6: ", "result.json: expected JSON", "train --config=lesson6 --restart"]),
        (block_cache, ["! compiled programs: kept nowhere", "JAX_COMPILATION_CACHE_DIR"]),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(
    damage, words: list[str], project: Path, capsys: pytest.CaptureFixture[str]
):
    """A damaged file that is called whole; a fault without a way out; an exit code that a script takes for good."""
    damage(project)
    output = output_of(["doctor"], 1, capsys)
    assert all(word in output for word in words) and output.endswith("1 to mend, see above.\n")


def test_a_missing_package_is_found(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A doctor who cannot say which package is missing."""
    monkeypatch.setattr(machine, "PACKAGES", ("jax", "no-such-package"))
    output = output_of(["doctor"], 1, capsys)
    assert "! no-such-package: missing. Install it: " in output and "pip install -e ." in output


@pytest.mark.slow
def test_a_damaged_checkpoint_is_found(project: Path, capsys: pytest.CaptureFixture[str]):
    """A flipped byte that shows only when the weights are needed."""
    workdir = project / "checkpoints" / "tiny"
    text = f"--config.data.path={write_text(project)}"
    assert run(*LESSON8, text, "--config.train.num_steps=20", f"--workdir={workdir}", cwd=project).returncode == 0
    assert "Nothing is wrong." in output_of(["doctor"], 0, capsys)
    weights = max((workdir / "000020").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    output = output_of(["doctor"], 1, capsys)
    assert "! tiny: validation loss" in output and f"remove: {workdir / '000020'}" in output


def test_doctor_gives_json(project: Path, capsys: pytest.CaptureFixture[str]):
    """JSON that a program cannot read, or that leaves out the faults."""
    lose_data(project)
    found = json.loads(output_of(["doctor", "--json"], 1, capsys))
    figures, problems = found["figures"], found["problems"]
    assert problems and all(problem["mend"] for problem in problems)
    found = {figure["name"]: figure["value"] for figure in figures}
    assert found["data/shakespeare.txt"] == "missing" and found["problems"] == 1
    assert all(set(figure) == {"name", "value", "unit"} for figure in figures)


@pytest.mark.parametrize("columns", [40, 80])
def test_without_arguments_one_sees_where_one_stands(
    columns: int, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A lesson left out, a finished one called untrained, a command for another lesson than the next."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for lesson in (1, 2):
        finish(project, lesson)
    output = output_of([], 0, capsys)
    assert all(f"lesson{lesson}" in output for lesson in course.TITLES)
    assert " ".join(output.split()).count("Trained: test RMSE: 75.7 bikes") == 2
    assert "--config=lesson3\n" in output
    commands = [line for line in output.splitlines() if "run.py" in line]
    assert len(commands) == 4 and all(len(line) <= columns for line in output.splitlines() if line not in commands)


def test_an_interrupted_lesson_is_the_one_to_go_on_with(project: Path, capsys: pytest.CaptureFixture[str]):
    """A lesson that was stopped half-way passed over, or called trained."""
    finish(project, 1)
    workdir = project / "checkpoints" / "lesson2"
    runs.begin(workdir, configs.load(configs.find("lesson2"), {}))
    (workdir / "000100").mkdir()
    output = output_of([], 0, capsys)
    assert "Not at its end" in " ".join(output.split()) and "--config=lesson2\n" in output


def test_when_all_is_trained_there_is_text_to_write(project: Path, capsys: pytest.CaptureFixture[str]):
    """A page that ends in an error once the course is done."""
    for lesson in course.TITLES:
        finish(project, lesson)
    assert "All are trained. Write text:" in output_of([], 0, capsys)


def test_a_damaged_result_does_not_stop_the_page(project: Path, capsys: pytest.CaptureFixture[str]):
    """One damaged file that hides where one stands in the other lessons."""
    damage_result(project)
    assert "Damaged: " in output_of([], 0, capsys)
