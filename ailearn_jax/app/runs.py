"""The folder of a run: what it is trained with, how far it has come, what came of it.

`config.json` is written before training begins, `curves.npz` and `result.json` after it has ended, each whole or not at
all; `study.npz` by `plot --study`, which trains what pictures compare. A run is finished when its result was made with
its config; it is worth keeping when it has a result or a checkpoint.
"""

import csv
import enum
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ailearn_jax import machine, manifests
from ailearn_jax.app import configs, whole
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import RESUMABLE
from ailearn_jax.app.terminal import place
from ailearn_jax.app.values import shown
from ailearn_jax.errors import InputError, StorageError
from ailearn_jax.ranges import check_config, flatten

if TYPE_CHECKING:
    import numpy as np

    from ailearn_jax.results import Result

CONFIG, RESULT, CURVES, STUDY = "config.json", "result.json", "curves.npz", "study.npz"
METRICS, SAMPLES, LOCK = "metrics.csv", "samples.json", "train.lock"
LENGTHS = ("train.num_steps", "train.num_epochs")
LATER_FIELDS = {"model.use_bfloat16": False}  # what runs of lesson 8 did before there was a field for it


class Standing(enum.Enum):
    """What a folder holds, seen by the config that is to be trained in it now."""

    NEW = "nothing worth keeping"
    UNFINISHED = "the same run, not at its end"
    FINISHED = "the same run, at its end"
    LONGER = "the same run, but for its length, which grows now"


def standing(workdir: Path, fields: Fields) -> Standing:
    """Where a run of `fields` in `workdir` stands.

    Raises:
        InputError: the folder holds another run, or what is no run at all.
    """
    if not (workdir / CONFIG).exists():
        _check_empty(workdir)
        return Standing.NEW
    finished = (workdir / RESULT).exists()
    if not finished and not has_checkpoints(workdir):
        return Standing.NEW
    before = saved_fields(workdir)
    if before["lesson"] != fields["lesson"]:
        raise InputError(
            f"{place(workdir)}: expected a run of lesson {fields['lesson']}, got one of lesson {before['lesson']}; "
            "choose another --workdir"
        )
    differing = [name for name in fields if before.get(name) != fields[name]]
    if not differing:
        return Standing.FINISHED if finished and saved_result(workdir)[0] == fields else Standing.UNFINISHED
    if all(name in LENGTHS and fields[name] > before[name] for name in differing):
        return Standing.LONGER
    changes = ", ".join(f"{name}={fields[name]} (was {before.get(name)})" for name in differing)
    raise InputError(
        f"{place(workdir)}: expected the config that this run began with, got {changes}; take the old values, "
        "or another --workdir, or add --restart, which moves the old run aside"
    )


def has_checkpoints(workdir: Path) -> bool:
    """Whether a step was saved: in `workdir` itself, or in one folder for each model."""
    return any(path.name.isdecimal() for pattern in ("*", "*/*") for path in workdir.glob(pattern))


@contextmanager
def locked(workdir: Path) -> Iterator[None]:
    """Inside, no other process trains in `workdir`. The system takes the lock from a process that is killed.

    Raises:
        InputError: another process trains there.
        StorageError: the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        manifests.make_folder(workdir)
        lock = FileLock(workdir / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise InputError(
            f"{place(workdir)}: expected no other training in this folder, got one that runs; "
            "wait for its end or choose another --workdir"
        ) from error
    except OSError as error:
        raise _storage_error(workdir, error) from error
    try:
        yield
    finally:
        lock.release()


def begin(workdir: Path, fields: Fields) -> None:
    """Makes the folder, and notes in it what is trained there.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        manifests.make_folder(workdir)
        _write_json(workdir / CONFIG, configs.unflatten(fields))
    except OSError as error:
        raise _storage_error(workdir, error) from error


def finish(workdir: Path, fields: Fields, result: "Result") -> None:
    """Notes what came of the run.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        (workdir / STUDY).unlink(missing_ok=True)  # of a shorter run
        _write_arrays(workdir / CURVES, result.curves)
        if fields["lesson"] not in RESUMABLE and "loss" in result.curves:  # the others write it while they train
            _write_metrics(workdir / METRICS, result.curves, fields["train.num_steps"])
        outcome = {"config": configs.unflatten(fields), "figures": result.figures, "baselines": result.baselines}
        outcome["machine"] = machine.here()
        _write_json(workdir / RESULT, outcome)
    except OSError as error:
        raise _storage_error(workdir, error) from error


def save_study(workdir: Path, arrays: "dict[str, np.ndarray]") -> None:
    """Keeps what a lesson's `study` returned.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        _write_arrays(workdir / STUDY, arrays)
    except OSError as error:
        raise _storage_error(workdir, error) from error


def save_samples(workdir: Path, samples: list[dict[str, Any]]) -> None:
    """Keeps what a lesson 8 writes at some stages of its training: the step, the text and what is known of it.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        _write_json(workdir / SAMPLES, samples)
    except OSError as error:
        raise _storage_error(workdir, error) from error


def move_aside(workdir: Path) -> Path | None:
    """Gives an earlier run's folder another name, which is returned; None where there was no run.

    Raises:
        InputError: the folder holds what is no run, or another process trains there.
        StorageError: it cannot be moved.
    """
    if not (workdir / CONFIG).exists():
        _check_empty(workdir)
        return None
    number = 1
    while (aside := workdir.with_name(f"{workdir.name}.old{number}")).exists():
        number += 1
    with locked(workdir):
        pass  # nobody trains there; a folder with an open file in it cannot be renamed on Windows
    try:
        return workdir.rename(aside)
    except OSError as error:
        raise _storage_error(workdir, error) from error


def move_back(aside: Path, workdir: Path) -> None:
    """Undoes `move_aside`, of a run that nothing came of in the meantime.

    Raises:
        StorageError: a folder cannot be changed.
    """
    try:
        shutil.rmtree(workdir)
        aside.rename(workdir)
    except OSError as error:
        raise _storage_error(workdir, error) from error


def write(path: Path, text: str) -> None:
    """Writes a file that tells of a run, whole or not at all.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.write(path, text.encode())
    except OSError as error:
        raise _storage_error(path.parent, error) from error


def saved_machine(workdir: Path) -> dict[str, Any]:
    """What the result in `workdir` was made on, "versions.jax" among it; nothing where the run is older than this note.

    Raises:
        InputError: the note is damaged.
    """
    noted = _read_json(workdir / RESULT).get("machine", {})
    if not isinstance(noted, dict):
        raise _damaged(workdir / RESULT, "a machine")
    return flatten(noted)


def saved_fields(workdir: Path) -> Fields:
    """The config of the run in `workdir`.

    Raises:
        InputError: nothing was trained there, or the config is damaged.
    """
    path = workdir / CONFIG
    if not path.exists():
        raise InputError(f"{place(workdir)}: expected a trained lesson, got none; train it first")
    fields = _checked(flatten(_read_json(path)), path)
    check_config(configs.unflatten(fields))
    return fields


def saved_result(workdir: Path) -> tuple[Fields, "Result"]:
    """The result of the run in `workdir`, with the config it was made with; no curves.

    Raises:
        InputError: training has not ended there, or the result is damaged.
    """
    from ailearn_jax.results import Figure, Result

    path = workdir / RESULT
    if not path.exists():
        raise InputError(f"{place(workdir)}: expected a result, got none; train to the end first")
    outcome = _read_json(path)
    try:
        figures, baselines = ([Figure(*figure) for figure in outcome[kind]] for kind in ("figures", "baselines"))
        fields = flatten(outcome["config"])
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, "figures and a config") from error
    for name, value, unit in figures + baselines:
        if not (isinstance(name, str) and type(value) in (int, float) and isinstance(unit, str)):
            raise _damaged(path, "figures of a name, a number and a unit")
    if not figures:
        raise _damaged(path, "figures")
    return _checked(fields, path), Result(figures, baselines)


def saved_curves(workdir: Path) -> "dict[str, np.ndarray]":
    """The curves of the result of the run in `workdir`.

    Raises:
        InputError: training has not ended there, or the curves are damaged.
    """
    if not (workdir / CURVES).exists():
        raise InputError(f"{place(workdir)}: expected a result with curves, got none; train to the end first")
    return _read_arrays(workdir / CURVES)


def saved_metrics(folder: Path) -> "dict[str, np.ndarray]":
    """The columns of the metrics that a model in `folder` was trained with; nan where a row has none.

    Raises:
        InputError: there are none, or they are damaged.
    """
    import numpy as np

    path = folder / METRICS
    if not path.exists():
        raise InputError(f"{place(folder)}: expected {METRICS}, got none; train to the end first")
    try:
        table = np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))
        return {name: table[name] for name in table.dtype.names or ()}
    except ValueError as error:
        raise _damaged(path, "a table") from error


def saved_study(workdir: Path) -> "dict[str, np.ndarray]":
    """What the last `plot --study` of the run in `workdir` found; nothing where there was none.

    Raises:
        InputError: it is damaged.
    """
    return _read_arrays(workdir / STUDY) if (workdir / STUDY).exists() else {}


def _check_empty(workdir: Path) -> None:
    if workdir.exists() and not workdir.is_dir():
        raise InputError(f"--workdir: expected a folder, got the file {place(workdir)}; choose another one")
    own = (LOCK, whole.unfinished(workdir / CONFIG).name)
    if workdir.exists() and any(path.name not in own for path in workdir.iterdir()):
        raise InputError(f"--workdir: expected an empty folder or a run's, got {place(workdir)}; choose another one")


def _checked(fields: Fields, path: Path) -> Fields:
    """The `fields` that a run noted at `path`, as its lesson has them today."""
    return configs.checked((LATER_FIELDS if fields.get("lesson") == 8 else {}) | fields, place(path))


def _write_json(path: Path, value: object) -> None:
    whole.write(path, (json.dumps(value, indent=1) + "\n").encode())


def _write_arrays(path: Path, arrays: "dict[str, np.ndarray]") -> None:
    import numpy as np

    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    whole.write(path, file.getvalue())


def _write_metrics(path: Path, curves: "dict[str, np.ndarray]", num_steps: int) -> None:
    """A row a step: the losses, and lesson 1's w and b, which it also has from before the first step."""
    names = [name for name in curves if name in ("w", "b") or name.endswith("loss")]
    first_step = num_steps + 1 - len(curves["loss"])
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["step", *names])
    rows = zip(*(curves[name].tolist() for name in names), strict=True)
    writer.writerows([step, *row] for step, row in enumerate(rows, first_step))
    whole.write(path, table.getvalue().encode())


def _read_arrays(path: Path) -> "dict[str, np.ndarray]":
    import numpy as np

    try:
        with path.open("rb") as file, np.load(file) as arrays:
            return dict(arrays)
    except (EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(path, "arrays") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, "JSON") from error
    if not isinstance(value, dict):
        raise _damaged(path, "a JSON object")
    return value


def _damaged(path: Path, expected: str) -> InputError:
    return InputError(f"{place(path)}: expected {expected}, got {shown(path.read_bytes()[:80])}; train with --restart")


def _storage_error(workdir: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{place(workdir)}: expected a folder to write to, got {error.strerror}; make room or choose another --workdir"
    )
