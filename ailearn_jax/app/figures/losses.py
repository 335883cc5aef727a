"""Loss curves, of which each lesson from the second on has a picture."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from ailearn_jax.app.figures import style

LOOKS = ((style.BLUE, "-"), (style.ORANGE, "--"), (style.GREEN, "-."), (style.PURPLE, (0, (1, 1))))


class Loss(NamedTuple):
    """A loss over the steps it was measured after."""

    steps: Sequence[float] | np.ndarray
    values: np.ndarray


def of_each_step(values: np.ndarray, num_steps: int) -> Loss:
    """A loss that was measured at each step, the last of which is `num_steps`."""
    return Loss(np.arange(num_steps + 1 - len(values), num_steps + 1), values)


def where_measured(steps: np.ndarray, values: np.ndarray) -> Loss:
    """A loss that was measured after some of `steps`, and is nan after the others."""
    measured = np.isfinite(values)
    return Loss(steps[measured], values[measured])


def draw_losses(losses: Mapping[str, Loss], unit: str, levels: Mapping[str, float] | None = None) -> Figure:
    """One axis for all losses, by name, with grey lines at the losses of what they are to be compared with."""
    figure, axes = style.sheet()
    for (name, (steps, values)), (color, dashes) in zip(losses.items(), LOOKS, strict=False):
        axes.plot(steps, values, color=color, linestyle=dashes, label=name)
    axes.set(xlabel="step", ylabel=textwrap.fill(f"loss ({unit})", 28), yscale="log")
    for name, level in (levels or {}).items():
        axes.axhline(level, color=style.GREY, linewidth=1.5, linestyle=":")
        text = textwrap.fill(name, 12)  # on the right of the axis, where no curve runs through it
        axes.text(1.01, level, text, transform=axes.get_yaxis_transform(), va="center", color=style.GREY)
    if len(losses) > 1:
        axes.legend(frameon=True, framealpha=1.0, edgecolor="none")  # no line runs through its words
    return figure
