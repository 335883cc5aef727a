"""Lesson 3: what lesson 2 shows, and its rule beside Adam's."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ailearn_jax.app import runs
from ailearn_jax.app.figures import lesson2
from ailearn_jax.app.figures.losses import draw_losses, of_each_step
from ailearn_jax.app.figures.style import Picture


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run, one more where `study` has trained by both rules."""
    yield from lesson2.draw(workdir)
    if study := runs.saved_study(workdir):
        yield rules(study["sgd_loss"], study["adam_loss"])


def rules(sgd: np.ndarray, adam: np.ndarray) -> Picture:
    """The losses of plain gradient descent and of Adam from the same first weights."""
    lines = {
        "gradient descent, as written in lesson 2": of_each_step(sgd, len(sgd)),
        "Adam": of_each_step(adam, len(adam)),
    }
    steps = [int(np.argmax(losses < 1.01 * losses.min())) + 1 for losses in (sgd, adam)]
    return Picture(
        "sgd_and_adam",
        f"On so round a valley Adam is {'no ' if steps[0] <= steps[1] else ''}faster than plain gradient descent",
        f"Training losses on a logarithmic axis over {len(sgd)} steps from the same first weights. Gradient descent "
        f"comes within a hundredth of its lowest loss after {steps[0]} steps, Adam after {steps[1]}.",
        draw_losses(lines, "mean squared error, normalized"),
    )
