"""The pictures of a run, drawn from what it saved into a folder of their own."""

import importlib
from pathlib import Path

from ailearn_jax.errors import InputError, StorageError

FIGURES = "figures"  # in the folder of a run

# What drawing may end in where the code is right: a full disk, a package that is missing, numbers that no axis holds.
FAILURES = (ArithmeticError, ImportError, InputError, MemoryError, OSError, RuntimeError, StorageError, ValueError)


def draw(lesson: int, workdir: Path) -> list[Path]:
    """Draws the pictures of the run of `lesson` in `workdir`, and says where they are.

    Raises:
        InputError: training has not ended there, or what it saved is damaged.
        StorageError: the folder cannot be written.
    """
    from ailearn_jax.app.figures import style  # brings matplotlib with it

    pictures = importlib.import_module(f"ailearn_jax.app.figures.lesson{lesson}").draw(workdir)
    return style.save(pictures, workdir / FIGURES)
