"""Two processes train one run, over loopback: the same result, one voice, one end."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from program import LESSON8, TIMEOUT, command, run

from ailearn_jax.app.runs import saved_result
from ailearn_jax.shelves import Shelf

WORDS = (*LESSON8, "--config.model.dropout_rate=0.2")
SOON = 60  # seconds in which the others have to end when one is lost


def start(folder: Path, *words: str) -> list[subprocess.Popen[str]]:
    """The same command for two processes, which find each other at a free port."""
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    together = ("--workdir=run", f"--coordinator=localhost:{port}", "--num_processes=2")
    return [
        subprocess.Popen(
            command(*WORDS, *words, *together, f"--process_id={i}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        for i in range(2)
    ]


def wait_for_step(process: subprocess.Popen[str], step: int) -> str:
    """What the first process says until it has come to `step`."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if line.startswith(f"step {step}/"):
            return said
    raise AssertionError(said)


def ends(processes: list[subprocess.Popen[str]], timeout: float = TIMEOUT) -> list[tuple[int, str, str]]:
    """Exit code, output and news of each."""
    return [(process.returncode, *said) for process in processes if (said := process.communicate(timeout=timeout))]


@pytest.mark.slow
def test_two_processes_give_the_result_of_one(tmp_path: Path):
    """A gradient summed and not averaged, each process on the same half of the rows, two that write one file."""
    (first, second) = ends(start(tmp_path, "--config.train.num_steps=40"))
    assert first[0] == second[0] == 0, first[2] + second[2]
    assert "validation loss: " in first[1] and "step 40/40" in first[2]
    assert second[1] == "" and "step" not in second[2]

    alone = run(*WORDS, "--config.train.num_steps=40", "--workdir=alone", cwd=tmp_path)
    assert alone.returncode == 0
    (_, together), (_, by_itself) = (saved_result(tmp_path / name) for name in ("run", "alone"))
    assert together.figures[0].value == pytest.approx(by_itself.figures[0].value, rel=1e-5)
    curves = [np.load(tmp_path / name / "curves.npz")["loss"] for name in ("run", "alone")]
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-5)
    assert len(run("generate", "--workdir=run", "--length=20", cwd=tmp_path).stdout) > 20


@pytest.mark.slow
def test_a_signal_to_one_stops_both_at_one_step(tmp_path: Path):
    """One that saves step 50 while the other waits for it in step 60; a run that only two processes can go on with."""
    processes = start(tmp_path, "--config.train.num_steps=1000000")
    wait_for_step(processes[0], 40)
    processes[1].send_signal(signal.SIGTERM)
    first, second = ends(processes)
    assert first[0] == second[0] == 128 + signal.SIGTERM, first[2] + second[2]
    assert "Saved at step " in first[2] and "Traceback" not in first[2] + second[2]
    [last] = Shelf(tmp_path / "run").steps()[-1:]

    goes_on = run(*WORDS, f"--config.train.num_steps={last + 10}", "--workdir=run", "--restart", cwd=tmp_path)
    assert goes_on.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("lost", [0, 1])
def test_when_one_is_lost_the_other_ends_and_the_run_goes_on(lost: int, tmp_path: Path):
    """A process that waits for ever for one that is gone, or ends as if all were well."""
    words = ("--config.train.num_steps=400", "--config.train.checkpoint_every=40")
    processes = start(tmp_path, *words)
    wait_for_step(processes[0], 60)
    os.kill(processes[lost].pid, signal.SIGKILL)
    started = time.monotonic()
    code, _, news = ends(processes, timeout=SOON)[1 - lost]
    assert time.monotonic() - started < SOON and code != 0, news
    if code == 1:
        assert "Another process was lost" in news and "start all of them again" in news

    goes_on = run(*WORDS, *words, "--workdir=run", "--devices=1", cwd=tmp_path)
    assert goes_on.returncode == 0 and "Going on with the unfinished run" in goes_on.stderr, goes_on.stderr
    assert "Step " in goes_on.stderr and "devices CPU (was 2 x CPU)" in goes_on.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--coordinator=localhost:1",), "add --num_processes, --process_id"),
        (("--num_processes=2", "--process_id=0"), "add --coordinator"),
        (("--devices=5",), "a multiple of the 5 devices times train.accumulate (1), got 12"),
    ],
)
def test_what_cannot_be_split_is_refused(words: tuple[str, ...], message: str, tmp_path: Path):
    """A process that trains alone, since it was told half of what it needs; XLA's words for a batch of 12 on 5."""
    done = run(*WORDS, "--config.train.num_steps=40", *words, "--workdir=run", cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr.splitlines()[-1]
