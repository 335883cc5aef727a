"""News of a training run: a bar where someone watches, plain lines elsewhere."""

import io
import re
import sys
from pathlib import Path

import pytest

from ailearn_jax.app.progress import TerminalReporter
from ailearn_jax.app.signals import Deferred, interrupting


class Screen(io.StringIO):
    """A terminal that remembers what it was sent."""

    def isatty(self) -> bool:
        return True


def train(folder: Path, screen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `screen` gets from a run of 200 steps that had come to step 100 before."""
    monkeypatch.setattr(sys, "stderr", screen)
    reporter = TerminalReporter(Deferred(), ["opening"])
    with interrupting():
        reporter.message("data")
        reporter.start(folder, 200, [{"step": 100, "seconds": 1.0, "loss": 2.0, "validation_loss": 2.0}])
        reporter.row({"step": 150, "seconds": 2.0, "loss": 1.5})
        reporter.row({"step": 200, "seconds": 3.0, "loss": 1.25, "validation_loss": 1.3})
        reporter.finish()
    return screen.getvalue()


def test_without_a_terminal_news_are_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A log file full of escape sequences, or without the rows; an opening said twice."""
    assert train(tmp_path, io.StringIO(), monkeypatch).splitlines() == [
        "opening",
        "data",
        "step 150/200  loss 1.5  50/s  1 s left",
        "step 200/200  loss 1.25  validation_loss 1.3  50/s  0 s left",
    ]


@pytest.mark.parametrize("columns", [40, 80])
def test_in_a_terminal_a_bar_shows_steps_loss_rate_and_time(
    columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A bar wider than the terminal, which then fills it line by line; a loss that is not shown."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", train(tmp_path, Screen(), monkeypatch))
    lines = text.replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= columns
    bar = [line for line in lines if "200/200" in line and "loss 1.25" in line and "validation" not in line][-1]
    assert re.search(r"\d+/s +0?0:00", bar) and ("━" in bar) is (columns == 80)
    # A row that was validated stays as a line above the bar; the others only move it.
    assert text.count("step 200/200  loss 1.25") == text.count("validation_loss") == 1
    assert "step 150" not in text


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Escape sequences in an editor's shell."""
    monkeypatch.setenv("TERM", "dumb")
    text = train(tmp_path, Screen(), monkeypatch)
    assert "\x1b" not in text and "step 150/200" in text


def test_no_color_means_no_color(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Colours for someone who asked for none."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", train(tmp_path, Screen(), monkeypatch))


@pytest.mark.parametrize("screen", [io.StringIO, Screen])
def test_rows_are_kept_in_a_file(screen: type[io.StringIO], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A watched run that keeps no metrics, or a resumed one with a gap."""
    train(tmp_path, screen(), monkeypatch)
    steps = [line.split(",")[0] for line in (tmp_path / "metrics.csv").read_text().splitlines()]
    assert steps == ["step", "100", "150", "200"]
