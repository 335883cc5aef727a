"""Lesson 4: a plane and a network over the bend, and the hinges that the network bends at."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ailearn_jax.app import configs, runs
from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.losses import draw_losses, of_each_step
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.datasets import BEND
from ailearn_jax.lessons import lesson4


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run."""
    fields, _ = runs.saved_result(workdir)
    curves = runs.saved_curves(workdir)
    batch, _, mean, std = lesson4.load(**configs.for_lesson(fields).data)
    rows = np.column_stack([batch["inputs"], batch["targets"]]) * std + mean
    yield fits(curves, rows, mean, std, shipped=fields["data.path"] is None)
    yield losses(curves, fields["train.num_steps"])


def fits(curves: dict, rows: np.ndarray, mean: np.ndarray, std: np.ndarray, shipped: bool) -> Picture:
    """What both models say of a session with the mean number of calls, and at which minutes a hidden unit turns on."""
    figure, axes = style.sheet(height=5)
    minutes, linear, neural = curves["minutes"], curves["fit_linear"], curves["fit_neural"]
    near = np.abs(rows[:, 1] - mean[1]) <= 10
    axes.plot(
        rows[near, 0], rows[near, 2], "o", color="#999999", markersize=4, label=f"rows with {mean[1]:.0f} ± 10 calls"
    )
    axes.plot(minutes, linear, "--", color=style.ORANGE, label="linear model")
    axes.plot(minutes, neural, color=style.BLUE, label="network")
    # At the mean number of calls a unit's input is weight · minutes + bias, both normalized: it turns on at its zero.
    hinges = -curves["hidden_bias"] / curves["hidden_weights"][0] * std[0] + mean[0]
    hinges = np.sort(hinges[(hinges > minutes[0]) & (hinges < minutes[-1])])
    size = 9 if len(hinges) <= 20 else 4
    axes.plot(hinges, np.interp(hinges, minutes, neural), "d", color=style.VERMILION, markersize=size, label="hinges")
    if shipped:
        axes.axvline(BEND, color=style.GREY, linewidth=1.5, linestyle=":")
        axes.annotate(
            f"the table bends at {BEND:g}",
            (BEND, 0.03),
            (6, 0),
            ("data", "axes fraction"),
            "offset points",
            color=style.GREY,
        )
    axes.set(xlabel="session (minutes)", ylabel="memory (MB)")
    axes.legend(loc="upper left")
    return Picture(
        "fits",
        "A plane cannot bend; the network does, at the hinges of its hidden units",
        f"Memory over minutes at the mean number of calls. The linear model is one straight line from {linear[0]:.0f} "
        f"to {linear[-1]:.0f} MB; the network rises from {neural[0]:.0f} to {neural[45]:.0f} MB at 45 minutes and ends "
        f"at {neural[-1]:.0f} MB. Of its {len(curves['hidden_bias'])} hidden units {len(hinges)} turn on or off here.",
        figure,
    )


def losses(curves: dict, num_steps: int) -> Picture:
    """The losses of both models."""
    names = {
        "network, rows to train on": "loss",
        "network, held-out rows": "held_out_loss",
        "linear, rows to train on": "linear_loss",
        "linear, held-out rows": "linear_held_out_loss",
    }
    lowest = int(np.argmin(curves["held_out_loss"])) + 1
    return Picture(
        "losses",
        f"On held-out rows the network is at its best at step {lowest:,} of {num_steps:,}",
        "Losses on a logarithmic axis. "
        + "; ".join(f"{name}: from {curves[key][0]:.3g} to {curves[key][-1]:.3g}" for name, key in names.items())
        + f". The held-out loss of the network is lowest at step {lowest:,}.",
        draw_losses(
            {name: of_each_step(curves[key], num_steps) for name, key in names.items()},
            "mean squared error, normalized",
        ),
    )
