"""The program as a user runs it: a process of its own, from another folder, with no terminal around it."""

import subprocess
import sys
from pathlib import Path

from ailearn_jax.app.course import ROOT

RUN = ROOT / "scripts" / "run.py"
TIMEOUT = 120  # seconds; a process that hangs fails a test, and does not stop all of them

# The smallest runs that still train: a model of one block on a page of text, two models on the bike table.
LESSON6 = ("--config=lesson6", "--config.train.num_epochs=2", "--config.model.hidden=8")
LESSON8 = (
    "--config=lesson8",
    "--config.model.num_layers=1",
    "--config.model.num_heads=1",
    "--config.model.embed_dim=16",
    "--config.model.context_length=16",
    "--config.train.steps_per_call=10",
    "--config.train.log_every=10",
    "--config.train.eval_every=20",
    "--config.train.checkpoint_every=20",
)


def command(*words: object) -> list[str]:
    return [sys.executable, str(RUN), *map(str, words)]


def run(*words: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        cwd=cwd,
        env=env,
        timeout=TIMEOUT,
    )


def write_text(folder: Path) -> Path:
    """A page to learn, with a control sequence in it."""
    path = folder / "page.txt"
    path.write_text((ROOT / "data" / "shakespeare.txt").read_text()[:8000] + "\x1b[31m é\n", encoding="utf-8")
    return path
