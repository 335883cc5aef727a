"""Lesson 6: what both models say of an hour, where they err, how they learned and what they stand beside."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ailearn_jax.app import runs
from ailearn_jax.app.figures import style
from ailearn_jax.app.figures.losses import where_measured
from ailearn_jax.app.figures.style import Picture
from ailearn_jax.app.terminal import number
from ailearn_jax.bikes import HOURS, rmse

Arrays = Mapping[str, np.ndarray]

WORDS = {"linear": "linear model", "neural": "network"}  # as the pictures call the models
LOOKS = {"linear": (style.ORANGE, "--"), "neural": (style.BLUE, "-")}
SPLITS = {"random": "random rows", "time": "the latest rows"}  # to test on


def draw(workdir: Path) -> Iterator[Picture]:
    """The pictures of a run."""
    curves, study = runs.saved_curves(workdir), runs.saved_study(workdir)
    fields, result = runs.saved_result(workdir)
    predicted = {name: curves[f"predicted_{name}"] for name in WORDS}
    yield by_hour(curves["cell"], curves["actual"], predicted)
    yield residuals(curves["actual"], predicted)
    yield losses({name: runs.saved_metrics(workdir / name) for name in WORDS})
    reached = {baseline.name: baseline.value for baseline in result.baselines}
    reached |= {name: rmse(values, curves["actual"]) for name, values in predicted.items()}
    yield beside(reached, fields["data.split"], study)
    if study:
        yield learning_rates(study)


# --- The test rows ----------------------------------------------------------------------------------------------------


def by_hour(cell: np.ndarray, actual: np.ndarray, predicted: Arrays) -> Picture:
    """The means of an hour's test rows, on working days and on others."""
    figure, panels = style.sheet(2, 1, height=6.4, sharex=True, sharey=True)
    means = {name: means_by_hour(cell, values) for name, values in {"actual": actual, **predicted}.items()}
    for axes, kind, days in zip(panels, (1, 0), ("working days", "weekends and holidays"), strict=True):
        axes.plot(means["actual"][kind], "o", color=style.BLACK, label="actual")
        for name in predicted:
            color, dashes = LOOKS[name]
            axes.plot(means[name][kind], color=color, linestyle=dashes, label=WORDS[name])
        axes.set(ylabel="bikes an hour", xticks=range(0, HOURS, 3))
        axes.set_title(days, loc="left")
    panels[1].set_xlabel("hour of the day")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    missed = {name: float(np.nanmean(abs(means[name] - means["actual"]))) for name in predicted}
    said = " and ".join(f"the {WORDS[name]} is {bikes:.0f} bikes off" for name, bikes in missed.items())
    return Picture(
        "by_hour",
        f"From the mean of an hour of the day, {said}",
        "Two panels over the hours 0 to 23, working days above, weekends and holidays below. Dots: the mean of the "
        f"bikes rented in the test rows. Lines: the mean of what was predicted. On average {said} the dots.",
        figure,
    )


def means_by_hour(cell: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Means by kind of day, 1 for a working day, and hour [2, 24]; nan where there is no row."""
    counts = np.bincount(cell, minlength=2 * HOURS)
    sums = np.bincount(cell, weights=values, minlength=2 * HOURS)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(2, HOURS)


def residuals(actual: np.ndarray, predicted: Arrays) -> Picture:
    """What each test row has beyond its prediction."""
    figure, panels = style.sheet(1, len(predicted), height=4.4, squeeze=False, sharex=True, sharey=True)
    errors = {name: actual - values for name, values in predicted.items()}
    for axes, (name, error) in zip(panels[0], errors.items(), strict=True):
        axes.plot(predicted[name], error, ".", markersize=3, alpha=0.35, color=LOOKS[name][0])
        axes.axhline(0, color=style.BLACK, linewidth=1)
        axes.set_title(WORDS[name], loc="left")
        axes.set_xlabel("predicted (bikes an hour)")
    panels[0, 0].set_ylabel("actual − predicted (bikes)")
    wide = {name: float(np.quantile(abs(error), 0.9)) for name, error in errors.items()}
    said = " and ".join(f"{bikes:.0f} bikes of the {WORDS[name]}" for name, bikes in wide.items())
    return Picture(
        "residuals",
        f"Nine of ten test hours lie within {said}",
        "A dot for each test row: how many bikes more were rented than predicted, over the prediction. "
        f"Nine of ten lie within {said}.",
        figure,
    )


# --- Training ---------------------------------------------------------------------------------------------------------


def losses(metrics: Mapping[str, Arrays]) -> Picture:
    """The losses of each model over its steps: dotted on the rows to train on, and on those to choose by."""
    figure, axes = style.sheet()
    told = []
    for name, rows in metrics.items():
        validation = where_measured(rows["step"], rows["validation_loss"])
        color, dashes = LOOKS[name]
        axes.plot(*where_measured(rows["step"], rows["loss"]), ":", color=color, label=f"{WORDS[name]}, training")
        axes.plot(*validation, color=color, linestyle=dashes, label=f"{WORDS[name]}, validation")
        best = int(np.argmin(validation.values))
        axes.plot(validation.steps[best], validation.values[best], "*", color=color, markersize=14)
        told.append((WORDS[name], validation.values[best], int(validation.steps[best])))
    axes.set(xlabel="step", ylabel="loss (1: variance of the targets)", yscale="log")
    style.plain_ticks(axes.yaxis)
    axes.legend()
    return Picture(
        "losses",
        "Of the variance of the validation rows "
        + ", ".join(f"the {name} leaves {loss:.0%}" for name, loss, _ in told),
        "Losses over the steps on a logarithmic axis, where 1 is the variance of the targets. "
        + " ".join(f"The {name} is at its best, {loss:.3f}, at step {step:,}." for name, loss, step in told)
        + " A star stands there.",
        figure,
    )


# --- Beside other models, and other runs ------------------------------------------------------------------------------


def beside(reached: Mapping[str, float], split: str, study: Arrays) -> Picture:
    """The test RMSE of baselines and models: on both splits where they were studied, else on that of the run."""
    scores = {name: study[name].tolist() for name in SPLITS} if study else {split: [*reached.values()]}
    names = [WORDS.get(name, name) for name in (study["models"].tolist() if study else reached)]
    figure, axes = style.sheet(height=1.8 + 0.42 * len(names) * len(scores))
    thickness = 0.8 / len(scores)
    for i, (name, values) in enumerate(scores.items()):
        places = np.arange(len(names)) + (i - (len(scores) - 1) / 2) * thickness
        color, hatch = {"random": (style.SKY, ""), "time": (style.ORANGE, "//")}[name]
        bars = axes.barh(
            places, values, thickness, color=color, hatch=hatch, edgecolor="white", label=f"tested on {SPLITS[name]}"
        )
        axes.bar_label(bars, [number(value) for value in values], padding=3)
    axes.set_yticks(range(len(names)), [name.replace(" by ", "\nby ") for name in names])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.15)
    axes.set_xlabel("test RMSE (bikes an hour)")
    figure.legend(loc="outside lower center", ncols=2)
    said = " and by ".join(f"{values[-1]:.0f} bikes on {SPLITS[name]}" for name, values in scores.items())
    return Picture(
        "both_splits" if study else "beside",
        f"The network errs by {said}",
        ". ".join(
            f"Root mean squared errors on {SPLITS[split]}: "
            + ", ".join(f"{name} {value:.1f}" for name, value in zip(names, values, strict=True))
            for split, values in scores.items()
        )
        + " bikes.",
        figure,
    )


def learning_rates(study: Arrays) -> Picture:
    """What each learning rate brings with each batch size; the best one has a larger mark."""
    figure, axes = style.sheet(height=5)
    rates, rmses = study["learning_rates"], study["validation_rmse"]  # [R], [B, S, R]
    looks = ((style.BLUE, "-", "o"), (style.VERMILION, "--", "s"), (style.GREEN, "-.", "^"))
    chosen = []
    for size, best, found, (color, dashes, marker) in zip(
        study["batch_sizes"], study["best_rates"], rmses, looks, strict=True
    ):
        median = np.median(found, axis=0)
        axes.plot(rates, median, color=color, linestyle=dashes, marker=marker, label=f"batches of {size} rows")
        axes.fill_between(rates, found.min(axis=0), found.max(axis=0), color=color, alpha=0.15, linewidth=0)
        axes.plot(best, median[rates == best], marker, color=color, markersize=14, markerfacecolor="none")
        chosen.append(f"{best:g} for batches of {size}")
    axes.set(xscale="log", xlabel="learning rate at its peak", ylabel="validation RMSE (bikes an hour)")
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.minorticks_off()
    axes.set_ylim(top=1.1 * rmses[..., 0].max())  # of the slowest rate; what diverges goes out of the picture
    axes.legend(loc="lower left")
    said = ", ".join(chosen)
    return Picture(
        "learning_rates",
        f"The best learning rate moves with the batch: {said}",
        "The validation RMSE over eight learning rates, a curve for each batch size: the median of five seeds, in a "
        f"band from the lowest to the highest of them. A larger mark stands at the best rate: {said}.",
        figure,
    )
