"""Lesson 7: the network of lesson 6 in lesson 6's pictures, and what its batches cost by each form of loading."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ailearn_jax.app import runs
from ailearn_jax.app.figures import lesson6, style
from ailearn_jax.app.figures.style import Picture


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
    times = [f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms" for value in milliseconds]
    axes.bar_label(axes.barh(forms, milliseconds, color=style.BLUE), times, padding=3)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xscale("log")
    axes.margins(x=0.25)
    axes.set_xlabel("an epoch of batches (ms)")
    said = ", ".join(f"{took} {form}" for took, form in zip(times, forms, strict=True))
    return Picture(
        "loading",
        f"An epoch of batches: {said}",
        f"Bars on a logarithmic axis: to make an epoch of batches of a table in memory takes {said}.",
        figure,
    )
