"""`verify_resume`: the claim that no work is lost, shown to a user."""

from pathlib import Path

import pytest
from program import LESSON6, LESSON8, run

from ailearn_jax.app.command_line import parse
from ailearn_jax.app.commands import verify_resume

# Checkpoints fall into the middle of an epoch of 190 steps.
MID_EPOCH = ("steps_per_call=50", "log_every=50", "eval_every=50", "checkpoint_every=100")
TABLE = (*LESSON6[1:], *(f"--config.train.{interval}" for interval in MID_EPOCH))
SMALL_FILES = ("--config.large.num_files=2", "--config.large.rows_per_file=10")
RUNS = {
    "lesson6": ("--config=lesson6", *TABLE),
    "lesson7, worker": ("--config=lesson7", *TABLE, "--config.loader.num_workers=1", *SMALL_FILES),
    "lesson8": (*LESSON8, "--config.train.num_steps=80"),
    "lesson8, dropout": (*LESSON8, "--config.train.num_steps=80", "--config.model.dropout_rate=0.2"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_a_killed_run_goes_on_to_the_same_bits(name: str, tmp_path: Path):
    """Data order, dropout, optimizer memory or metrics that begin anew when a run goes on."""
    done = run("verify_resume", *RUNS[name], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    heading, *lines, verdict = done.stdout.splitlines()
    assert verdict == "the same, bit by bit" and "gone on from the checkpoint of step" in done.stderr
    assert any("optimizer" in line for line in lines) and any("metrics" in line for line in lines)
    assert any("generated text" in line for line in lines) is name.startswith("lesson8")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_that_goes_on_otherwise_is_found(tmp_path: Path, monkeypatch, capsys):
    """A verdict that is always good: here the part after the kill is trained with another seed."""
    train = verify_resume._train

    def other_seed(workdir: Path, words: list[str], kill: bool = False) -> None:
        if not kill:  # it only has to end
            train(workdir, [*words, f"--config.seed={int(workdir.name == 'killed')}"])

    monkeypatch.setattr(verify_resume, "_train", other_seed)
    monkeypatch.setattr(verify_resume, "_steps", lambda workdir: [20])
    arguments = parse(["verify_resume", *LESSON8, "--config.train.num_steps=20"])
    assert verify_resume.run(arguments) == 1
    assert "not the same" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--config=lesson3",), "expected a lesson with checkpoints (6, 7, 8), got lesson 3"),
        ((*LESSON6, "--config.train.batch_size=99999"), "batch_size: expected a whole number from 1 to 12"),
    ],
)
def test_what_cannot_be_shown_is_refused(words: tuple[str, ...], message: str, tmp_path: Path):
    """A comparison of two failures, which are the same too."""
    done = run("verify_resume", *words, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr.splitlines()[-1] and done.stdout == ""


@pytest.mark.slow
def test_a_run_without_a_second_checkpoint_cannot_be_killed(tmp_path: Path):
    """A run that ends before it dies, and is taken for one that went on."""
    done = run("verify_resume", *LESSON8, "--config.train.num_steps=10", cwd=tmp_path)
    assert done.returncode == 2 and "got one that ended before" in done.stderr.splitlines()[-1]
