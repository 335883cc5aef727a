"""Lesson 2: the plane that was learned beside the one that made the table, and what it misses by."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ailearn_jax.app import configs, runs
from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.losses import draw_losses, of_each_step
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.datasets import BIAS, NOISE, WEIGHTS
from ailearn_jax.lessons import lesson2

CALLS = (5, 30, 55)  # where the plane is cut to be seen as lines


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run."""
    fields, result = runs.saved_result(workdir)
    _, held_out, mean, std = lesson2.load(**configs.for_lesson(fields).data)
    inputs = held_out["inputs"] * std[:-1] + mean[:-1]
    memory = held_out["targets"] * std[-1] + mean[-1]
    curves = runs.saved_curves(workdir)
    figures = {figure.name: figure.value for figure in result.figures}
    learned = figures["a minute"], figures["a call"], figures["to begin with"]
    shipped = fields["data.path"] is None  # of another table nobody knows the truth
    yield plane(inputs, memory, learned, shipped)
    yield residuals(inputs[:, 0], curves["residuals"], shipped)
    yield losses(curves["loss"], curves["held_out_loss"], fields["train.num_steps"], (NOISE / std[-1]) ** 2, shipped)


def plane(inputs: np.ndarray, memory: np.ndarray, learned: tuple[float, float, float], shipped: bool) -> Picture:
    """The held-out rows, and cuts through the plane for few, some and many calls."""
    figure, axes = style.sheet()
    a_minute, a_call, begin = learned
    minutes = np.array([0.0, inputs[:, 0].max()])
    for calls, color, marker in zip(CALLS, (style.SKY, style.BLUE, style.BLACK), "os^", strict=True):
        axes.plot(minutes, begin + a_minute * minutes + a_call * calls, color=color, label=f"{calls} calls, learned")
        if shipped:
            axes.plot(minutes, BIAS + WEIGHTS[0] * minutes + WEIGHTS[1] * calls, ":", color=style.VERMILION)
        near = np.abs(inputs[:, 1] - calls) <= 12
        axes.plot(inputs[near, 0], memory[near], marker, color=color, markersize=5, alpha=0.7)
    if shipped:
        axes.plot([], [], ":", color=style.VERMILION, label="as the table was made")
    axes.set(xlabel="session (minutes)", ylabel="memory (MB)")
    axes.legend()
    truth = f"; the table was made with {WEIGHTS[0]}, {WEIGHTS[1]} and {BIAS:g}" if shipped else ""
    return Picture(
        "plane",
        f"Learned: {a_minute:.2f} MB a minute, {a_call:.2f} MB a call, {begin:.1f} MB to begin with",
        f"Memory over minutes for {CALLS[0]}, {CALLS[1]} and {CALLS[2]} calls, and the held-out rows with about as "
        f"many. Learned are {a_minute:.2f} MB a minute, {a_call:.2f} MB a call, {begin:.1f} MB to begin with{truth}.",
        figure,
    )


def residuals(minutes: np.ndarray, errors: np.ndarray, shipped: bool) -> Picture:
    """What the plane says too much or too little of each held-out row."""
    figure, axes = style.sheet()
    axes.axhline(0, color=style.BLACK, linewidth=1)
    if shipped:
        axes.axhspan(-NOISE, NOISE, color=style.SKY, alpha=0.3, label=f"noise of the table, ±{NOISE:g} MB")
        axes.legend()
    axes.plot(minutes, errors, "o", color=style.BLUE)
    reach = 1.3 * max(np.abs(errors).max(), NOISE)
    axes.set(xlabel="session (minutes)", ylabel="predicted − actual (MB)", ylim=(-reach, reach))
    rmse = np.sqrt(np.mean(errors**2))
    beside = f", the noise alone {NOISE:g} MB" if shipped else ""
    return Picture(
        "residuals",
        f"What is missed on held-out rows: {rmse:.2f} MB{beside}",
        f"Errors of {len(errors)} held-out rows over the minutes of the session, from {errors.min():.1f} to "
        f"{errors.max():.1f} MB, root mean square {rmse:.2f} MB{beside}.",
        figure,
    )


def losses(train: np.ndarray, held_out: np.ndarray, num_steps: int, noise: float, shipped: bool) -> Picture:
    """The loss on the rows that train and on those that do not."""
    arrived = shipped and max(train[-1], held_out[-1]) < 2 * noise
    lines = {"rows to train on": of_each_step(train, num_steps), "held-out rows": of_each_step(held_out, num_steps)}
    return Picture(
        "losses",
        "The loss falls to the noise, on held-out rows as on those that train"
        if arrived
        else f"The loss ends at {held_out[-1]:.3g} on held-out rows, at {train[-1]:.3g} on those that train",
        f"Both losses on a logarithmic axis over {num_steps} steps, from {train[0]:.3g} to {train[-1]:.3g} on the rows "
        f"to train on and from {held_out[0]:.3g} to {held_out[-1]:.3g} on held-out rows.",
        draw_losses(lines, "mean squared error, normalized", {"noise of the table": noise} if shipped else {}),
    )
