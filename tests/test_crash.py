"""No work is lost: real processes killed in the middle of a save, on full and failing disks, two in one folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import crash
import pytest
from crash import CHANGES, LEAN, TWO_SAVES, Point, Scene, complaint, litter, outcome
from program import LESSON6, TIMEOUT

from ailearn_jax.app.course import ROOT
from ailearn_jax.shelves import Shelf

AT_ONCE = os.cpu_count() or 2  # trials beside each other
EVERY_38 = [f"--config.train.{name}=38" for name in ("log_every", "eval_every", "checkpoint_every")]
ONE_EPOCH = ("--config.train.num_epochs=1", "--config.train.steps_per_call=38", *EVERY_38, "--config.train.keep=1")
RUNS = {  # some saves each
    "lesson 6": (*LESSON6, *ONE_EPOCH),
    "lesson 7": (
        "--config=lesson7",
        "--config.model.hidden=(8,)",
        "--config.loader.num_workers=1",
        "--config.large.num_files=2",
        "--config.large.rows_per_file=10",
        *ONE_EPOCH,
    ),
    "lesson 8": (*LEAN, "--config.train.num_steps=80"),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled programs, for all runs of this file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def scene(tmp_path: Path, cache: Path) -> Scene:
    return Scene(tmp_path, cache)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[str, Any]:
    """What comes of a run of two saves that nothing happens to."""
    scene = Scene(tmp_path_factory.mktemp("undisturbed"), cache)
    assert scene.run("train", *TWO_SAVES, "--workdir=run").returncode == 0
    return outcome(scene.folder / "run")


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The folder of a run that was killed between its first save and its second, which deletes the first."""
    scene = Scene(tmp_path_factory.mktemp("half"), cache)
    workdir = scene.folder / "run"
    second = workdir / "saving-000020.orbax-checkpoint-tmp"
    ended, _ = scene.strace(
        ["mkdir", "mkdirat"], "train", *TWO_SAVES, f"--workdir={workdir}", inject="signal=SIGKILL", path=second
    )
    assert ended.returncode == -signal.SIGKILL and Shelf(workdir).steps() == [10] and not litter(workdir)
    return workdir


def goes_on(scene: Scene, words: tuple[str, ...], workdir: Path, expected: dict[str, Any]) -> None:
    """The same command once more comes to the same end, bit by bit, and leaves nothing lying about."""
    ended = scene.run("train", *words, f"--workdir={workdir}")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr, ended.stderr
    assert litter(workdir) == [] and outcome(workdir) == expected
    assert crash.wait_until(lambda: not scene.processes()), scene.processes()


# --- Killed at each call that changes a file --------------------------------------------------------------------------


def one_save(scene: Scene, half: Path) -> tuple[Path, list[crash.Call]]:
    """The calls that change files in the second save of a run and in the deletion of its first, and their folder."""
    workdir = scene.folder / "run"
    shutil.copytree(half, workdir)
    ended, calls = scene.strace(CHANGES, "train", *TWO_SAVES, f"--workdir={workdir}")
    assert ended.returncode == 0, ended.stderr
    calls = [call for call in calls if call.touches(workdir)]
    saving, deleting = f"{workdir}/saving-000020", f"{workdir}/deleting-000010"
    first = next(i for i, call in enumerate(calls) if call.paths[0].startswith(saving))
    last = max(i for i, call in enumerate(calls) if call.paths[0].startswith(deleting))
    return workdir, calls[first : last + 1]


def shared_memory() -> set[str]:
    """What stands in shared memory, but for scikit-learn's semaphores (sem.loky-PID-…) of processes that still run: a
    test beside this one has them."""

    def is_in_use(name: str) -> bool:
        return name.startswith("sem.loky-") and Path("/proc", name.split("-")[1]).exists()

    return {name for name in os.listdir("/dev/shm") if not is_in_use(name)}


@crash.needs_strace
@pytest.mark.slow
def test_killed_at_any_call_that_changes_a_file(
    scene: Scene, half: Path, undisturbed: dict[str, Any], tmp_path: Path, cache: Path
):
    """A moment within a save or a deletion after which a run is lost, goes on as another, or never tidies up.

    The process is killed as it enters the call, once for each pair of a system call and a path: writes to the same
    file, such as the many rounds of a database's lock, count as one. Each removal from a folder has its own turn.
    """
    workdir, calls = one_save(scene, half)
    shm = shared_memory()

    def trial(number: int, point: Point) -> tuple[bool, str]:
        """Whether the process was killed there, and what the folder showed then."""
        trial = Scene(tmp_path / str(number), cache)
        here = trial.folder / "run"
        shutil.copytree(half, here)
        path = point.path and here / point.path.relative_to(workdir)
        inject, words = f"signal=SIGKILL:when={point.k}", ("train", *TWO_SAVES, f"--workdir={here}")
        killed, hits = trial.strace([point.call], *words, inject=inject, path=path)
        hit = killed.returncode == -signal.SIGKILL and any(call.touches(here) for call in hits)
        shown = next((name.split("-")[0] for name in litter(here)), "neither")
        assert Shelf(here, say=pytest.fail).find("last") in (10, 20)
        goes_on(trial, TWO_SAVES, here, undisturbed)
        shutil.rmtree(trial.folder)
        return hit, shown

    where = crash.points(calls)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        trials = list(pool.map(trial, range(len(where)), where))
    missed = [point for point, (hit, _) in zip(where, trials, strict=True) if not hit]
    counts = Counter(shown for hit, shown in trials if hit)
    print(f"{len(where)} points, {len(missed)} missed: {missed}; shown: {counts}")
    assert not [point for point in missed if point.path] and len(missed) < 5
    assert {point.call for point in where} >= {"rename", "unlinkat", "rmdir", "mkdir", "fsync", "write", "writev"}
    assert counts["saving"] >= 100 and counts["deleting"] >= 40
    assert crash.wait_until(lambda: shared_memory() <= shm), shared_memory()


@crash.needs_strace
@pytest.mark.slow
def test_a_checkpoint_is_on_the_disk_before_it_counts(scene: Scene, half: Path):
    """A power cut after which a checkpoint has its name but not its bytes, and the one before is gone already."""
    workdir, calls = one_save(scene, half)

    def calls_on(names: tuple[str, ...], path: str) -> list[int]:
        return [i for i, call in enumerate(calls) if call.name in names and call.paths[0] == path]

    def final(path: str) -> str:
        """What a file is called once orbax is done with it."""
        return re.sub(r"\.orbax-checkpoint-tmp|\.__lock$", "", path)

    saving = f"{workdir}/saving-000020"
    counts = next(i for i, call in enumerate(calls) if call.paths[:2] == (saving, f"{workdir}/000020"))
    files = sorted((workdir / "000020").rglob("*"))
    assert len(files) > 30 and any(path.is_dir() for path in files)
    for path in [saving, *(f"{saving}/{file.relative_to(workdir / '000020')}" for file in files)]:
        synced = calls_on(crash.SYNCS, path)
        changed = [
            i
            for i, call in enumerate(calls)
            if (call.name in crash.WRITES and final(call.paths[0]) == path)
            or (
                call.name in (*crash.RENAMES, *crash.CREATIONS)
                and any(final(os.path.dirname(touched)) == path for touched in call.paths)
            )
        ]
        assert changed and synced and max(changed) < max(synced) < counts, path
    deleted = next(
        i for i, call in enumerate(calls) if call.paths[:2] == (f"{workdir}/000010", f"{workdir}/deleting-000010")
    )
    assert any(counts < i < deleted for i in calls_on(crash.SYNCS, str(workdir)))


@crash.needs_strace
@pytest.mark.slow
def test_what_a_run_is_trained_with_is_on_the_disk(scene: Scene):
    """A power cut that leaves whole checkpoints beside an empty config.json: nothing goes on from them."""
    workdir = scene.folder / "of" / "mine" / "run"
    ended, calls = scene.strace([*crash.RENAMES, *crash.SYNCS], "train", "--config=lesson1", f"--workdir={workdir}")
    assert ended.returncode == 0, ended.stderr
    paths = [call.paths[:2] for call in calls if call.touches(scene.folder)]
    for folder in (workdir.parent, workdir.parent.parent, scene.folder):
        assert (str(folder),) in paths, "the name of a new folder"
    for name in ("config.json", "curves.npz", "metrics.csv", "result.json"):
        new, file = f"{workdir}/{name}.new", f"{workdir}/{name}"
        renamed = paths.index((new, file))
        assert (new,) in paths[:renamed] and (str(workdir),) in paths[renamed:]


# --- Killed at moments that the folder shows --------------------------------------------------------------------------

MOMENTS: list[tuple[str, str, Callable[[Path], bool]]] = [
    *(("lesson 8", "", lambda folder, least=least: crash.shows_saving(folder, least)) for least in range(1, 36, 5)),
    *(("lesson 8", "", crash.shows_deleting) for _ in range(5)),
    *(("lesson 8", "", lambda folder, least=least: crash.shows_rows(folder, least)) for least in (2, 4, 7)),
    *(
        ("lesson 6", model, lambda folder, least=least: crash.shows_saving(folder, least))
        for model, least in (("linear", 1), ("linear", 20), ("neural", 1), ("neural", 20))
    ),
    *(("lesson 6", model, crash.shows_deleting) for model in ("linear", "neural")),
    *(("lesson 6", model, lambda folder: crash.shows_rows(folder, 3)) for model in ("linear", "neural")),
    *(("lesson 7", "", lambda folder, least=least: crash.shows_saving(folder, least)) for least in (1, 20, 30)),
    *(("lesson 7", "", crash.shows_deleting) for _ in range(2)),
    *(("lesson 7", "", lambda folder, least=least: crash.shows_rows(folder, least)) for least in (2, 4)),
]


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc to look for processes")
def test_killed_at_moments_that_the_folder_shows(tmp_path: Path, cache: Path):
    """A worker process that waits for its dead parent for ever, shared memory that fills up, an epoch told twice."""
    shm, expected = shared_memory(), {}
    for name, words in RUNS.items():
        scene = Scene(tmp_path / name, cache)
        assert scene.run("train", *words, "--workdir=run").returncode == 0
        expected[name] = outcome(scene.folder / "run")

    def trial(number: int) -> str:
        """What the folder showed when the process was killed."""
        name, model, shows = MOMENTS[number]
        scene, words = Scene(tmp_path / str(number), cache), RUNS[name]
        for attempt in range(5):
            workdir = scene.folder / f"run{attempt}"
            process = scene.start("train", *words, f"--workdir={workdir}")
            assert process.stderr
            with process.stderr:
                if crash.kill_when(process, lambda folder=workdir / model: shows(folder)):
                    break
        else:
            pytest.fail(f"{MOMENTS[number]} never came")
        shown = next((found.split("/")[-1].split("-")[0] for found in litter(workdir)), "neither")
        assert crash.wait_until(lambda: not scene.processes()), scene.processes()
        goes_on(scene, words, workdir, expected[name])
        return shown

    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = Counter(pool.map(trial, range(len(MOMENTS))))
    print(counts)
    assert counts.total() == 30 and counts["saving"] >= 10 and counts["deleting"] >= 5
    assert crash.wait_until(lambda: shared_memory() <= shm), shared_memory()


# --- Disks that do not do their part ----------------------------------------------------------------------------------


def still_works(scene: Scene, workdir: Path) -> None:
    """The checkpoint that was good before is as good as before."""
    for words in (("generate", "--length=5"), ("evaluate",)):
        used = scene.run(*words, f"--workdir={workdir}")
        assert used.returncode == 0 and used.stdout and "Traceback" not in used.stderr, used.stderr


@crash.needs_mount
@pytest.mark.slow
@pytest.mark.parametrize("spare", [0, 30_000, 80_000])
def test_a_full_disk(spare: int, scene: Scene, half: Path, undisturbed: dict[str, Any]):
    """A traceback for lack of room, or one from each thread of a save; an earlier checkpoint spoiled by it."""
    with crash.small_disk(scene.folder / "disk") as disk:
        workdir = disk / "run"
        shutil.copytree(half, workdir)
        ballast = crash.fill(disk, spare)
        told = complaint(scene.run("train", *TWO_SAVES, f"--workdir={workdir}"), 1)
        assert "No space left on device; make room" in told
        still_works(scene, workdir)
        ballast.unlink()
        goes_on(scene, TWO_SAVES, workdir, undisturbed)


@crash.needs_strace
@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("fsync", "saving-000020/manifest.json"),
        ("fsync", "saving-000020.orbax-checkpoint-tmp/params.orbax-checkpoint-tmp/_sharding.__lock"),
        ("fsync", "."),
        ("write", "saving-000020.orbax-checkpoint-tmp/facts.orbax-checkpoint-tmp/metadata"),
        ("write", "saving-000020/manifest.json"),
        ("write", "metrics.csv"),
        ("writev", None),
        ("mkdir", "saving-000020.orbax-checkpoint-tmp"),
        ("rename", "saving-000020"),
        ("unlinkat", "deleting-000010/params"),
        ("write", "result.json.new"),
    ],
)
def test_a_failing_disk(call: str, path: str | None, scene: Scene, half: Path, undisturbed: dict[str, Any]):
    """An input/output error that comes as a traceback, or after which the same command does not go on."""
    workdir = scene.folder / "run"
    shutil.copytree(half, workdir)
    words, file = ("train", *TWO_SAVES, f"--workdir={workdir}"), workdir / path if path else None
    told = complaint(scene.strace([call], *words, inject="error=EIO", path=file)[0], 1)
    assert "got Input/output error; make room" in told
    still_works(scene, workdir)
    goes_on(scene, TWO_SAVES, workdir, undisturbed)


@crash.needs_mount
@pytest.mark.slow
def test_a_disk_that_may_only_be_read(scene: Scene, half: Path, undisturbed: dict[str, Any]):
    """A command that only reads and yet wants to write; training that meets such a disk with a traceback."""
    with crash.small_disk(scene.folder / "disk") as disk:
        workdir, words6 = disk / "run", (*RUNS["lesson 6"], f"--workdir={disk / 'bikes'}")
        shutil.copytree(half, workdir)
        assert scene.run("train", *words6).returncode == 0
        crash.remount(disk, "ro")
        told = complaint(scene.run("train", *TWO_SAVES, f"--workdir={workdir}"), 1)
        assert "got Read-only file system" in told
        told = complaint(scene.run("train", *words6, "--restart"), 1)
        assert "got Read-only file system" in told
        still_works(scene, workdir)
        hour = ("--hr=17", "--temp=0.44", "--hum=0.82", "--windspeed=0.28", "--workingday=1")
        for words in (("predict", *hour), ("evaluate",)):
            used = scene.run(*words, f"--workdir={disk / 'bikes'}")
            assert used.returncode == 0 and used.stdout, used.stderr
        crash.remount(disk, "rw")
        goes_on(scene, TWO_SAVES, workdir, undisturbed)


# --- Two at once, and signals -----------------------------------------------------------------------------------------


def read_until(process: subprocess.Popen[str], start: str) -> str:
    """The news of `process` up to a line that begins with `start`."""
    assert process.stderr
    news = ""
    for line in process.stderr:
        news += line
        if line.startswith(start):
            return news
    pytest.fail(f"{start!r} never came: {news}")


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.slow
def test_two_do_not_train_in_one_folder(scene: Scene):
    """Two processes that write one checkpoint; a lock that outlives its owner; a run moved aside while it trains."""
    words = ("train", *LEAN, "--config.train.num_steps=1000000", "--workdir=run")
    with scene.start(*words) as first:
        read_until(first, "step 20/")
        first.send_signal(signal.SIGSTOP)  # what the second one changes is changed by no other
        before = contents(scene.folder)
        for more in ((), ("--restart",)):
            told = complaint(scene.run(*words, *more), 2)
            assert told.startswith(
                "run: expected no other training in this folder, got one that runs; wait for its end"
            )
            assert contents(scene.folder) == before
        first.kill()
    with scene.start(*words) as next_one:
        assert "Going on with the unfinished run in run.\n" in read_until(next_one, "step ")
        next_one.kill()


DISTRIBUTED = """
import socket, sys

import jax

sys.path.insert(0, sys.argv[1])
from ailearn_jax.app.main import main

if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=1, process_id=0)
    sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_after_jax_distributed(number: signal.Signals, scene: Scene):
    """jax.distributed takes SIGTERM for itself, to note that the machine will be taken away, and training runs on."""
    driver = scene.folder / "driver.py"
    driver.write_text(DISTRIBUTED)
    train = [driver, ROOT, "train", *LEAN, "--config.train.num_steps=1000000", "--workdir=run"]
    words = [sys.executable, *map(str, train)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=scene.folder, env=scene.env) as process:
        read_until(process, "step 20/")
        process.send_signal(number)
        assert process.stderr
        news = process.stderr.read()
        assert process.wait(TIMEOUT) == 128 + number, news
    saved = re.search(r"^Saved at step (\d+)\.\nStopped\. To go on:\n  .*train .*--workdir=run", news, re.MULTILINE)
    assert saved and int(saved[1]) in Shelf(scene.folder / "run").steps() and "Traceback" not in news, news
