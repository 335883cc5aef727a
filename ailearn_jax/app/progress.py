"""The news of a training run: a bar where someone watches, plain lines where not. Brings JAX with it."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from ailearn_jax.app.signals import Deferred
from ailearn_jax.app.terminal import say
from ailearn_jax.reporting import Reporter, Row

NARROW = 60  # columns; the bar itself has no room below


class TerminalReporter(Reporter):
    """Shows how training comes on. From the first step to the last, a signal waits until the state is saved.

    Args:
        opening: lines that stand above the first news, and are taken from the list then.
    """

    def __init__(self, deferred: Deferred, opening: list[str]) -> None:
        self.deferred, self.opening = deferred, opening
        console = Console(stderr=True)
        watched = sys.stderr.isatty() and not console.is_dumb_terminal
        self.progress = _bar(console) if watched else None

    def message(self, text: str) -> None:
        while self.opening:
            say(self.opening.pop(0))
        say(text)

    def start(self, workdir: Path, num_steps: int, history: list[Row]) -> None:
        super().start(workdir, num_steps, history)
        self.deferred.hold()
        if self.progress:
            for task in self.progress.task_ids:  # of the model before this one
                self.progress.remove_task(task)
            done = history[-1]["step"] if history else 0
            self.progress.add_task("", total=num_steps, completed=int(done or 0), loss="")
            self.progress.start()

    def step(self, step: int) -> None:
        if self.progress:
            self.progress.update(self.progress.task_ids[0], completed=step)

    def row(self, row: Row) -> None:
        if not self.progress:
            super().row(row)
            return
        self.write(row)
        loss = "" if row["loss"] is None else f"{row['loss']:.4g}"
        self.progress.update(self.progress.task_ids[0], completed=row["step"], loss=loss)
        if len(row) > 3:  # it was measured on the validation rows: worth a line that stays
            self.message(self.line(row))

    def finish(self) -> None:
        """The last row has come, or none will."""
        self.deferred.release()
        if self.progress:
            self.progress.stop()


class SilentReporter(Reporter):
    """Leaves the telling to the first of several processes, but lets signals wait as it does."""

    def __init__(self, deferred: Deferred) -> None:
        self.deferred = deferred

    def message(self, text: str) -> None:
        pass

    def start(self, workdir: Path, num_steps: int, history: list[Row]) -> None:
        self.deferred.hold()

    def row(self, row: Row) -> None:
        pass

    def finish(self) -> None:
        self.deferred.release()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _bar(console: Console) -> Progress:
    wide = [BarColumn(bar_width=None), TextColumn("steps")] if console.width >= NARROW else []
    return Progress(
        *wide,
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TextColumn("loss {task.fields[loss]}"),
        _Rate(),
        TimeRemainingColumn(compact=True),
        *([TextColumn("left")] if wide else []),
        console=console,
        expand=bool(wide),
        refresh_per_second=4,
    )
