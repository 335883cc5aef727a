"""Lesson 7: the network of lesson 6 in lesson 6's pictures, and what its batches cost by each form of loading."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ailearn_jax.app import runs
from ailearn_jax.app.figures import lesson6, style
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.app.terminal import number


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run."""
    curves, study = runs.saved_curves(workdir), runs.saved_study(workdir)
    fields, result = runs.saved_result(workdir)
    predicted = {"neural": curves["predicted"]}
    yield lesson6.by_hour(curves["cell"], curves["actual"], predicted)
    yield lesson6.residuals(curves["actual"], predicted)
    yield lesson6.losses({"neural": runs.saved_metrics(workdir)})
    reached = {figure.name: figure.value for figure in result.baselines} | {"neural": result.figures[0].value}
    yield lesson6.beside(reached, fields["data.split"], study)
    if study:
        yield loading(study["forms"].tolist(), 1000 * study["seconds"])


def loading(forms: list[str], milliseconds: np.ndarray) -> Picture:
    """What an epoch of batches costs, nothing trained meanwhile."""
    figure, axes = style.sheet(height=3.4)
    bars = axes.barh(forms, milliseconds, color=style.BLUE)
    axes.bar_label(bars, [number(value) for value in milliseconds.tolist()], padding=3, fontsize=12)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.set_xlabel("an epoch of batches (ms)")
    said = ", ".join(f"{number(value)} ms {form}" for form, value in zip(forms, milliseconds.tolist(), strict=True))
    return Picture(
        "loading",
        f"On a table in memory no loader pays: numpy alone is {milliseconds[0] / milliseconds[-1]:.0f} times as fast",
        f"Bars on a logarithmic axis: an epoch of batches takes {said}.",
        figure,
    )
