"""Lesson 8's validation loss against the width of the network: short runs, and their chart with logarithmic axes.

    python scripts/compare_widths.py [--widths=16,32,64,128] [--steps=1000] [--seeds=1]

All else is as in configs/lesson8.py, the learning rate too. Of several seeds the median is shown. A minute or two on
two cores. What it shows stands in `python scripts/run.py read scale`.
"""

import argparse
import contextlib
import io
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from any folder, installed or not

import numpy as np  # noqa: E402

from ailearn_jax import training  # noqa: E402
from ailearn_jax.app import configs, environment  # noqa: E402
from ailearn_jax.lessons import lesson8  # noqa: E402


class Trained(NamedTuple):
    """What a run of one width came to."""

    width: int
    num_weights: int  # N, without the embeddings, which only look up
    num_tokens: int  # D, those trained on
    loss: float

    @property
    def operations(self) -> float:
        """6 N D: two a weight and token to go forward, four to go back."""
        return 6.0 * self.num_weights * self.num_tokens


def train(width: int, num_steps: int, seed: int) -> Trained:
    """Trains lesson 8 with another width and length."""
    overrides = {"model.embed_dim": str(width), "train.num_steps": str(num_steps), "seed": str(seed)}
    config = configs.for_lesson(configs.load(configs.find("lesson8"), overrides))
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        loss = lesson8.train(config, Path(folder)).figures[0].value
        params = lesson8.load(Path(folder), "best").params
    weights = training.num_parameters({name: tree for name, tree in params.items() if "embedding" not in name})
    return Trained(width, weights, num_steps * config.train.batch_size * config.model.context_length, loss)


def chart(widths: list[int], losses: list[float], height: int = 8, length: int = 48) -> str:
    """The points as text, both axes logarithmic; beside a point stands its loss, below it its width."""

    def places(values: list[int] | list[float], last: int) -> list[int]:
        logs = np.log(values)
        return np.rint((logs - logs.min()) / np.ptp(logs) * last).astype(int).tolist()

    across, up = places(widths, length), places(losses, height)
    rows = [[" "] * (length + 1) for _ in range(height + 1)]
    labels = [""] * (height + 1)
    ticks = [" "] * (length + 6)
    for width, loss, column, row in zip(widths, losses, across, up, strict=True):
        rows[row][column] = "o"
        labels[row] = f"{loss:.3f}"
        ticks[column : column + len(str(width))] = str(width)
    lines = [f"{label:>5} |{''.join(row)}" for label, row in zip(labels, rows, strict=True)]
    axis = ["      +" + "-" * (length + 1), " " * 7 + "".join(ticks)]
    return "\n".join(line.rstrip() for line in [*reversed(lines), *axis])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--widths", default="16,32,64,128", help="values of model.embed_dim, each a multiple of 4")
    parser.add_argument("--steps", type=int, default=1000, help="updates of each run")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each width")
    arguments = parser.parse_args()
    environment.prepare()

    widths = [int(width) for width in arguments.widths.split(",")]
    weights, losses = [], []
    print("| width | weights N | tokens D | 6 N D | loss |")
    print("|---|---|---|---|---|")
    for width in widths:
        runs = [train(width, arguments.steps, seed) for seed in range(arguments.seeds)]
        weights.append(runs[0].num_weights)
        losses.append(statistics.median(run.loss for run in runs))
        n, d, operations = runs[0].num_weights, runs[0].num_tokens, runs[0].operations
        print(f"| {width} | {n:,} | {d:,} | {operations:.1e} | {losses[-1]:.3f} |", flush=True)
    slope = np.polyfit(np.log(weights), np.log(losses), 1)[0]
    print(f"\n{chart(widths, losses)}\n\nthe loss goes with N to the power {slope:.3f}")


if __name__ == "__main__":
    main()
