"""Lesson 5: what the network answers over the square, and how many hidden units it takes to learn it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ailearn_jax.app import runs
from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.losses import draw_losses, of_each_step
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.lessons.lesson5 import INPUTS, LABELS

EDGES = (-0.5, 1.5, -0.5, 1.5)  # of the square that `surface` covers


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run, one more where `study` has trained networks of 16 widths."""
    curves = runs.saved_curves(workdir)
    yield surfaces(curves)
    yield losses(curves["loss"])
    if study := runs.saved_study(workdir):
        yield shares(study["widths"], study["shares"])


def surfaces(curves: dict) -> Picture:
    """The probability of a 1 over the square, before training, half-way and at the end."""
    num_steps = len(curves["loss"])
    moments = {"start": "before training", "middle": f"step {num_steps // 2:,}", "end": f"step {num_steps:,}"}
    figure, all_axes = style.sheet(1, 3, height=3.9, sharey=True)
    for axes, (name, moment) in zip(all_axes, moments.items(), strict=True):
        surface = curves[f"surface_{name}"]
        axes.imshow(surface, cmap=style.SIDES, vmin=0, vmax=1, origin="lower", extent=EDGES, interpolation="bilinear")
        if surface.min() < 0.5 < surface.max():
            axes.contour(surface, [0.5], colors=style.BLACK, linewidths=1.5, extent=EDGES)
        for (first, second), label in zip(INPUTS, LABELS, strict=True):
            axes.text(first, second, f"{label:.0f}", ha="center", va="center", weight="bold", bbox=_POINT)
        axes.set(title=moment, xlabel="first input", xticks=(0, 1), yticks=(0, 1))
        axes.grid(False)
    all_axes[0].set(ylabel="second input")
    bar = figure.colorbar(all_axes[0].images[0], ax=all_axes, orientation="horizontal", aspect=40, ticks=(0, 0.5, 1))
    bar.set_label("probability that the answer is 1")
    corners = _corners(curves["surface_end"])
    num_right = int(np.sum((corners > 0.5) == (LABELS > 0.5)))
    return Picture(
        "surfaces",
        "The network folds the square until each corner is on its side"
        if num_right == len(LABELS)
        else f"In {num_steps:,} steps the network brings {num_right} of {len(LABELS)} corners to their side",
        "The probability of a 1 over the square around the four points, before training, half-way and at the end; a "
        f"black line is where it is one half. At the corners it is in the end {_told(corners)}.",
        figure,
    )


_POINT = {"boxstyle": "circle", "facecolor": "white", "edgecolor": "black"}


def _corners(surface: np.ndarray) -> np.ndarray:
    """The probability at each of the four points: a corner is 10 or 30 places from the square's edge."""
    return np.array([surface[int(10 + 20 * second), int(10 + 20 * first)] for first, second in INPUTS])


def _told(corners: np.ndarray) -> str:
    """Such as "0.00 at (0, 0), 1.00 at (0, 1)"."""
    return ", ".join(f"{p:.2f} at ({x:.0f}, {y:.0f})" for p, (x, y) in zip(corners, INPUTS, strict=True))


def losses(values: np.ndarray) -> Picture:
    """The loss of each step."""
    return Picture(
        "losses",
        "The loss begins beside that of a coin and falls towards nothing"
        if values[-1] < 0.1
        else f"In {len(values):,} steps the loss comes to {values[-1]:.2g}, where a coin has 0.69",
        f"The loss on a logarithmic axis over {len(values):,} steps, from {values[0]:.3g} to {values[-1]:.2g} nats; a "
        "coin has ln 2 = 0.693.",
        draw_losses({"all four rows": of_each_step(values, len(values))}, "nats", {"a coin, ln 2": np.log(2)}),
    )


def shares(widths: np.ndarray, learned: np.ndarray) -> Picture:
    """How many of 100 seeds learn, by hidden width."""
    figure, axes = style.sheet()
    bars = axes.bar(widths, 100 * learned, color=style.BLUE)
    axes.bar_label(bars, fmt="%.0f", fontsize=11)
    axes.set(xlabel="hidden units", ylabel="seeds of 100 with 4 of 4 right", xticks=widths, ylim=(0, 110))
    axes.grid(False, axis="x")
    return Picture(
        "shares",
        "Two hidden units could do it, but only many find it from any seed",
        "Of 100 seeds have learned all four answers: "
        + ", ".join(f"{100 * share:.0f} with {width}" for width, share in zip(widths, learned, strict=True))
        + " hidden units.",
        figure,
    )
