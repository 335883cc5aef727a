"""How a result is shown: a line a figure, or JSON."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ailearn_jax.app import bands
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.terminal import number, tell

if TYPE_CHECKING:
    from ailearn_jax.results import Figure, Result


def show(result: "Result", fields: Fields, checkpoint: str = "best", at_end: bool = True) -> None:
    """Prints a lesson's figures, the usual range of the first of them, and what they stand beside."""
    headline, *others = result.figures
    tell(line(headline))
    if not at_end:
        tell("usual: the band does not apply to a run that is not at its end")
    elif checkpoint == "best":  # an earlier step is expected to be worse
        judgement = bands.judge(headline, fields)
        for text in judgement.lines if judgement else []:
            tell(text)
    for figure in others:
        tell(line(figure))
    tell("beside it:")
    for figure in result.baselines:
        tell(f"  {line(figure)}")


def line(figure: "Figure") -> str:
    """Such as `test RMSE: 75.7 bikes`."""
    return f"{figure.name}: {number(figure.value)} {figure.unit}".rstrip()


def show_json(figures: Sequence[tuple[str, object, str]], **more: object) -> None:
    """Prints figures, and `more` beside them, for other programs to read."""
    rows = [{"name": name, "value": value, "unit": unit} for name, value, unit in figures]
    tell(json.dumps({"figures": rows, **more}))
