"""Charts at the end of training: there for a person at a terminal, and nowhere else."""

import os
import re
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from program import TIMEOUT, command, run

from ailearn_jax.app import charts
from ailearn_jax.results import Figure

fcntl = pytest.importorskip("fcntl", reason="Windows has no pseudo-terminals")
pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
termios = pytest.importorskip("termios", reason="Windows has no pseudo-terminals")

BRAILLE = re.compile("[\N{BRAILLE PATTERN DOTS-1}-\N{BRAILLE PATTERN DOTS-12345678}]")
LESSON4 = ("--config=lesson4", "--config.train.num_steps=50")


def screen(*words: object, cwd: Path, **environment: str) -> str:
    """What a terminal of 80 columns shows of the program, without what sets colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    env = os.environ | {"TERM": "xterm-256color", "AILEARN_JAX_PICTURES": "1", **environment}
    process = subprocess.Popen(command(*words), stdin=its, stdout=its, stderr=its, cwd=cwd, env=env)
    os.close(its)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        shown = b""
        while chunk := _read(terminal.fileno()):
            shown += chunk
    assert process.wait(TIMEOUT) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()).replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # on Linux, once the program has ended
        return b""


@pytest.mark.slow
def test_charts_are_for_a_terminal_alone(tmp_path: Path):
    """Braille in a log file; nothing to see where someone watches; lines that the terminal has to break."""
    shown = screen(*LESSON4, "--workdir=seen", cwd=tmp_path)
    chart = [line for line in shown.splitlines() if "│" in line]
    assert len(chart) == charts.ROWS and sum(bool(BRAILLE.search(line)) for line in chart) > 3
    assert "loss and x held-out-loss" in shown and re.search(r"^ +1 +step 50$", shown, re.MULTILINE)
    assert re.search(r"^held-out RMSE of the linear model +█+ \d", shown, re.MULTILINE)
    assert max(len(line) for line in shown.splitlines() if re.search("[│┤└█]", line)) <= 80
    piped = run(*LESSON4, "--workdir=piped", cwd=tmp_path, env=os.environ | {"AILEARN_JAX_PICTURES": "1"})
    assert piped.returncode == 0 and not re.search("[│█]", piped.stderr + piped.stdout)
    assert "│" not in screen(*LESSON4, "--workdir=dumb", cwd=tmp_path, TERM="dumb")


def test_a_chart_shows_both_losses_where_they_were_measured():
    """A validation that is drawn at the wrong step, or a missing one that ends in an error."""
    nan = np.nan
    curves = {
        "linear_loss": np.array([nan, 9.0, 9.0, 9.0, 9.0]),
        "neural_step": np.array([0.0, 10, 20, 30, 40]),
        "neural_loss": np.array([nan, 4.0, 3.0, 2.0, 1.0]),
        "neural_validation_loss": np.array([5.0, nan, 3.0, nan, 1.0]),
    }
    lines = charts.loss_chart(curves, 0, columns=60).plain.splitlines()
    title, rows, axis = lines[1], lines[2:-1], lines[-1]
    assert title.strip() == "loss and x validation-loss"
    assert rows[0].startswith(" 5.000 │x") and rows[-1].startswith(" 1.000 │") and rows[-1].endswith("x")
    assert axis.split() == ["0", "step", "40"] and {len(line) for line in (*rows, axis)} == {60}


def test_a_loss_that_never_changes_is_a_line():
    """A division by the height of the chart, which is nothing."""
    lines = charts.loss_chart({"loss": np.array([0.0, 0.0, 0.0])}, 2, columns=40).plain.splitlines()
    assert BRAILLE.search(lines[-2])


def test_bars_begin_at_zero():
    """A baseline twice as bad whose bar is ten times as long."""
    half, whole = charts.bars([Figure("half", 1.0), Figure("whole", 2.0)], columns=40).splitlines()
    assert whole.count("█") == 2 * half.count("█") and len(whole) <= 40
