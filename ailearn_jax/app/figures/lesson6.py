"""Lesson 6: what both models say of an hour, where they err, how they learned and what they stand beside."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ailearn_jax.app import runs
from ailearn_jax.app.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, Picture, sheet
from ailearn_jax.app.terminal import number
from ailearn_jax.bikes import HOURS, rmse

Arrays = Mapping[str, np.ndarray]

WORDS = {"linear": "line", "neural": "network"}  # as the pictures call the models
COLOURS = {"linear": ORANGE, "neural": BLUE}
DASHES = {"linear": "--", "neural": "-"}
SPLITS = {"random": "drawn at random", "time": "the latest"}  # the test rows


def draw(workdir: Path) -> Iterator[Picture]:
    curves, study = runs.saved_curves(workdir), runs.saved_study(workdir)
    fields, result = runs.saved_result(workdir)
    predicted = {name: curves[f"predicted_{name}"] for name in WORDS}
    yield by_hour(curves["cell"], curves["actual"], predicted)
    yield residuals(curves["actual"], predicted)
    yield losses({name: history(curves, f"{name}_") for name in WORDS})
    reached = {baseline.name: baseline.value for baseline in result.baselines}
    reached |= {name: rmse(values, curves["actual"]) for name, values in predicted.items()}
    yield beside(reached, fields["data.split"], study)
    if study:
        yield learning_rates(study)


def history(curves: Arrays, prefix: str = "") -> Arrays:
    """The curves of one model: its step, loss and validation_loss."""
    return {name: curves[prefix + name] for name in ("step", "loss", "validation_loss")}


# --- The test rows ----------------------------------------------------------------------------------------------------


def by_hour(cell: np.ndarray, actual: np.ndarray, predicted: Arrays) -> Picture:
    """The means of an hour's test rows, on working days and on days off."""
    figure, (upper, lower) = sheet(2, 1, height=6.4, sharex=True, sharey=True)
    means = {name: means_by_hour(cell, values) for name, values in {"actual": actual, **predicted}.items()}
    for axes, kind, day in ((upper, 1, "working days"), (lower, 0, "weekends and holidays")):
        axes.plot(means["actual"][kind], color=BLACK, marker="o", linestyle="none", label="actual")
        for name in predicted:
            axes.plot(means[name][kind], DASHES[name], color=COLOURS[name], label=WORDS[name])
        axes.set_title(day, loc="left")
        axes.set_ylabel("bikes an hour")
        axes.set_xticks(range(0, HOURS, 3))
    upper.legend(loc="upper left")
    lower.set_xlabel("hour of the day")
    missed = {name: float(np.nanmean(abs(means[name] - means["actual"]))) for name in predicted}
    said = " and ".join(f"the {WORDS[name]} {bikes:.0f} bikes" for name, bikes in missed.items())
    return Picture(
        "by_hour",
        f"Predicted and actual by hour of the day: {said} off the mean of an hour",
        "Two panels over the hours 0 to 23, working days above, weekends and holidays below. Dots are the mean of the "
        f"bikes rented in the test rows, lines the mean of what was predicted. On average {said} from the dots.",
        figure,
    )


def means_by_hour(cell: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Means by kind of day, 1 for a working day, and hour [2, 24]; nan where there is no row."""
    counts = np.bincount(cell, minlength=2 * HOURS)
    sums = np.bincount(cell, weights=values, minlength=2 * HOURS)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).reshape(2, HOURS)


def residuals(actual: np.ndarray, predicted: Arrays) -> Picture:
    """What is left of each test row."""
    figure, grid = sheet(1, len(predicted), height=4.2, squeeze=False, sharex=True, sharey=True)
    errors = {name: actual - values for name, values in predicted.items()}
    for axes, (name, error) in zip(grid[0], errors.items(), strict=True):
        axes.plot(predicted[name], error, ".", markersize=3, alpha=0.35, color=COLOURS[name], rasterized=True)
        axes.axhline(0, color=BLACK, linewidth=1)
        axes.set_title(f"{WORDS[name]}: RMSE {number(rmse(predicted[name], actual))}", loc="left")
        axes.set_xlabel("predicted, bikes an hour")
    grid[0, 0].set_ylabel("actual − predicted, bikes")
    nine_of_ten = {name: float(np.quantile(abs(error), 0.9)) for name, error in errors.items()}
    said = " and ".join(f"±{bikes:.0f} bikes of the {WORDS[name]}" for name, bikes in nine_of_ten.items())
    return Picture(
        "residuals",
        f"What the models miss: nine of ten test hours lie within {said}",
        "A dot for each test row: how many bikes more than predicted were rented, over the prediction. "
        f"Nine of ten lie within {said}.",
        figure,
    )


# --- Training ---------------------------------------------------------------------------------------------------------


def losses(histories: Mapping[str, Arrays]) -> Picture:
    """The loss of training and of validation."""
    figure, axes = sheet()
    last = {}
    for name, curves in histories.items():
        measured = np.isfinite(curves["validation_loss"])
        steps, validation = curves["step"][measured], curves["validation_loss"][measured]
        trained = np.isfinite(curves["loss"])
        color, word = COLOURS[name], WORDS[name]
        axes.plot(curves["step"][trained], curves["loss"][trained], ":", color=color, label=f"{word}, training")
        axes.plot(steps, validation, "o-", markersize=4, color=color, label=f"{word}, validation")
        last[name] = validation[-1]
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("mean squared error\n(1: the variance of the targets)")
    axes.legend()
    said = " and ".join(f"the {WORDS[name]}'s {loss:.2f}" for name, loss in last.items())
    return Picture(
        "losses",
        f"Learning: of the variance of the validation rows, {said} are left at the end",
        "Mean squared error of the normalized targets over the steps, on a logarithmic axis; dotted in training, dots "
        f"and a line on the validation rows. The last validation has {said}.",
        figure,
    )


# --- Beside other models, and other runs ------------------------------------------------------------------------------


def beside(reached: Mapping[str, float], split: str, study: Arrays) -> Picture:
    """The test RMSE of baselines and models on both splits if they were studied, else on the split of the run."""
    scores = {name: study[name] for name in SPLITS} if study else {split: np.array(list(reached.values()))}
    names = [WORDS.get(name, name) for name in (study["models"].tolist() if study else reached)]
    figure, axes = sheet(height=1.6 + 0.42 * len(names) * len(scores))
    thickness = 0.8 / len(scores)
    for i, (name, values) in enumerate(scores.items()):
        places = np.arange(len(names)) + (i - (len(scores) - 1) / 2) * thickness
        colour, hatch = {"random": (BLUE, ""), "time": (ORANGE, "//")}[name]
        bars = axes.barh(places, values, thickness, color=colour, hatch=hatch, edgecolor="white", label=SPLITS[name])
        axes.bar_label(bars, [f"{value:.1f}" for value in values], padding=3, fontsize=12)
    axes.set_yticks(range(len(names)), [name.replace(" by ", "\nby ") for name in names])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.12)
    axes.set_xlabel("test RMSE, bikes an hour; shorter is better")
    axes.legend(title="test rows", alignment="left", loc="upper left", bbox_to_anchor=(1, 1))
    said = " and ".join(f"{values[-1]:.1f} where they are {SPLITS[name]}" for name, values in scores.items())
    return Picture(
        "both_splits" if study else "beside",
        f"The network errs on test rows by {said}",
        "Bars of the test RMSE, in bikes: "
        + "; ".join(
            f"test rows {SPLITS[split]}: "
            + ", ".join(f"{name} {value:.1f}" for name, value in zip(names, values, strict=True))
            for split, values in scores.items()
        )
        + ".",
        figure,
    )


def learning_rates(study: Arrays) -> Picture:
    """What each learning rate brings with each batch size; the best one is marked."""
    figure, axes = sheet(height=5)
    rates, curves = study["learning_rates"], np.median(study["validation_rmse"], axis=1)  # [R], [3, R]
    looks = ((BLUE, "o", "-"), (VERMILION, "s", "--"), (GREEN, "^", "-."))
    chosen = []
    for (colour, marker, dash), i in zip(looks, range(len(curves)), strict=True):
        size, best = study["batch_sizes"][i], study["best_rates"][i]
        low, high = study["validation_rmse"][i].min(axis=0), study["validation_rmse"][i].max(axis=0)
        axes.plot(rates, curves[i], dash, marker=marker, markersize=5, color=colour, label=f"batches of {size}")
        axes.fill_between(rates, low, high, color=colour, alpha=0.15, linewidth=0)
        lowest = curves[i, rates == best]
        axes.plot([best], lowest, marker=marker, markersize=13, markerfacecolor="none", markeredgewidth=2, color=colour)
        chosen.append(f"{best:g} for batches of {size}")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("learning rate at its peak")
    axes.set_ylabel("validation RMSE, bikes an hour")
    axes.legend()
    said = ", ".join(chosen)
    return Picture(
        "learning_rates",
        f"The best learning rate by the validation rows: {said}",
        "The validation RMSE over eight learning rates, a curve for each batch size: the median of five seeds, with a "
        f"band from the lowest to the highest. A larger mark is at the best rate: {said}.",
        figure,
    )
