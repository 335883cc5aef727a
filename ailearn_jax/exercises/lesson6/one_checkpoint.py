"""One checkpoint for the weights and the normalizer."""

from collections.abc import Iterable

import numpy as np

from ailearn_jax.exercises.checking import alike, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 6, exercise 14: one checkpoint for the weights and the normalizer.

Whoever predicts next week needs the weights, and the normalizer that they were trained with: fed by another one, the
same network errs without a word. So both go into one checkpoint, which is there as a whole or not at all.

orbax writes a checkpoint as a folder with an item for each name:

    items = ocp.args.Composite(one_name=..., another_name=...)
    ocp.Checkpointer(ocp.CompositeCheckpointHandler()).save(folder, items)

An item is ocp.args.StandardSave(tree) for a tree of arrays, or ocp.args.JsonSave(values) for a dict of numbers, lists
and texts. Orbax makes the folder itself, and raises an error if it is there already. Leave it so: an old checkpoint
that is overwritten by mistake is lost. `load` is done. It shows which names and kinds it wants.
"""

import orbax.checkpoint as ocp


def save(folder, params, normalizer):
    """Saves `params`, a tree of arrays, and `normalizer`, a dict of numbers and lists, in the checkpoint `folder`."""
@hole@

def load(folder, params_like):
    """The weights, in a tree like `params_like`, and the normalizer."""
    items = ocp.args.Composite(params=ocp.args.StandardRestore(params_like), normalizer=ocp.args.JsonRestore())
    restored = ocp.Checkpointer(ocp.CompositeCheckpointHandler()).restore(folder, items)
    return restored.params, restored.normalizer
'''

SAVED = """
import json as _json
import logging as _logging
import tempfile as _tempfile
from pathlib import Path as _Path
import orbax.checkpoint as _ocp


def _load():
    items = {"params": _ocp.args.StandardRestore(), "normalizer": _ocp.args.JsonRestore()}
    return dict(_ocp.Checkpointer(_ocp.CompositeCheckpointHandler()).restore(_folder, _ocp.args.Composite(**items)))


_logging.disable()  # what orbax raises is told once, and not as a page of its threads as well
# a save that still goes on when the check is over must not be told as an error of tidying up
with _tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as _parent:
    _folder = _Path(_parent) / "checkpoint"
    learner.save(_folder, params, normalizer)
    kinds = {
        item.name: "json" if (item / "metadata").exists() else "arrays" if (item / "_METADATA").exists() else "neither"
        for item in _folder.glob("*/")
    }
    is_empty = not _folder.is_file() and not any(_folder.glob("*"))
    _about = _folder / "_CHECKPOINT_METADATA"
    is_checkpoint = _about.is_file()
    by_one_save = list(_json.loads(_about.read_text())["item_handlers"] or []) if is_checkpoint else []
    loaded, refused = {}, False
    if is_checkpoint and kinds == {"params": "arrays", "normalizer": "json"}:
        loaded = _load()
        dtypes = [str(array.dtype) for array in jax.tree.leaves(loaded["params"]) if hasattr(array, "dtype")]
        try:
            learner.save(_folder, other, normalizer)
        except Exception:
            refused = True
        left = _load()["params"] if _folder.exists() else {}
"""

# What is raised, and the kind of mistake that makes it raise just that.
RAISED = {
    "already exists": "a folder made before, by mkdir or a first save; orbax makes it itself",
    "is not JSON serializable": "arrays as JSON, which takes numbers, lists and texts; StandardSave takes arrays",
    "subclass of `CheckpointArgs`": "an item without ocp.args.StandardSave or ocp.args.JsonSave around it",
    "RestoreArgs' object": "the arguments of `load`, which read; those of `save` end in Save",
    "Composite.__init__()": "items not given to ocp.args.Composite by name: params=..., normalizer=...",
    "SaveArgs' object has no attribute 'keys'": "no ocp.args.Composite around the items",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_inputs, num_units = rng.choice([2, 3, 4, 5], 2, replace=False).tolist()
    params, other = (
        {
            "hidden": {"kernel": rng.normal(size=(num_inputs, num_units)), "bias": rng.normal(size=num_units)},
            "out": {"kernel": rng.normal(size=(num_units, 1)), "bias": rng.normal(size=1)},
        }
        for _ in range(2)
    )
    normalizer = {
        "mean": rng.normal(size=num_inputs).tolist(),
        "std": rng.uniform(1, 3, num_inputs).tolist(),
        "target_mean": round(rng.uniform(100, 200), 1),
        "target_std": round(rng.uniform(50, 99), 1),
    }
    called = "save(folder, params, normalizer)"
    with explaining(called, RAISED):
        got = learner.run(SAVED, params=params, other=other, normalizer=normalizer)
    expect_items(called, got)
    halves = sorted({"float16", "bfloat16"}.intersection(got["dtypes"]))
    then_load = f"{called}, then load"
    expect(not halves, f"{then_load}: the weights", "float32", ", ".join(halves), "numbers cut to half their digits")
    expect_close(f"{then_load}: the weights", got["loaded"]["params"], params, rtol=1e-6, atol=0)
    expect_close(f"{then_load}: the normalizer", got["loaded"]["normalizer"], normalizer, rtol=1e-6, atol=0)
    kept = alike(got["left"], params)
    expect(
        got["refused"] and kept,
        "save into the folder of an earlier checkpoint",
        "an error; the earlier one stays",
        "an error, but the earlier one is gone" if got["refused"] else "no error",
        "no word to the caller, who now believes that the new weights are there"
        if kept
        else "the earlier one overwritten or removed, as by force=True",
    )


def expect_items(called: str, got: dict) -> None:
    """Raises Failure unless the folder holds the two items, each of its kind, written by one save."""
    kinds, is_checkpoint = got["kinds"], got["is_checkpoint"]
    names = ", ".join(sorted(kinds)) or "none"
    expected = "a checkpoint with the items normalizer and params"
    if "params" not in kinds and "normalizer" not in kinds and not is_checkpoint:
        if not got["is_empty"]:
            mistake = "files that orbax did not write, or a checkpoint in a folder within `folder`"
            expect(False, called, expected, "other files, and no checkpoint", mistake)
        mistake = "no save into `folder` itself, or one that is not done when the function returns"
        expect(False, called, expected, "no checkpoint in that folder", mistake)
    if is_checkpoint and set(kinds.values()) == {"neither"}:
        expect(False, called, expected, "a checkpoint without items", "one tree with both in it")
    missing = missing_of(kinds)
    match missing:
        case ["normalizer"] if len(kinds) == 1:
            mistake = "no item for the normalizer that the weights were trained with"
        case ["params"] if len(kinds) == 1:
            mistake = "no item for the weights"
        case _:
            mistake = "items by other names than `load` asks for"
    expect(not missing, called, expected, f"the items {names}", mistake)
    expect(
        is_checkpoint,
        called,
        "one checkpoint with both items",
        "a checkpoint for each, in a folder of its own",
        "two saves; a process that dies between them leaves one without the other",
    )
    late = missing_of(got["by_one_save"])
    expect(
        not late,
        called,
        "both items written by one save",
        f"{', '.join(late)} put there by something else",
        "an item added afterwards; a process that dies in between leaves one without the other",
    )
    savers = {"arrays": "ocp.args.StandardSave", "json": "ocp.args.JsonSave", "neither": "something else"}
    for name, kind in {"params": "arrays", "normalizer": "json"}.items():
        expect(
            kinds[name] == kind,
            called,
            f"the item {name} by {savers[kind]}",
            f"{name} by {savers[kinds[name]]}",
            "the two values swapped" if set(kinds.values()) == {"arrays", "json"} else None,
        )
    expect(len(kinds) == 2, called, expected, f"the items {names}")


def missing_of(names: Iterable[str]) -> list[str]:
    """The items that are not among the `names`."""
    return sorted({"params", "normalizer"}.difference(names))


ITEMS = """\
    items = ocp.args.Composite(params=ocp.args.StandardSave(params), normalizer=ocp.args.JsonSave(normalizer))
"""
SAVE = """\
    ocp.Checkpointer(ocp.CompositeCheckpointHandler()).save(folder, items)

"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n\n",
    solution=ITEMS + SAVE,
    hints=(
        "Two items, and one call of `save` for both. Their names are those that `load` asks for.",
        "The weights are arrays, the normalizer is a dict of numbers: StandardSave for one, JsonSave for the other.",
        "items = ocp.args.Composite(params=ocp.args.StandardSave(params), normalizer=...)",
    ),
    holds="The weights and the normalizer that they belong to stand in one checkpoint, and no older one is lost.",
    stands_in="checkpoints.Checkpoints._write_items",
    check=check,
    planted=(
        Planted(
            "no normalizer",
            """\
    items = ocp.args.Composite(params=ocp.args.StandardSave(params))
"""
            + SAVE,
            says="no item for the normalizer",
        ),
        Planted(
            "no weights",
            """\
    items = ocp.args.Composite(normalizer=ocp.args.JsonSave(normalizer))
"""
            + SAVE,
            says="no item for the weights",
        ),
        Planted(
            "names of one's own",
            """\
    items = ocp.args.Composite(weights=ocp.args.StandardSave(params), scale=ocp.args.JsonSave(normalizer))
"""
            + SAVE,
            says="items by other names",
        ),
        Planted(
            "swapped",
            """\
    items = ocp.args.Composite(params=ocp.args.JsonSave(normalizer), normalizer=ocp.args.StandardSave(params))
"""
            + SAVE,
            says="the two values swapped",
        ),
        Planted(
            "both as arrays",
            """\
    items = ocp.args.Composite(params=ocp.args.StandardSave(params), normalizer=ocp.args.StandardSave(normalizer))
"""
            + SAVE,
            says="the item normalizer by ocp.args.JsonSave",
        ),
        Planted(
            "two checkpoints",
            """\
    ocp.Checkpointer(ocp.StandardCheckpointHandler()).save(folder / "params", args=ocp.args.StandardSave(params))
    ocp.Checkpointer(ocp.JsonCheckpointHandler()).save(folder / "normalizer", args=ocp.args.JsonSave(normalizer))

""",
            says="two saves",
        ),
        Planted(
            "overwrites",
            ITEMS + "    ocp.Checkpointer(ocp.CompositeCheckpointHandler()).save(folder, items, force=True)\n\n",
            says="force=True",
        ),
        Planted(
            "makes the folder",
            "    folder.mkdir()\n" + ITEMS + SAVE,
            says="orbax makes it itself",
        ),
        Planted(
            "items, but no save",
            """\
    return ocp.args.Composite(params=ocp.args.StandardSave(params), normalizer=ocp.args.JsonSave(normalizer))

""",
            says="not done when the function returns",
        ),
        Planted(
            "one tree",
            """\
    checkpointer = ocp.StandardCheckpointer()
    checkpointer.save(folder, {"params": params, "normalizer": normalizer})
    checkpointer.wait_until_finished()

""",
            says="one tree with both in it",
        ),
        Planted(
            "half the digits",
            """\
    import jax

    half = jax.tree.map(lambda array: array.astype("float16"), params)
    items = ocp.args.Composite(params=ocp.args.StandardSave(half), normalizer=ocp.args.JsonSave(normalizer))
"""
            + SAVE,
            says="cut to half their digits",
        ),
        Planted(
            "a normalizer added afterwards",
            """\
    import json

    items = ocp.args.Composite(params=ocp.args.StandardSave(params))
    ocp.Checkpointer(ocp.CompositeCheckpointHandler()).save(folder, items)
    (folder / "normalizer").mkdir()
    (folder / "normalizer" / "metadata").write_text(json.dumps(normalizer))

""",
            says="an item added afterwards",
        ),
        Planted(
            "keeps the error to itself",
            ITEMS
            + """\
    if not folder.exists():
        ocp.Checkpointer(ocp.CompositeCheckpointHandler()).save(folder, items)

""",
            says="no word to the caller",
        ),
        Planted(
            "both as JSON",
            """\
    items = ocp.args.Composite(params=ocp.args.JsonSave(params), normalizer=ocp.args.JsonSave(normalizer))
"""
            + SAVE,
            says="StandardSave takes arrays",
        ),
        Planted(
            "items as they are",
            """\
    items = ocp.args.Composite(params=params, normalizer=normalizer)
"""
            + SAVE,
            says="an item without ocp.args.StandardSave",
        ),
        Planted(
            "the lines of load",
            """\
    items = ocp.args.Composite(params=ocp.args.StandardRestore(params), normalizer=ocp.args.JsonRestore())
"""
            + SAVE,
            says="the arguments of `load`",
        ),
        Planted(
            "items without names",
            """\
    items = {"params": ocp.args.StandardSave(params), "normalizer": ocp.args.JsonSave(normalizer)}
"""
            + SAVE,
            says="not given to ocp.args.Composite by name",
        ),
        Planted(
            "no composite",
            """\
    items = ocp.args.StandardSave(params), ocp.args.JsonSave(normalizer)
    ocp.Checkpointer(ocp.CompositeCheckpointHandler()).save(folder, *items)

""",
            says="no ocp.args.Composite around the items",
        ),
        Planted(
            "a tree around the weights",
            """\
    params = {"params": params}
"""
            + ITEMS
            + SAVE,
            says="the keys params",
        ),
        Planted(
            "a rounded normalizer",
            """\
    import numpy as np

    normalizer = {name: np.round(values, 3).tolist() for name, values in normalizer.items()}
"""
            + ITEMS
            + SAVE,
            says="['mean']",
        ),
        Planted(
            "a pickle",
            """\
    import pickle

    folder.mkdir()
    (folder / "model.pickle").write_bytes(pickle.dumps((params, normalizer)))

""",
            says="files that orbax did not write",
        ),
    ),
    right={
        "a dict of items": """\
    items = {"normalizer": ocp.args.JsonSave(normalizer), "params": ocp.args.StandardSave(params)}
    with ocp.Checkpointer(ocp.CompositeCheckpointHandler()) as checkpointer:
        checkpointer.save(folder, ocp.args.Composite(**items))

""",
        "items named beforehand": """\
    handler = ocp.CompositeCheckpointHandler(
        params=ocp.StandardCheckpointHandler(), normalizer=ocp.JsonCheckpointHandler()
    )
    arguments = ocp.args.Composite(params=ocp.args.StandardSave(params), normalizer=ocp.args.JsonSave(normalizer))
    ocp.Checkpointer(handler).save(str(folder), args=arguments)

""",
        "an error of one's own": """\
    if folder.exists():
        raise RuntimeError(f"{folder} is there already")
"""
        + ITEMS
        + SAVE,
        "in the background": """\
    checkpointer = ocp.AsyncCheckpointer(ocp.CompositeCheckpointHandler())
    items = ocp.args.Composite(params=ocp.args.PyTreeSave(params), normalizer=ocp.args.JsonSave(normalizer))
    checkpointer.save(folder, items)
    checkpointer.wait_until_finished()

""",
    },
    twin=Twin(
        given=lambda rng: {
            "params": {"out": {"kernel": rng.normal(size=(3, 1)), "bias": rng.normal(size=1)}},
            "normalizer": {"mean": [1.5, -2.25, 0.5], "std": [1.0, 2.0, 3.0], "target_mean": 1.0, "target_std": 2.0},
        },
        learner="""\
import tempfile as _tempfile
from pathlib import Path as _Path
with _tempfile.TemporaryDirectory() as _folder:
    learner.save(_Path(_folder) / "checkpoint", params, normalizer)
    out = learner.load(_Path(_folder) / "checkpoint", params)
""",
        lesson="""\
import tempfile as _tempfile
from pathlib import Path as _Path
from ailearn_jax.training import TrainState as _TrainState
with _tempfile.TemporaryDirectory() as _folder:
    _state = _TrainState(step=jnp.zeros((), int), params=params, opt_state=(), key=jax.random.key(0))
    _facts = lesson.Facts(6, {}, {"normalizer": normalizer})
    lesson.Checkpoints(_Path(_folder), keep=1, say=print).save(1, _state, _facts, None)
    _, _facts, _params = lesson.load_checkpoint(_Path(_folder), "last", 6, lambda facts: params)
    out = _params, _facts.preprocessing["normalizer"]
""",
    ),
)
