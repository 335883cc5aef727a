"""Small charts at the end of training, for whoever sits at a terminal: the losses, and the result beside the others."""

import math
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ailearn_jax.app.terminal import escape, number, width

if TYPE_CHECKING:
    import numpy as np

    from ailearn_jax.results import Figure, Result

COMPARING = (4, 5, 6, 7, 8)  # lessons whose baselines are of the kind of their first figure


def show(lesson: int, result: "Result") -> None:
    """Prints them on standard error, if that is a terminal that has their characters."""
    console = Console(stderr=True)
    if not sys.stderr.isatty() or console.is_dumb_terminal or "utf" not in (sys.stderr.encoding or "").lower():
        return
    columns = min(width(), 80)
    console.print(Text.from_ansi(loss_chart(result.curves, columns)))
    if lesson in COMPARING:
        unit = result.figures[0].unit
        console.print(
            bars([figure for figure in result.figures[:1] + result.baselines if figure.unit == unit], columns)
        )


def loss_chart(curves: "dict[str, np.ndarray]", columns: int) -> str:
    """The losses over the steps; of two models, the network's. The one that trained is a line, the other crosses."""
    import numpy as np
    import plotille

    names = [name for name in curves if name.endswith("loss") and not name.startswith("linear")]
    values = np.concatenate([curves[name] for name in names])
    positive = values[np.isfinite(values) & (values > 0)]
    logarithmic = positive.size > 0 and positive.max() > 10 * positive.min()

    figure = plotille.Figure()
    figure.width, figure.height = columns - 16, 8
    figure.color_mode = "names"
    for name, color in zip(names, ("bright_blue", "yellow"), strict=True):
        losses = curves[name]
        steps = curves.get(name.replace("validation_loss", "step").replace("loss", "step"), np.arange(len(losses)))
        shown = np.isfinite(losses) & (losses > 0) if logarithmic else np.isfinite(losses)
        heights = np.log10(losses[shown]) if logarithmic else losses[shown]
        label = name.replace("neural_", "").replace("_", "-")
        if name is names[0]:
            figure.plot(steps[shown], heights, lc=color, label=label)
        else:
            some = np.linspace(0, shown.sum() - 1, 24).round().astype(int)
            figure.scatter(steps[shown][some], heights[some], lc=color, label=label, marker="x")
    return figure.show(legend=True)


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
