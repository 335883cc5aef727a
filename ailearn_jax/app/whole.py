"""Files that are there as they were, or as they will be, whatever ends the program meanwhile."""

import os
from pathlib import Path

from ailearn_jax import manifests


def unfinished(path: Path) -> Path:
    """The name under which a file is written until it is whole."""
    return path.with_name(f"{path.name}.new")


def write(path: Path, content: bytes) -> None:
    """Writes a file and waits for the disk. The folder has to be there.

    Raises:
        OSError: the file cannot be written; it is as it was.
    """
    unfinished(path).write_bytes(content)
    manifests.sync(unfinished(path))  # or a power cut could leave the new name with nothing behind it
    os.replace(unfinished(path), path)
    manifests.sync(path.parent)
