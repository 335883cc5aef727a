"""`doctor`: what this installation is made of, what is wrong with it, and how to mend that."""

import hashlib
import json
import sys
from pathlib import Path
from typing import NamedTuple

from ailearn_jax import machine, manifests
from ailearn_jax.app import configs, environment, outcome, runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import RESUMABLE, ROOT
from ailearn_jax.app.terminal import command, place, tell
from ailearn_jax.errors import InputError
from ailearn_jax.shelves import Shelf

INSTALL = f"{sys.executable} -m pip install -e ."


class Finding(NamedTuple):
    """One thing that was looked at; `mend` is empty where nothing is wrong with it."""

    name: str
    value: str
    mend: str = ""


def run(arguments: Arguments) -> int:
    findings = [*_packages(), *_machine(), *_data(), *_runs()]
    wrong = [finding for finding in findings if finding.mend]
    if arguments["json"]:
        figures = [(name, value, "") for name, value, _ in findings] + [("problems", len(wrong), "")]
        outcome.show_json(figures, problems=[finding._asdict() for finding in wrong])
    else:
        for name, value, _ in findings:
            tell(f"{name}: {value}")
        for name, value, mend in wrong:
            tell(f"! {name}: {value}. {mend}")
        tell("Nothing is wrong." if not wrong else f"{len(wrong)} to mend, see above.")
    return 1 if wrong else 0


def _packages() -> list[Finding]:
    return [
        Finding(name, version, f"Install it: {INSTALL}" if version == "missing" else "")
        for name, version in machine.versions().items()
    ]


def _machine() -> list[Finding]:
    cores = Finding("cores", str(machine.num_cores()))
    try:
        environment.prepare()
        devices = Finding("devices", machine.devices())
    except (ImportError, RuntimeError) as error:  # what JAX raises where a device does not answer
        devices = Finding("devices", f"none ({error})", f"Install JAX anew: {INSTALL}, or set JAX_PLATFORMS=cpu")
    folder = environment.compilation_cache()
    if folder is None:
        mend = "Each run compiles anew; set JAX_COMPILATION_CACHE_DIR to a folder that can be written"
        return [cores, devices, Finding("compiled programs", "kept nowhere", mend)]
    return [cores, devices, Finding("compiled programs", f"kept in {folder}")]


def _data() -> list[Finding]:
    known = ROOT / "data" / "sha256.json"
    if not known.exists():
        return [Finding("data/sha256.json", "missing", "Fetch it again: git checkout -- data/sha256.json")]
    digests = json.loads(known.read_text(encoding="utf-8"))
    return [_data_file(ROOT / "data" / name, digest) for name, digest in digests.items()]


def _data_file(path: Path, digest: str) -> Finding:
    name = f"data/{path.name}"
    if not path.exists():
        return Finding(name, "missing", f"Fetch it again: git checkout -- {name}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        return Finding(name, "changed (its SHA-256 is another)", f"Take it back: git checkout -- {name}")
    return Finding(name, "whole")


def _runs() -> list[Finding]:
    """What is in checkpoints/, and the shipped configs that were not trained yet."""
    folders = sorted(path.parent for path in (ROOT / "checkpoints").glob(f"*/{runs.CONFIG}"))
    untrained = [name for name in configs.shipped() if name not in {folder.name for folder in folders}]
    return [*map(_run, folders), Finding("not trained yet", ", ".join(untrained) or "none")]


def _run(workdir: Path) -> Finding:
    try:
        fields = runs.saved_fields(workdir)
        mend = _damage(workdir) if fields["lesson"] in RESUMABLE else ""
        if not (workdir / runs.RESULT).exists():
            return Finding(workdir.name, "not at its end", mend)
        return Finding(workdir.name, outcome.line(runs.saved_result(workdir)[1].figures[0]), mend)
    except InputError as error:
        return Finding(
            workdir.name, str(error), f"Begin anew: {command('train', f'--config={workdir.name}', '--restart')}"
        )


def _damage(workdir: Path) -> str:
    """What to do about damaged checkpoints, if there are any."""
    shelves = [Shelf(folder) for folder in (workdir, *filter(Path.is_dir, workdir.iterdir()))]
    paths = [shelf.path(step) for shelf in shelves for step in shelf.steps()]
    damaged = [path for path in paths if manifests.problem(path)]
    return f"Damaged, remove: {', '.join(map(place, damaged))}" if damaged else ""
