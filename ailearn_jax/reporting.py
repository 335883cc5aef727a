"""How a run tells what it does: lines, rows of metrics and a file of them. Introduced in lesson 6."""

import csv
import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jax.sharding import Mesh

from ailearn_jax.manifests import make_folder
from ailearn_jax.sharding import make_mesh

Row = dict[str, float | None]  # "step", "seconds", "loss" and what was measured on the validation rows, if it was


def curves_of(history: list[Row]) -> dict[str, np.ndarray]:
    """Column -> its values over the rows [N]; where a row has none, nan."""
    names = history[0] if history else ()
    return {name: np.array([row[name] if row.get(name) is not None else np.nan for row in history]) for name in names}


class Reporter:
    """Prints plain lines to standard error and keeps `metrics.csv`. The app's reporter draws a bar as well."""

    def message(self, text: str) -> None:
        """One line of news: the data, a checkpoint, a warning."""
        print(text, file=sys.stderr, flush=True)

    def start(self, workdir: Path, num_steps: int, history: list[Row]) -> None:
        """Begins `metrics.csv` anew from the rows of an earlier part of this run, so that a resumed file has no gap."""
        self.file = workdir / "metrics.csv"
        self.num_steps = num_steps
        make_folder(workdir)
        self.file.unlink(missing_ok=True)
        for row in history:
            self.write(row)
        self.first = (history[-1]["step"] or 0.0, history[-1]["seconds"] or 0.0) if history else None

    def step(self, step: int) -> None:
        """A compiled call has ended with `step`."""

    def row(self, row: Row) -> None:
        """The metrics after `row["step"]` steps."""
        self.write(row)
        self.message(self.line(row) + self.pace(row))

    def line(self, row: Row) -> str:
        """A row in words."""
        values = [f"{name} {value:.4g}" for name, value in row.items() if name not in ("step", "seconds") and value]
        return "  ".join([f"step {row['step']:,}/{self.num_steps:,}", *values])

    def pace(self, row: Row) -> str:
        """Steps a second since the first row, and the seconds left at this rate; nothing for the first row."""
        step, seconds = row["step"] or 0.0, row["seconds"] or 0.0
        if self.first is None:
            self.first = step, seconds
        steps, taken = step - self.first[0], seconds - self.first[1]
        return f"  {steps / taken:,.0f}/s  {taken * (self.num_steps - step) / steps:.0f} s left" if steps else ""

    def finish(self) -> None:
        """The last row has come."""

    def write(self, row: Row) -> None:
        """Appends a row to `metrics.csv`; the first one, which has a validation, names the columns."""
        if not self.file.exists():
            self.columns = list(row)
        with self.file.open("a", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            if not file.tell():
                writer.writeheader()
            writer.writerow(row)


@dataclasses.dataclass(frozen=True)
class Run:
    """What surrounds a run, handed down from the app: devices, where news goes, and the question whether to stop."""

    mesh: Mesh
    reporter: Reporter
    stop: Callable[[], int | None]  # the signal that asks to stop, if there is one

    @classmethod
    def plain(cls) -> "Run":
        """One device, plain lines, never stopped."""
        return cls(make_mesh(1), Reporter(), lambda: None)
