"""Runs of the program that are killed, starved of room or refused, and what is there afterwards.

strace names the calls that change files, and kills a process, or fails it, at any of them.
"""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from program import TIMEOUT, command, run

from ailearn_jax import manifests
from ailearn_jax.app.course import ROOT
from ailearn_jax.shelves import Shelf

# A save takes longer than what it saves: two steps of the smallest model there is, on a text of 1,000 characters.
LEAN = (
    "--config=lesson8",
    f"--config.data.path={ROOT / 'LICENSE'}",
    "--config.model.num_layers=0",
    "--config.model.num_heads=1",
    "--config.model.embed_dim=8",
    "--config.model.context_length=4",
    *(f"--config.train.{name}=10" for name in ("steps_per_call", "log_every", "eval_every", "checkpoint_every")),
    "--config.train.keep=1",
)
TWO_SAVES = (*LEAN, "--config.train.num_steps=20")

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0  # as in CI, where nothing may be skipped
needs_strace = pytest.mark.skipif(not (IS_ROOT or shutil.which("strace")), reason="needs strace, which CI installs")
needs_mount = pytest.mark.skipif(not (IS_ROOT and sys.platform == "linux"), reason="only root may mount on Linux")

MARK = "AILEARN_JAX_SCENE"  # in the environment of every process of a scene


class Scene:
    """A folder to train in; the processes that are started here can be told from all others."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"JAX_COMPILATION_CACHE_DIR": str(self.cache), MARK: str(self.folder)}

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        return run(*words, cwd=self.folder, env=self.env)

    def start(self, *words: object) -> subprocess.Popen[str]:
        out, err = subprocess.DEVNULL, subprocess.PIPE
        return subprocess.Popen(command(*words), stdout=out, stderr=err, text=True, cwd=self.folder, env=self.env)

    def strace(
        self, calls: Iterable[str], *words: object, inject: str = "", path: Path | None = None
    ) -> tuple[subprocess.CompletedProcess[str], "list[Call]"]:
        """Runs the program, and lists its `calls`, or those of them that touch `path`.

        Args:
            inject: what is done at each of them, or at some, as strace wants to be told: `signal=SIGKILL:when=2`.
        """
        log, names = self.folder / "strace.txt", ",".join(calls)
        options = ["-f", "-y", "-s", "0", "-o", str(log), "-e", f"trace={names}"]
        if "signal" not in inject:
            options.append("--seccomp-bpf")  # quicker; but strace 6.1 then forgets to send the signal
        options += ["-e", f"inject={names}:{inject}"] if inject else []
        options += ["-P", str(path)] if path else []
        ended = subprocess.run(
            ["strace", *options, *command(*words)],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.env,
            timeout=TIMEOUT,
        )
        return ended, list(read_calls(log))

    def processes(self) -> list[str]:
        """The processes of this scene that have not ended."""
        mark = f"{MARK}={self.folder}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended meanwhile
                continue
        return found


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether `holds` within some seconds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


# --- What is there afterwards -----------------------------------------------------------------------------------------


def names(workdir: Path) -> list[str]:
    """What stands in the folder of a run, and in that of each of its models."""
    paths = [*workdir.glob("*"), *(path for name in ("linear", "neural") for path in workdir.glob(f"{name}/*"))]
    return sorted(path.relative_to(workdir).as_posix() for path in paths)


def litter(workdir: Path) -> list[str]:
    """What only a run that goes on may have there."""
    return [name for name in names(workdir) if re.search(r"(^|/)(saving-|deleting-)|\.new$", name)]


def outcome(workdir: Path) -> dict[str, Any]:
    """All that a finished run has to give, wall times apart."""
    found: dict[str, Any] = {"names": names(workdir)}
    for folder in (folder for folder in (workdir, workdir / "linear", workdir / "neural") if folder.is_dir()):
        for step in Shelf(folder).steps():
            path = Shelf(folder).path(step)
            history = json.loads((path / "facts" / "metadata").read_text())["history"]
            found[str(path.relative_to(workdir))] = manifests.read(path)["values"], _untimed(history)
        if (folder / "metrics.csv").exists():
            with (folder / "metrics.csv").open() as file:
                found[f"{folder.name} metrics" if folder != workdir else "metrics"] = _untimed(csv.DictReader(file))
    result = json.loads((workdir / "result.json").read_text())
    return found | {name: result[name] for name in ("config", "figures", "baselines")}


def _untimed(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "seconds": None} for row in rows]


def complaint(ended: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line by which a run ended that could not do what it should."""
    lines = ended.stderr.splitlines()
    assert ended.returncode == code and not ended.stdout, ended.stderr
    news = r"lesson 8, |Going on with |[\d,]+ characters to train on|ln |losses published|step |strace: Process \d+ "
    assert [line for line in lines if not re.match(news, line)] == lines[-1:], ended.stderr
    assert "expected" in lines[-1] and ", got " in lines[-1]
    return lines[-1]


# --- The calls that change files --------------------------------------------------------------------------------------

RENAMES, REMOVALS = ("rename", "renameat", "renameat2"), ("unlink", "unlinkat", "rmdir")
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "fallocate", "copy_file_range", "sendfile")
SYNCS = ("fsync", "fdatasync")
CREATIONS = ("mkdir", "mkdirat", "openat", "open", "creat", "link", "linkat", "symlink", "symlinkat")
CHANGES = (*RENAMES, *REMOVALS, *WRITES, *SYNCS, *CREATIONS)


class Call(NamedTuple):
    """A system call on files: `fsync(7</run/000020>)`, `rename("/run/a", "/run/b")`, `unlinkat(5</run/d>, "file")`."""

    name: str
    paths: tuple[str, ...]

    def touches(self, folder: Path) -> bool:
        return any(path == str(folder) or path.startswith(f"{folder}/") for path in self.paths[:2])


def read_calls(log: Path) -> Iterator[Call]:
    """The calls that strace has listed, less those that only read or changed nothing."""
    for line in log.read_text("utf-8", "replace").splitlines():
        found = re.match(r"\d+ +(\w+)\((.*)", line)
        if not found or " = -1 ENOENT" in line or (found[1].startswith("open") and "O_CREAT" not in line):
            continue
        paths = re.findall(r'AT_FDCWD<[^>]*>|<([^>]+)>|"([^"]*)"', found[2])
        yield Call(found[1], tuple(by_number or by_name for by_number, by_name in paths if by_number or by_name))


class Point(NamedTuple):
    """Where to kill: the k-th call of this name, in any one thread, that touches this path; any path for None."""

    call: str
    path: Path | None
    k: int


def points(calls: list[Call]) -> list[Point]:
    """A point for each pair of a system call and a path among `calls`, and for each removal from a folder.

    The files of arrays have random names, new ones in each run. For them there are points without a path: the first
    call of any thread, the second, as many as there are such pairs.
    """
    named: dict[tuple[str, str], Point] = {}
    removals: Counter[str] = Counter()
    nameless: Counter[str] = Counter()
    for call in calls:
        path = call.paths[0]
        if call.name == "unlinkat":
            removals[path] += 1
            named[f"unlinkat {removals[path]}", path] = Point("unlinkat", Path(path), removals[path])
        elif not re.search("/[0-9a-f]{32}$", path):
            named[call.name, path] = Point(call.name, Path(path), 1)
        elif call.name != "openat":  # the folder before it is that after the call that came before
            key = call.name, f"{Path(path).parent}/*"
            nameless[call.name] += key not in named
            named.setdefault(key, Point(call.name, None, nameless[call.name]))
    return list(named.values())


# --- What the folder shows --------------------------------------------------------------------------------------------


def shows_saving(folder: Path, least: int) -> bool:
    """Whether a checkpoint is being written, of which so many files and folders are there."""
    return any(sum(1 for _ in path.rglob("*")) >= least for path in folder.glob("saving-*"))


def shows_deleting(folder: Path) -> bool:
    return any(folder.glob("deleting-*"))


def shows_rows(folder: Path, least: int) -> bool:
    metrics = folder / "metrics.csv"
    return metrics.exists() and metrics.read_bytes().count(b"\n") >= least


def kill_when(process: subprocess.Popen[str], shows: Callable[[], bool]) -> bool:
    """Kills `process` at a moment at which it `shows` something; it is halted and looked at again before it is killed.

    Returns False where it ended before.
    """
    while process.poll() is None:
        if shows():
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if shows():
                process.kill()
                return process.wait() == -signal.SIGKILL
            process.send_signal(signal.SIGCONT)
        time.sleep(0.0002)  # leaves the processor to what is watched
    return False


# --- Disks ------------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(place: Path, size: str = "2m") -> Iterator[Path]:
    """A disk of its own with little room on it."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def remount(place: Path, option: str) -> None:
    """Makes a disk read-only (`ro`) or not (`rw`)."""
    subprocess.run(["mount", "-o", f"remount,{option}", place], check=True)


def fill(disk: Path, spare: int) -> Path:
    """Fills a disk but for some bytes; the file that does so is returned."""
    ballast, room = disk / "ballast", os.statvfs(disk)
    ballast.write_bytes(b"0" * (room.f_bavail * room.f_frsize - spare))
    return ballast
