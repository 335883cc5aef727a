"""Small charts at the end of training, for whoever sits at a terminal: the losses, and the result beside the others."""

import itertools
import math
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ailearn_jax.app.configs import Fields
from ailearn_jax.app.terminal import escape, number, width

if TYPE_CHECKING:
    import numpy as np

    from ailearn_jax.results import Figure, Result

COMPARING = (4, 5, 6, 7, 8)  # lessons whose baselines are of the kind of their first figure
ROWS = 8  # of the losses
COLORS = ("bright_blue", "yellow")


def show(fields: Fields, result: "Result") -> None:
    """Prints them on standard error, if that is a terminal that has their characters."""
    console = Console(stderr=True)
    if not sys.stderr.isatty() or console.is_dumb_terminal or "utf" not in (sys.stderr.encoding or "").lower():
        return
    columns = min(width(), 80)
    console.print(loss_chart(result.curves, fields.get("train.num_steps", 0), columns))
    if fields["lesson"] in COMPARING:
        unit = result.figures[0].unit
        alike = [figure for figure in result.figures[:1] + result.baselines if figure.unit == unit]
        console.print(Text(f"\n{bars(alike, columns)}\n"))


def loss_chart(curves: "dict[str, np.ndarray]", num_steps: int, columns: int) -> Text:
    """The losses over the steps; of two models, the network's. The first is a line, the second is drawn in crosses."""
    import plotille

    names = [name for name in curves if name.endswith("loss") and not name.startswith("linear")]
    losses = [_where_measured(curves, name, num_steps) for name in names]
    values = [value for points in losses for _, value in points]
    steps = [step for points in losses for step, _ in points]
    low, high, first_step, last_step = min(values), max(values), min(steps), max(steps)
    logarithmic = 0 < 10 * low < high
    scale = math.log10 if logarithmic else float
    labels = [number(high), *[""] * (ROWS - 2), number(low)]
    margin = max(map(len, labels)) + 2

    # A character has 2 x 4 dots, and a canvas ends one dot beyond its last; it has some room where nothing changes too.
    room, bottom = columns - margin - 1, scale(low)
    right = first_step + max(last_step - first_step, 1.0) * (1 + 1 / (2 * room - 1))
    top = bottom + max(scale(high) - bottom, 1e-9) * (1 + 1 / (4 * ROWS - 1))
    canvas = plotille.Canvas(room, ROWS, first_step, bottom, right, top)
    for (step, value), (next_step, next_value) in itertools.pairwise(losses[0]):
        canvas.line(step, scale(value), next_step, scale(next_value), color=COLORS[0])
    for points in losses[1:]:
        for step, value in points[:: len(points) // 24 + 1]:
            canvas.point(step, scale(value), color=COLORS[1], marker="x")

    shown = " and x ".join(name.removeprefix("neural_").replace("_", "-") for name in names)
    title = " " * margin + shown + (", logarithmic" if logarithmic else "")
    rows = [f"{label:>{margin - 1}} │{row}" for label, row in zip(labels, canvas.plot().splitlines(), strict=True)]
    axis = f"{first_step:>{margin + 1}.0f}{f'step {last_step:,.0f}':>{columns - margin - 1}}"
    return Text.from_ansi("\n".join(["", title, *rows, axis]))


def _where_measured(curves: "dict[str, np.ndarray]", name: str, num_steps: int) -> list[tuple[float, float]]:
    """The steps and values of a loss. The early lessons measure it at each of `num_steps`, the others say at which."""
    values = curves[name].tolist()
    of_steps = name.replace("validation_loss", "loss").replace("loss", "step")
    steps = curves[of_steps].tolist() if of_steps in curves else range(num_steps + 1 - len(values), num_steps + 1)
    return [(float(step), value) for step, value in zip(steps, values, strict=True) if math.isfinite(value)]


def bars(figures: "list[Figure]", columns: int) -> str:
    """A bar for each figure, all from zero."""
    names = [escape(figure.name) for figure in figures]
    values = [number(figure.value) for figure in figures]
    room = columns - max(map(len, names)) - max(map(len, values)) - 4
    most = max(figure.value for figure in figures)
    lines = [
        f"{name:{max(map(len, names))}}  {'█' * math.ceil(room * figure.value / most)} {value}"
        for name, value, figure in zip(names, values, figures, strict=True)
    ]
    return "\n".join(lines)
