"""The pictures of a run, drawn from what it saved into a folder of their own."""

import os
from pathlib import Path

from ailearn_jax.app.environment import load
from ailearn_jax.errors import InputError, StorageError

FIGURES = "figures"  # in the folder of a run
NONE = {"AILEARN_JAX_PICTURES": "0"}  # in the environment of many trainings in a row: lesson 8's take some seconds each

# What drawing may end in where the code is right: a full disk, a package that is missing, numbers that no axis holds.
FAILURES = (ArithmeticError, ImportError, InputError, MemoryError, OSError, RuntimeError, StorageError, ValueError)


def wanted() -> bool:
    """Whether `train` is to draw at its end."""
    return not NONE.items() <= os.environ.items()


def draw(lesson: int, workdir: Path) -> list[Path]:
    """Draws the pictures of the run of `lesson` in `workdir`, and says where they are.

    Raises:
        InputError: training has not ended there, or what it saved is damaged.
        StorageError: the folder cannot be written.
    """
    pictures = load(f"ailearn_jax.app.figures.lesson{lesson}").draw(workdir)  # brings matplotlib with it
    from ailearn_jax.app.figures import style

    return style.save(pictures, workdir / FIGURES)
