"""Checkpoints: what training needs to go on and prediction needs to begin, on disk as a whole or not at all.
Introduced in lesson 6.

A checkpoint is a folder named by its step, such as `000200/`. In it stand orbax items: `params`; `rest` (step,
optimizer state, key); `facts` and the normalizer or vocabulary, as JSON. Batches are a function of (seed, step), so the
step is the loader's position too. `manifest.json` beside the items holds the SHA-256 of each file and of the arrays'
values. Read with it `shelves.py` and `manifests.py`.
"""

import dataclasses
import os
import re
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from ailearn_jax import machine, manifests, trees
from ailearn_jax.errors import InputError, StorageError
from ailearn_jax.sharding import is_first, wait_for_all
from ailearn_jax.shelves import Shelf

PREPROCESSING = ("normalizer", "vocabulary")
MAX_TEXT = 1 << 28  # bytes of JSON in an item; the facts of a run of the course have some ten thousand
MALFORMED = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@dataclasses.dataclass
class Facts:
    """What a checkpoint knows beside its arrays; all of it JSON.

    Attributes:
        lesson: the number of the lesson that trains.
        config: the resolved config of the run.
        preprocessing: how inputs become arrays, {"normalizer": …} or {"vocabulary": …}; an orbax item of that name.
        history: the rows of metrics so far.
        machine: what trained it, see `machine.here`.
    """

    lesson: int
    config: dict[str, Any]
    preprocessing: dict[str, Any]
    history: list[dict[str, float | None]] = dataclasses.field(default_factory=list)
    machine: dict[str, Any] = dataclasses.field(default_factory=machine.here)

    def __post_init__(self) -> None:
        rows = [row for row in self.history if isinstance(row, dict)]
        numbers = [number for row in rows for number in row.values()]
        if (
            not all(isinstance(part, dict) for part in (self.config, self.preprocessing, self.machine))
            or len(rows) < len(self.history)
            or not all(number is None or type(number) in (int, float) for number in numbers)
        ):
            raise ValueError("facts of another kind")


class Checkpoints(Shelf):
    """Writes and reads the checkpoints of one run. `say` takes the news that one is damaged, or from elsewhere."""

    def __init__(self, folder: Path, keep: int = 1, say: Callable[[str], None] | None = None) -> None:
        super().__init__(folder, keep, say)
        arrays = dict.fromkeys(("params", "rest"), ocp.StandardCheckpointHandler())
        texts = {name: ocp.JsonCheckpointHandler() for name in ("facts", *PREPROCESSING)}
        self._orbax = ocp.Checkpointer(ocp.CompositeCheckpointHandler(**arrays, **texts))

    def save(self, step: int, state: Any, facts: Facts, metric: float | None) -> None:
        """Writes the checkpoint of `step`, then removes those that are neither among the last nor the best.

        Args:
            state: a TrainState.
            metric: the held-out loss, lower is better; None, or not finite, where it cannot be the best.

        Raises:
            StorageError: the folder cannot be written. Earlier checkpoints stay.
        """
        saving = self.folder / f"saving-{step:06d}"
        try:
            if is_first():
                manifests.make_folder(self.folder)
                self.remove_litter()
            wait_for_all("save")
            self._write_items(saving, state, facts)
            if is_first():
                self._finish(saving, step, state, metric)
            wait_for_all("saved")
        except (OSError, ValueError) as error:
            reason = _reason(error)
            if reason is None:
                raise
            self.remove_litter(ignore_errors=True)
            raise StorageError(
                f"{self.folder}: expected to save step {step}, got {reason}; "
                "make room or choose another --workdir, then run the same command again"
            ) from error

    def restore(self, like: Any, facts: Facts) -> tuple[Any, Facts]:
        """The state of the last whole checkpoint, placed as `like` is, and `facts` with its history.

        What a killed process left behind, or had no time to remove, is removed. Where there is no checkpoint, `like`
        and `facts` as they are: training begins.

        Raises:
            InputError: it has other arrays, or other data, than `like` and `facts`; or none is whole.
        """
        if is_first():
            self.remove_litter()
        wait_for_all("restore")
        step = self.find("last")
        if step is None:
            return like, facts
        saved, expected = manifests.read(self.path(step))["arrays"], trees.signature(like)
        if saved != expected:
            path = next(path for path in sorted(saved | expected) if saved.get(path) != expected.get(path))
            raise InputError(
                f"{self.path(step)}: expected {path} to be {expected.get(path, 'absent')}, got "
                f"{saved.get(path, 'nothing')}; the model has changed: use another --workdir, or --restart"
            )
        before = self.facts(step)
        if before.preprocessing != facts.preprocessing:
            raise InputError(
                f"{self.path(step)}: expected the data that this run began with, got other data; "
                "take the old data, or another --workdir, or add --restart"
            )
        if differences := machine.differences(before.machine):
            self.say(
                f"Step {step:,} was reached elsewhere: {', '.join(differences)}. Sums are rounded in another order "
                "here, so the result will not be the same bit by bit."
            )
        arrays = self._arrays(step, _trees(like))
        if is_first() and step == self.steps()[-1]:  # else the last one is damaged, and counts as kept
            self.retain()
        state = like.replace(params=arrays["params"], **arrays["rest"])
        return state, dataclasses.replace(facts, history=before.history)

    def restore_params(self, step: int, like: Any) -> Any:
        """The parameters of `step` alone, on the first device, whatever devices trained them.

        Raises:
            InputError: they have other shapes or dtypes than `like`.
        """
        here = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
        placed = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=here), like)
        return self._arrays(step, {"params": placed})["params"]

    def facts(self, step: int) -> Facts:
        """The facts of the checkpoint of `step`.

        Raises:
            InputError: they are not what a run writes.
        """
        present = [name for name in ("facts", *PREPROCESSING) if (self.path(step) / name).is_dir()]
        texts = ocp.args.Composite(**{name: ocp.args.JsonRestore() for name in present})
        try:
            for file in (file for name in present for file in (self.path(step) / name).rglob("*")):
                if file.stat().st_size > MAX_TEXT:
                    raise ValueError(f"{file.name} is too large")
            restored = dict(self._orbax.restore(self.path(step), texts).items())
            return Facts(**restored.pop("facts"), preprocessing=restored)
        except MALFORMED as error:
            raise self._foreign(step, error) from error

    def _write_items(self, folder: Path, state: Any, facts: Facts) -> None:
        texts = dataclasses.asdict(facts)
        preprocessing = texts.pop("preprocessing")
        items = {name: ocp.args.StandardSave(tree) for name, tree in _trees(state).items()}
        items |= {name: ocp.args.JsonSave(text) for name, text in {"facts": texts, **preprocessing}.items()}
        self._orbax.save(folder, ocp.args.Composite(**items))

    def _finish(self, saving: Path, step: int, state: Any, metric: float | None) -> None:
        values = {name: trees.digest(tree) for name, tree in _trees(state).items()}
        manifests.write(saving, metric=metric, arrays=trees.signature(state), values=values)
        shutil.rmtree(self.path(step), ignore_errors=True)  # a damaged one of an earlier attempt
        os.rename(saving, self.path(step))
        manifests.sync(self.folder)
        self.retain()

    def _arrays(self, step: int, like: dict[str, Any]) -> dict[str, Any]:
        """The arrays of some items, which must be as those of `like` and have the values that were saved."""
        placed = {name: jax.tree.map(ocp.utils.to_shape_dtype_struct, tree) for name, tree in like.items()}
        items = ocp.args.Composite(**{name: ocp.args.StandardRestore(tree) for name, tree in placed.items()})
        try:
            with trees.Unreadable():
                restored = self._orbax.restore(self.path(step), items)
        except MALFORMED as error:
            raise self._foreign(step, error) from error
        for name in like:
            if trees.digest(restored[name]) != manifests.read(self.path(step))["values"].get(name):
                raise self._foreign(step, f"other values in {name} than were saved")
        return {name: restored[name] for name in like}

    def _foreign(self, step: int, what: object) -> InputError:
        reason = textwrap.shorten(str(what), 120)  # tensorstore tells all that it was asked
        return InputError(f"{self.path(step)}: expected a checkpoint of this course, got {reason}; take another one")


def load_checkpoint(
    folder: Path, which: str, lesson: int, params_like: Callable[[Facts], Any]
) -> tuple[int, Facts, Any]:
    """What prediction begins with: the step, facts and parameters of a checkpoint in `folder`.

    Args:
        params_like: facts -> the shapes and dtypes that the parameters must have, see `training.shapes_of`.

    Raises:
        InputError: there is none, it is of another lesson, or it is not what a run of that lesson writes.
    """
    checkpoints = Checkpoints(folder)
    step = checkpoints.find(which)
    if step is None:
        raise InputError(f"{folder}: expected a trained model, got no checkpoint; train it first")
    facts = checkpoints.facts(step)
    if facts.lesson != lesson:
        raise InputError(f"{folder}: expected a checkpoint of lesson {lesson}, got one of lesson {facts.lesson}")
    try:
        like = params_like(facts)
    except MALFORMED as error:
        reason = textwrap.shorten(repr(error), 120)
        raise InputError(
            f"{checkpoints.path(step)}: expected facts of a model of lesson {lesson}, got {reason}; take another one"
        ) from error
    return step, facts, checkpoints.restore_params(step, like)


def _trees(state: Any) -> dict[str, Any]:
    """The arrays of a state by the item that they are saved in."""
    return {"params": state.params, "rest": {"step": state.step, "opt_state": state.opt_state, "key": state.key}}


def _reason(error: OSError | ValueError) -> str | None:
    """What the disk said; tensorstore, which writes orbax's arrays, hides it in a ValueError."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    found = re.search(r"os_error_code='(\d+)'", str(error))
    return os.strerror(int(found[1])) if found else None
