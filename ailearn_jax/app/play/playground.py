"""The runs that can be played with: which there are, and each one's model, loaded when it is first asked for."""

import threading
from pathlib import Path
from typing import Any, TypeVar

from ailearn_jax.app import outcome, runs
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import RESUMABLE, TITLES
from ailearn_jax.app.play.rentals import Rentals
from ailearn_jax.app.play.writer import Writer
from ailearn_jax.app.play.xor import Xor
from ailearn_jax.app.terminal import command
from ailearn_jax.errors import InputError, shown

KINDS = {5: Xor, 6: Rentals, 7: Rentals, 8: Writer}
Toy = TypeVar("Toy", Xor, Rentals, Writer)


class Playground:
    """A folder of runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.toys: dict[str, Xor | Rentals | Writer] = {}
        self.lock = threading.Lock()  # requests come on several threads

    def describe(self) -> dict[str, Any]:
        """The lessons with the runs of each, and what is wrong with a run's folder, in sentences.

        What was loaded before is forgotten, so that a page loaded anew shows what has been trained meanwhile.
        """
        with self.lock:
            self.toys.clear()
        found: dict[int, list[dict[str, Any]]] = {lesson: [] for lesson in KINDS}
        problems = []
        for name, workdir in self._workdirs().items():
            try:
                fields = runs.saved_fields(workdir)
                if fields["lesson"] in KINDS and _is_trained(workdir, fields):
                    run = {"name": name, "reached": _reached(workdir), **KINDS[fields["lesson"]].describe(fields)}
                    found[fields["lesson"]].append(run)
            except InputError as error:
                problems.append(str(error))
        lessons = [
            {"lesson": lesson, "title": TITLES[lesson], "runs": found[lesson], "train": _to_train(lesson)}
            for lesson in KINDS
        ]
        return {"lessons": lessons, "problems": problems}

    def toy(self, name: str, kind: type[Toy]) -> Toy:
        """The model of the run `name`.

        Raises:
            InputError: there is no such run, or it is of a lesson of another kind, or what it saved is damaged.
        """
        with self.lock:
            toy = self.toys.get(name)
            if toy is None:
                toy = self.toys[name] = self._load(name)
        if not isinstance(toy, kind):
            raise InputError(f"{name}: expected a run of another lesson; load the page anew")
        return toy

    def _load(self, name: str) -> Xor | Rentals | Writer:
        workdir = self._workdirs().get(name)
        if workdir is None:
            raise InputError(f"expected the name of a run, got {shown(name)}; load the page anew")
        fields = runs.saved_fields(workdir)
        if fields["lesson"] not in KINDS:
            raise InputError(f"{name}: expected a run of another lesson; load the page anew")
        return KINDS[fields["lesson"]](workdir, fields)

    def _workdirs(self) -> dict[str, Path]:
        """The folder of each run by its name, as far as a page can show it."""
        folders = sorted(path.parent for path in self.folder.glob(f"*/{runs.CONFIG}"))
        return {folder.name: folder for folder in folders if folder.name.isprintable()}


def _is_trained(workdir: Path, fields: Fields) -> bool:
    if fields["lesson"] in RESUMABLE:
        return runs.has_checkpoints(workdir)
    return (workdir / runs.RESULT).exists()


def _reached(workdir: Path) -> str:
    """The run's first figure in words."""
    if not (workdir / runs.RESULT).exists():
        return "not at its end"
    return outcome.line(runs.saved_result(workdir)[1].figures[0])


def _to_train(lesson: int) -> str:
    return command(f"--config=lesson{lesson}")
