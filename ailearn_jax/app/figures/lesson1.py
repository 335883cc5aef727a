"""Lesson 1: the line on its way to the points, and (w, b) on their way down the loss."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from ailearn_jax.app import runs
from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.lessons.lesson1 import TRUE_B, TRUE_W, make_data

RATES = ("too small", "right", "too large")  # as `study` has them
LOOKS = ((style.ORANGE, "o"), (style.BLUE, "s"), (style.VERMILION, "^"))
COMPARED = 60  # steps of each rate; later ones show no more of it


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run, two more where `study` has trained with three learning rates."""
    curves, study = runs.saved_curves(workdir), runs.saved_study(workdir)
    yield line(curves["w"], curves["b"])
    yield path(curves["w"], curves["b"])
    if study:
        paths = study["paths"][:, : COMPARED + 1].astype(np.float64)
        yield paths_by_rate(study["learning_rates"], paths)
        yield losses_by_rate(study["learning_rates"], paths)


def line(ws: np.ndarray, bs: np.ndarray) -> Picture:
    """The line at its beginning, at its end, and some times between."""
    num_steps = len(ws) - 1
    shown = sorted({0, *(step for step in (1, 2, 4, 10) if step < num_steps), num_steps})
    figure, axes = style.sheet()
    x, y = map(np.array, make_data())
    for i, step in enumerate(shown):
        color = style.SHARES(0.3 + 0.5 * i / (len(shown) - 1))
        axes.plot(x, ws[step] * x + bs[step], color=color, label=f"step {step}: {equation(ws[step], bs[step])}")
    axes.plot(x, y, "o", color=style.VERMILION, markersize=5, label=f"points of {equation(TRUE_W, TRUE_B)}")
    axes.set(xlabel="x", ylabel="y", ylim=(y.min() - 1.5, y.max() + 3.5))
    axes.legend(loc="upper left", ncols=2, fontsize=11)
    return Picture(
        "line",
        f"In {num_steps} step{'s' if num_steps > 1 else ''} the line moves "
        f"{'to' if _went_down(ws, bs) else 'away from'} the points",
        f"The line at step {', '.join(map(str, shown))}. It begins as {equation(ws[0], bs[0])} and ends as "
        f"{equation(ws[-1], bs[-1])}; the 20 points lie on {equation(TRUE_W, TRUE_B)}.",
        figure,
    )


def path(ws: np.ndarray, bs: np.ndarray) -> Picture:
    """The path of (w, b) over the contours of the loss."""
    figure, axes = style.sheet()
    _contours(axes, ws[0], bs[0], times=1.3)
    _walk(axes, ws, bs, style.BLUE, "o")
    axes.annotate("start", (ws[0], bs[0]), (8, 8), textcoords="offset points")
    axes.set(xlabel="w, the slope", ylabel="b, the height at x = 0")
    return Picture(
        "path",
        f"Each step of (w, b) {'goes downhill on' if _went_down(ws, bs) else 'jumps over the valley of'} the loss; "
        "the star is its lowest point",
        f"Contours of the loss over w and b, ellipses around ({TRUE_W:g}, {TRUE_B:g}), and the path of {len(ws) - 1} "
        f"steps from ({ws[0]:.2f}, {bs[0]:.2f}) to ({ws[-1]:.2f}, {bs[-1]:.2f}). Steps are long where it is steep.",
        figure,
    )


def paths_by_rate(rates: np.ndarray, paths: np.ndarray) -> Picture:
    """The paths [3, steps, 2] of three learning rates, each over the same contours."""
    figure, all_axes = style.sheet(1, len(rates), sharex=True, sharey=True)
    for axes, rate, meaning, (ws, bs), (color, marker) in zip(
        all_axes, rates, RATES, paths.swapaxes(1, 2), LOOKS, strict=True
    ):
        _contours(axes, ws[0], bs[0], times=2)
        _walk(axes, ws, bs, color, marker)
        axes.set(title=f"{rate:g}: {meaning}", xlabel="w")
        axes.locator_params(axis="x", nbins=4, prune="both")
    all_axes[0].set(ylabel="b")
    return Picture(
        "paths_by_rate",
        "A learning rate that is too small does not arrive, one that is too large does not stay",
        f"The first {paths.shape[1] - 1} steps of (w, b) from one start. With a learning rate of {rates[0]:g} the path "
        f"ends on its way, with {rates[1]:g} it reaches the lowest loss, with {rates[2]:g} it jumps over the valley, "
        "farther each time, and leaves the picture.",
        figure,
    )


def losses_by_rate(rates: np.ndarray, paths: np.ndarray) -> Picture:
    """The losses along the paths [3, steps, 2] of three learning rates."""
    figure, axes = style.sheet()
    for rate, meaning, (ws, bs), (color, marker) in zip(rates, RATES, paths.swapaxes(1, 2), LOOKS, strict=True):
        losses = _loss(ws, bs)
        axes.plot(losses, color=color, marker=marker, markevery=10, label=f"{rate:g}: {meaning}")
    axes.set(xlabel="step", ylabel="loss (mean squared error)", yscale="log")
    axes.legend(title="learning rate")
    return Picture(
        "losses_by_rate",
        "Only the right learning rate brings the loss to nothing",
        f"The loss on a logarithmic axis over {paths.shape[1] - 1} steps: with a learning rate of {rates[0]:g} it "
        f"falls slowly, with {rates[1]:g} steeply, with {rates[2]:g} it grows.",
        figure,
    )


def equation(w: float, b: float) -> str:
    """A line in words, such as "y = 2.00x + 1.00"."""
    return f"y = {w:.2f}x {'+' if b >= 0 else '−'} {abs(b):.2f}"


def _loss(ws: np.ndarray, bs: np.ndarray) -> np.ndarray:
    """The mean squared error of each (w, b), in arrays of any shape."""
    x, y = (np.array(values, np.float64) for values in make_data())
    return np.mean((ws[..., None] * x + bs[..., None] - y) ** 2, axis=-1)


def _went_down(ws: np.ndarray, bs: np.ndarray) -> bool:
    """Whether the loss is lower at the end of a path than at its beginning; where steps are too long it is not."""
    first, *_, last = _loss(ws, bs)
    return bool(last < first)


def _contours(axes: Axes, w: float, b: float, times: float) -> None:
    """The loss as a map, from its lowest point to some times as far as the start (w, b)."""
    w_reach, b_reach = times * max(abs(w - TRUE_W), 1.0), times * max(abs(b - TRUE_B), 1.0)
    ws = np.linspace(TRUE_W - w_reach, TRUE_W + w_reach, 80)
    bs = np.linspace(TRUE_B - b_reach, TRUE_B + b_reach, 80)
    losses = _loss(*np.meshgrid(ws, bs))
    levels = losses.max() * np.array([0.005, 0.03, 0.08, 0.16, 0.28, 0.45, 0.7])
    axes.contour(ws, bs, losses, levels, colors="#BBBBBB", linewidths=1.2)
    axes.plot(TRUE_W, TRUE_B, "*", color=style.BLACK, markersize=14, zorder=3)
    axes.set(xlim=(ws[0], ws[-1]), ylim=(bs[0], bs[-1]))
    axes.grid(False)


def _walk(axes: Axes, ws: np.ndarray, bs: np.ndarray, color: str, marker: str) -> None:
    axes.plot(ws, bs, color=color, marker=marker, markersize=5, linewidth=1.5)
