"""Checkpoints: what training needs to go on and prediction needs to begin, on disk as a whole or not at all.
Introduced in lesson 6.

A checkpoint is a folder named by its step, such as `000200/`. In it stand orbax items: `params`; `rest` (step,
optimizer state, key); `facts` and the normalizer or vocabulary, as JSON. `manifest.json` beside them holds the SHA-256
of each file. It is written as `saving-000200`, synced to disk and then renamed, so that a folder with a step for a name
is whole.
"""

import dataclasses
import hashlib
import json
import math
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from ailearn_jax.errors import InputError, StorageError

FORMAT = 1
MANIFEST = "manifest.json"
PREPROCESSING = ("normalizer", "vocabulary")


@dataclasses.dataclass
class Facts:
    """What a checkpoint knows beside its arrays; all of it JSON.

    Attributes:
        lesson: the number of the lesson that trains.
        config: the resolved config of the run.
        preprocessing: how inputs become arrays, {"normalizer": …} or {"vocabulary": …}; an orbax item of that name.
        history: the rows of metrics so far.
    """

    lesson: int
    config: dict[str, Any]
    preprocessing: dict[str, Any]
    history: list[dict[str, float | None]] = dataclasses.field(default_factory=list)


class Checkpoints:
    """The checkpoints of one run, in `folder`: the last `keep`, and the best by the metric they were saved with."""

    def __init__(self, folder: Path, keep: int = 1) -> None:
        self.folder, self.keep = folder.absolute(), keep
        arrays = dict.fromkeys(("params", "rest"), ocp.StandardCheckpointHandler())
        texts = {name: ocp.JsonCheckpointHandler() for name in ("facts", *PREPROCESSING)}
        self._orbax = ocp.Checkpointer(ocp.CompositeCheckpointHandler(**arrays, **texts))

    def save(self, step: int, state: Any, facts: Facts, metric: float | None) -> None:
        """Writes the checkpoint of `step`, then removes those that are neither among the last nor the best.

        Args:
            state: a TrainState.
            metric: the held-out loss, lower is better; None, or not finite, where it cannot be the best.

        Raises:
            StorageError: the folder cannot be written.
        """
        known = dataclasses.asdict(facts)
        texts = {"facts": known, **known.pop("preprocessing")}
        trees = {"params": state.params, "rest": _rest(state)}
        items = ocp.args.Composite(
            **{name: ocp.args.StandardSave(tree) for name, tree in trees.items()},
            **{name: ocp.args.JsonSave(text) for name, text in texts.items()},
        )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_litter()
            saving = self.folder / f"saving-{step:06d}"
            self._orbax.save(saving, items)
            _write_manifest(saving, {"format": FORMAT, "metric": metric, "arrays": _signature(state)})
            shutil.rmtree(self._path(step), ignore_errors=True)  # a damaged one of an earlier attempt
            os.rename(saving, self._path(step))
            _sync(self.folder)
            self._retain()
        except OSError as error:
            raise StorageError(
                f"{self.folder}: expected to save step {step}, got {error.strerror}; "
                "make room or choose another --workdir, then run the same command again"
            ) from error

    def restore(self, like: Any) -> tuple[Any, Facts] | None:
        """The state of the last whole checkpoint, placed as `like` is, and its facts; None where there is none.

        Raises:
            InputError: its arrays have other shapes or dtypes than those of `like`.
        """
        step = self.find("last")
        if step is None:
            return None
        saved, expected = self._manifest(step)["arrays"], _signature(like)
        if saved != expected:
            path = next(path for path in sorted(saved | expected) if saved.get(path) != expected.get(path))
            raise InputError(
                f"{self._path(step)}: expected {path} to be {expected.get(path, 'absent')}, got "
                f"{saved.get(path, 'nothing')}; the model has changed: use another --workdir, or --restart"
            )
        trees = jax.tree.map(ocp.utils.to_shape_dtype_struct, {"params": like.params, "rest": _rest(like)})
        arrays = ocp.args.Composite(**{name: ocp.args.StandardRestore(tree) for name, tree in trees.items()})
        restored = self._orbax.restore(self._path(step), arrays)
        return like.replace(params=restored["params"], **restored["rest"]), self.facts(step)

    def restore_params(self, step: int) -> Any:
        """The parameters of `step` alone, on the first device, whatever devices trained them."""
        saved: Any = self._orbax.metadata(self._path(step)).item_metadata
        here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
        like = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=here), saved["params"].tree)
        arrays = ocp.args.Composite(params=ocp.args.StandardRestore(like))
        return self._orbax.restore(self._path(step), arrays)["params"]

    def facts(self, step: int) -> Facts:
        """The facts of the checkpoint of `step`."""
        present = [name for name in ("facts", *PREPROCESSING) if (self._path(step) / name).is_dir()]
        texts = ocp.args.Composite(**{name: ocp.args.JsonRestore() for name in present})
        restored = dict(self._orbax.restore(self._path(step), texts).items())
        return Facts(**restored.pop("facts"), preprocessing=restored)

    def find(self, which: str = "best") -> int | None:
        """The step of the "last" or "best" whole checkpoint, or of the one with the given number; None: there is none.

        A damaged one is passed over with a line of warning.

        Raises:
            InputError: that number is not there, or damaged.
        """
        if which not in ("last", "best"):
            return self._find_step(which)
        metrics: dict[int, float] = {}
        for step in reversed(self.steps()):
            if problem := self.problem(step):
                print(f"{self._path(step)}: {problem}; an earlier checkpoint is used", file=sys.stderr)
                continue
            if which == "last":
                return step
            metric = self._manifest(step)["metric"]
            metrics[step] = metric if metric is not None and math.isfinite(metric) else math.inf
        return min(metrics, key=lambda step: (metrics[step], -step), default=None)

    def steps(self) -> list[int]:
        """The steps of all checkpoints, rising."""
        return sorted(int(path.name) for path in self.folder.glob("*") if path.name.isdecimal())

    def problem(self, step: int) -> str | None:
        """What is wrong with the checkpoint of `step`, if something is: a file is missing, strange or changed."""
        try:
            manifest = self._manifest(step)
            found = _digests(self._path(step))
        except (OSError, ValueError) as error:
            return f"manifest not readable ({error})"
        if manifest.pop("sha256", None) != _digest_of(manifest):
            return "manifest damaged"
        if manifest["format"] > FORMAT:
            return f"format {manifest['format']} is newer than this program's {FORMAT}"
        differing = sorted(name for name in found | manifest["files"] if found.get(name) != manifest["files"].get(name))
        return f"{differing[0]} damaged" if differing else None

    def _find_step(self, which: str) -> int:
        steps = self.steps()
        if not which.isdecimal() or int(which) not in steps:
            raise InputError(f"--checkpoint: expected best, last or one of {steps}, got {which!r}")
        if problem := self.problem(int(which)):
            raise InputError(f"{self._path(int(which))}: expected a whole checkpoint, got {problem}; take another step")
        return int(which)

    def _path(self, step: int) -> Path:
        return self.folder / f"{step:06d}"

    def _manifest(self, step: int) -> dict[str, Any]:
        return json.loads((self._path(step) / MANIFEST).read_text("utf-8"))

    def _retain(self) -> None:
        kept = {*self.steps()[-self.keep :], self.find("best")}
        for step in set(self.steps()) - kept:
            deleting = self.folder / f"deleting-{step:06d}"  # no longer named by its step, whatever happens next
            os.rename(self._path(step), deleting)
            shutil.rmtree(deleting)

    def _remove_litter(self) -> None:
        for pattern in ("saving-*", "deleting-*"):
            for path in self.folder.glob(pattern):
                shutil.rmtree(path)


def load_checkpoint(folder: Path, which: str, lesson: int) -> tuple[int, Facts, Any]:
    """What prediction begins with: the step, facts and parameters of a checkpoint in `folder`.

    Raises:
        InputError: there is none, or it is of another lesson.
    """
    checkpoints = Checkpoints(folder)
    step = checkpoints.find(which)
    if step is None:
        raise InputError(f"{folder}: expected a trained model, got no checkpoint; train it first")
    facts = checkpoints.facts(step)
    if facts.lesson != lesson:
        raise InputError(f"{folder}: expected a checkpoint of lesson {lesson}, got one of lesson {facts.lesson}")
    return step, facts, checkpoints.restore_params(step)


def _rest(state: Any) -> dict[str, Any]:
    return {"step": state.step, "opt_state": state.opt_state, "key": state.key}


def _signature(state: Any) -> dict[str, str]:
    """Path -> dtype and shape of every array of `state`. Orbax would cast another dtype without a word."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(state)
    return {jax.tree_util.keystr(path): f"{leaf.dtype}{list(leaf.shape)}" for path, leaf in leaves}


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    manifest["files"] = _digests(folder)
    manifest["sha256"] = _digest_of(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
    for path in [*folder.rglob("*"), folder]:
        _sync(path)


def _digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def _digest_of(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _sync(path: Path) -> None:
    """Waits until a file or a folder's list of names is on the disk itself. Windows cannot sync a folder."""
    if path.is_file() or os.name != "nt":
        handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
