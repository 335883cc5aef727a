"""`verify_resume`: shows that a run which dies and goes on ends with the bits of one that was left alone.

Both are trained in folders of their own by this same program, as a user would; the one that dies gets a SIGKILL, which
no process can answer.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ailearn_jax.app import configs, drawing, runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import GENERATING, RESUMABLE, ROOT
from ailearn_jax.app.terminal import say, tell
from ailearn_jax.errors import InputError


def run(arguments: Arguments) -> int:
    fields = configs.load(arguments.config, arguments.overrides)
    lesson = fields["lesson"]
    if lesson not in RESUMABLE:
        raise InputError(
            f"verify_resume: expected a lesson with checkpoints ({', '.join(map(str, RESUMABLE))}), got lesson {lesson}"
        )
    words = [f"--config={arguments.config}", *(f"--config.{name}={text}" for name, text in arguments.overrides.items())]
    with tempfile.TemporaryDirectory() as folder:
        undisturbed, killed = Path(folder, "undisturbed"), Path(folder, "killed")
        say("1. Trained without a break")
        _train(undisturbed, words)
        say("2. Trained until it is killed")
        _train(killed, words, kill=True)
        say(f"3. Killed, and gone on from the checkpoint of step {max(_steps(killed)):,}")
        _train(killed, words)
        pairs = zip(_digests(undisturbed, lesson).items(), _digests(killed, lesson).values(), strict=True)
    tell("SHA-256 without a break, and killed and gone on:")
    verdicts = [_compare(name, first, second) for (name, first), second in pairs]
    tell("the same, bit by bit" if all(verdicts) else "not the same: please tell us, with what `doctor` says")
    return 0 if all(verdicts) else 1


def _compare(name: str, first: str, second: str) -> bool:
    tell(f"{name}: {first[:16]} and {second[:16]}")
    return first == second


def _command(command: str, workdir: Path, words: list[str]) -> list[str]:
    return [sys.executable, str(ROOT / "scripts" / "run.py"), command, f"--workdir={workdir}", *words]


def _train(workdir: Path, words: list[str], kill: bool = False) -> None:
    """Trains to the end or, to `kill`, to the first news after a checkpoint.

    Raises:
        InputError: training failed, or ended before it could be killed.
    """
    command = _command("train", workdir, words)
    other_news = []
    plain = os.environ | drawing.NONE
    with subprocess.Popen(
        command, env=plain, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if not line.startswith("step "):
                other_news.append(line.rstrip())
                continue
            say(line.rstrip())
            if kill and _steps(workdir):
                process.kill()
    if kill and process.returncode == 0:
        raise InputError(
            "verify_resume: expected a run that can be killed after a checkpoint, got one that ended before; "
            "train longer, or lower --config.train.checkpoint_every"
        )
    if not kill and process.returncode:
        raise InputError(f"verify_resume: expected a config that trains, got: {other_news[-1]}")


def _steps(workdir: Path) -> list[int]:
    """The steps with a checkpoint: in the folder itself, or in one for each model."""
    from ailearn_jax.shelves import Shelf

    return [step for folder in (workdir, *workdir.glob("*")) for step in Shelf(folder).steps()]


def _digests(workdir: Path, lesson: int) -> dict[str, str]:
    """Name -> SHA-256 of all that a run leaves behind; wall times apart."""
    from ailearn_jax import manifests
    from ailearn_jax.checkpoints import Checkpoints

    digests = {}
    for folder in (workdir, *sorted(path for path in workdir.iterdir() if path.is_dir())):
        checkpoints = Checkpoints(folder)
        if (step := checkpoints.find("last")) is None:
            continue
        model = "" if folder == workdir else f"{folder.name} model, "
        values = manifests.read(checkpoints.path(step))["values"]
        history = [{**row, "seconds": None} for row in checkpoints.facts(step).history]
        digests |= {f"{model}parameters": values["params"], f"{model}optimizer, step and key": values["rest"]}
        digests[f"{model}metrics"] = _digest(history)
    digests["figures"] = _digest(runs.saved_result(workdir)[1].figures)
    if lesson in GENERATING:
        words = _command("generate", workdir, ["--length=200"])
        digests["generated text"] = _digest(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return digests


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
