"""Proof that a checkpoint's folder is whole: a list of its files with their SHA-256s, itself signed so.
Introduced in lesson 6.

Nothing in a folder is believed before the manifest's digests hold, and nothing without a bound is read: the folder may
come from a stranger.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ailearn_jax.errors import InputError

FORMAT = 1
NAME = "manifest.json"
MAX_MANIFEST = 1 << 24  # bytes; a manifest of the course has some thousand
MAX_FOLDER = 1 << 34  # bytes; a checkpoint of the course has 10 million
KINDS = {"format": int, "metric": (int, float, type(None)), "arrays": dict, "values": dict, "files": dict}


def write(folder: Path, **contents: Any) -> None:
    """Writes the manifest and waits until all of `folder` is on the disk itself."""
    manifest = {"format": FORMAT, **contents, "files": _digests(folder)}
    manifest["sha256"] = _digest_of(manifest)
    (folder / NAME).write_text(json.dumps(manifest, indent=1), "utf-8")
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def read(folder: Path) -> dict[str, Any]:
    """The manifest of `folder`.

    Raises:
        ValueError: it is missing or damaged.
        InputError: it was written by a newer version of this program.
    """
    path = folder / NAME
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > MAX_MANIFEST:
            raise ValueError(f"{NAME} is no file of a sensible size")
        manifest = json.loads(path.read_text("utf-8"))
    except (OSError, RecursionError) as error:
        raise ValueError(f"{NAME} is not readable") from error
    except ValueError as error:
        raise ValueError(f"{NAME} is damaged") from error
    if not isinstance(manifest, dict) or manifest.pop("sha256", None) != _digest_of(manifest):
        raise ValueError(f"{NAME} is damaged")
    if not all(isinstance(manifest.get(name), kind) for name, kind in KINDS.items()):
        raise ValueError(f"{NAME} is of another kind")
    if manifest["format"] > FORMAT:
        raise InputError(
            f"{folder}: expected a checkpoint of format {FORMAT} or older, got {manifest['format']}; update the course"
        )
    return manifest


def problem(folder: Path) -> str | None:
    """What is wrong with `folder`, if something is: a file is missing, strange or changed.

    Raises:
        InputError: it was written by a newer version of this program.
    """
    try:
        expected, found = read(folder)["files"], _digests(folder)
    except (OSError, ValueError) as error:
        return str(error)
    differing = sorted(name for name in found | expected if found.get(name) != expected.get(name))
    return f"{differing[0]} is damaged" if differing else None


def make_folder(folder: Path) -> None:
    """Makes `folder`, and those that lead to it, and waits until their names are on the disk itself."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync(path.parent)  # without its name there, a power cut takes all that is in it


def sync(path: Path) -> None:
    """Waits until a file or a folder's list of names is on the disk itself. Windows cannot sync a folder."""
    if path.is_file() or os.name != "nt":
        handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in _files(folder):
        with path.open("rb") as file:
            digests[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    digests.pop(NAME, None)
    return digests


def _files(folder: Path) -> Iterator[Path]:
    """The files of `folder`, in order.

    Raises:
        ValueError: one is a link or a device, or all are too large together.
    """
    size = 0
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            continue
        size += status.st_size
        if not stat.S_ISREG(status.st_mode) or size > MAX_FOLDER:
            raise ValueError(f"{path.name} is no file of a sensible size")
        yield path


def _digest_of(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
