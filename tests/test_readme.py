"""The README: its commands run, its names exist, its two first commands are the ones that are meant."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from ailearn_jax.app.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^python scripts/run\.py.*$", README, re.MULTILINE)

NOT_RUN = {
    "--config=lesson8_nanogpt_gpu --devices=8": "needs eight GPUs, and downloads the corpus",
    "--config=lesson8_nanogpt_gpu --coordinator": "needs another host",
    "--config=configs/lesson8.py --config.data.corpus=tiny_shakespeare": "downloads the corpus",
    "--config=configs/lesson8_nanogpt_cpu.py": "downloads the corpus",
    "run.py play": "serves until it is stopped; test_app_play.py has a browser for it",
}

# Training at a size that ends in seconds. Two flags reach each lesson: all else is as the README has it.
SMALLER = {
    "lesson1": ["--config.train.num_steps=20"],
    "lesson2": ["--config.train.num_steps=20"],
    "lesson3": ["--config.train.num_steps=20"],
    "lesson4": ["--config.train.num_steps=20"],
    "lesson4_overfit": ["--config.train.num_steps=20"],
    "lesson5": ["--config.train.num_steps=20"],
    "lesson6": ["--config.train.num_epochs=2"],
    "lesson7": ["--config.train.num_epochs=2", "--config.large.num_files=2", "--config.large.rows_per_file=100"],
    "lesson8": ["--config.train.num_steps=4", "--config.train.steps_per_call=2", "--config.model.embed_dim=16"],
}


def smaller(words: list[str], checkpoints: Path) -> list[str]:
    """The command with a folder of the test's own, and training at a small size."""
    config = next((word for word in words if word.startswith("--config=")), None)
    if config is None:
        return [*words, f"--dir={checkpoints / 'exercises'}"] if words[0:1] == ["exercises"] else words
    name = Path(config.partition("=")[2]).stem
    if words[0] == "explain":  # of what a config says, trained or not
        return words
    if words[0] == "verify_resume":  # it has folders of its own, and needs time to be killed
        return [*words, "--config.train.num_epochs=12"]
    folder = next((Path(word).name for word in words if word.startswith("--workdir=")), name)
    words = [word for word in words if not word.startswith("--workdir=")] + [f"--workdir={checkpoints / folder}"]
    trains = words[0].startswith("--")
    return words + SMALLER[name] if trains else words


@pytest.mark.slow
def test_every_command_runs(tmp_path, monkeypatch, capfd):
    """A flag that was renamed, or a config that moved, would fail in the reader's first minute."""
    monkeypatch.chdir(ROOT)
    assert len(COMMANDS) > 20
    skipped = set()
    for line in COMMANDS:
        if reason := [start for start in NOT_RUN if start in line]:
            skipped.update(reason)
            continue
        words = smaller(shlex.split(line, comments=True)[2:], tmp_path)
        code = 1 if words[:2] == ["exercises", "check"] else 0  # none is solved yet
        assert main(words) == code, f"{line}\n{capfd.readouterr().err}"
    assert skipped == set(NOT_RUN)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flags", "loss"), re.findall(r"^\| (`--config.*`|none) \| (\d\.\d+) \|", README, re.MULTILINE)
)
def test_the_ladder_of_lesson_8_holds(flags: str, loss: str, tmp_path, capfd):
    """A change that takes away what a part is worth. Another seed changes 0.02 at most, in 19 cases of 20."""
    words = [] if flags == "none" else shlex.split(flags.strip("`"))
    assert main(["--config=lesson8", *words, f"--workdir={tmp_path / 'run'}"]) == 0
    reached = float(re.findall(r"^validation loss: (\S+)", capfd.readouterr().out)[0])
    assert abs(reached - float(loss)) < 0.03


@pytest.mark.parametrize("name", re.findall(r"^\| .* \| `([a-z_.A-Z]+)` \|$", README, re.MULTILINE))
def test_names_of_the_rust_table_exist(name):
    """A name that JAX has dropped would send the reader searching."""
    module, _, attribute = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        assert hasattr(importlib.import_module(module), attribute)


def test_the_rust_table_is_read():
    """A table that the pattern above does not find would make that test hold of nothing."""
    assert len(re.findall(r"^\| .* \| `([a-z_.A-Z]+)` \|$", README, re.MULTILINE)) == 10


def test_the_map_has_every_folder():
    """A folder that the map leaves out is one that a newcomer does not find."""
    for folder in (
        "configs/",
        "ailearn_jax/lessons/",
        "ailearn_jax/app/",
        "scripts/",
        "tests/",
        "data/",
        "checkpoints/",
    ):
        assert f"\n{folder}" in README and (ROOT / folder).is_dir()
