"""Ctrl-C and SIGTERM: at once where nothing is lost by it, after a save where something would be."""

import signal
import subprocess
from pathlib import Path

import pytest
from program import LESSON8, TIMEOUT, command, run, write_text

from ailearn_jax.app.signals import Deferred, Interrupted, interrupting

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@SIGNALS
def test_a_signal_interrupts_and_the_old_handlers_come_back(number: signal.Signals):
    """A SIGTERM that ends the process without a word, or a handler that outlives its command."""
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught, interrupting():
        signal.raise_signal(number)
    assert caught.value.signal == number and signal.getsignal(number) is before


@SIGNALS
def test_while_it_is_held_the_first_signal_waits_and_the_second_does_not(number: signal.Signals):
    """Training cut off within a step; or a user who cannot get out of a long one."""
    deferred = Deferred()
    with interrupting():
        deferred.hold()
        signal.raise_signal(number)
        assert deferred.pending == number
        with pytest.raises(Interrupted):
            signal.raise_signal(number)


def test_after_its_release_a_signal_interrupts_again():
    """A Ctrl-C that is noted and never asked for, once training is over."""
    deferred = Deferred()
    with interrupting():
        deferred.hold()
        deferred.release()
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGINT)
    assert deferred.pending is None


def endless_run(folder: Path) -> list[str]:
    text = write_text(folder)
    return command(*LESSON8, "--config.train.num_steps=1000000", f"--config.data.path={text.name}", "--workdir=run")


@pytest.mark.slow
@SIGNALS
def test_training_saves_says_how_to_go_on_and_goes_on(number: signal.Signals, tmp_path: Path):
    """Steps lost at Ctrl-C, an exit code that hides the signal, a run that begins anew."""
    words = endless_run(tmp_path)
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr and process.stdout
        for line in process.stderr:
            if line.startswith("step 40/"):
                process.send_signal(number)
                break
        news = process.stderr.read()
        assert process.wait(TIMEOUT) == 128 + number and process.stdout.read() == ""
    saved = next(line for line in news.splitlines() if line.startswith("Saved at step "))
    step = int(saved.removeprefix("Saved at step ").rstrip(".").replace(",", ""))
    assert "Stopped. To go on:" in news and "Traceback" not in news
    assert (
        step >= 40 and (tmp_path / "run" / f"{step:06d}").is_dir() and not (tmp_path / "run" / "result.json").exists()
    )

    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr
        lines = [next(process.stderr) for _ in range(6)]
        process.send_signal(number)
        process.stderr.read()
        assert process.wait(TIMEOUT) == 128 + number
    assert lines[1] == "Going on with the unfinished run in run.\n"
    assert lines[5].startswith(f"step {step + 10:,}/")


@pytest.mark.slow
@SIGNALS
def test_before_the_first_step_a_signal_ends_the_command_at_once(number: signal.Signals, tmp_path: Path):
    """A second of imports in which Ctrl-C is a traceback; or a folder that then refuses the next command."""
    words = endless_run(tmp_path)
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stderr
        while not (tmp_path / "run" / "config.json").exists():
            assert process.poll() is None
        process.send_signal(number)
        news = process.stderr.read()
        assert process.wait(TIMEOUT) == 128 + number
    assert "Stopped. To go on:" in news and "Traceback" not in news
    assert run(*words[2:], "--config.train.num_steps=10", cwd=tmp_path).returncode == 0
