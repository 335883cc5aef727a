"""A batcher."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 7, exercise 2: a batcher.

A source gives rows one by one, {"inputs": [F], "targets": []}; a training step takes a batch, {"inputs": [B, F],
"targets": [B]}. Given a list of B rows, put their inputs one above the other, and do the same with their targets.
"""

import numpy as np


def stack(items):
    """B rows become one batch."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    batch_size = int(rng.integers(4, 7))
    batch = {"inputs": rng.normal(size=(batch_size, 2)), "targets": rng.normal(size=batch_size)}
    items = [{name: array[i] for name, array in batch.items()} for i in range(batch_size)]
    called, values = f"stack(items) of {batch_size} rows", learner.run("out = learner.stack(items)", items=items)
    expect(
        "out" in values,
        called=called,
        expected="a dict with the keys inputs, targets",
        got="an array of Python objects",
        mistake="a stack of the rows themselves, which are dicts; stack what they have under each name",
    )
    got = values["out"]
    expect(
        isinstance(got, dict),
        called=called,
        expected="a dict with the keys inputs, targets",
        got="an array" if isinstance(got, np.ndarray) else f"a value of type {type(got).__name__}",
        mistake="the list of rows that came in" if isinstance(got, list) else None,
    )
    expect_close(
        called,
        got,
        batch,
        mistakes={
            "one long row of all inputs: rows are joined, not stacked one above the other": batch
            | {"inputs": batch["inputs"].ravel()},
            "the rows side by side, [F, B]: stacked along another axis": batch | {"inputs": batch["inputs"].T},
            "a list of targets; a batch holds one array under each name": batch | {"targets": list(batch["targets"])},
            "lists of arrays; a batch holds one array under each name": {name: list(batch[name]) for name in batch},
            "the first row alone": items[0],
            "the last row alone: each row replaces the one before": items[-1],
            "the inputs alone: `return` stands in the loop": {"inputs": batch["inputs"]},
            "the inputs under both names": batch | {"targets": batch["inputs"]},
            "the means of the rows": {name: array.mean(axis=0) for name, array in batch.items()},
            "the rows in the opposite order": {name: array[::-1] for name, array in batch.items()},
            "all rows but the first": {name: array[1:] for name, array in batch.items()},
            "the sums of the rows": {name: array.sum(axis=0) for name, array in batch.items()},
            "a column of targets, [B, 1], where [B] is asked for": batch | {"targets": batch["targets"][:, None]},
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return {name: np.stack([item[name] for item in items]) for name in items[0]}\n",
    hints=(
        "Go through the names, inputs and targets: for each, collect what the items have under it.",
        "np.stack makes [B, F] of a list of B arrays [F], and [B] of a list of B numbers.",
    ),
    holds="The rows that a source gives become one batch, one row above the other.",
    stands_in="lesson7.stack",
    check=check,
    planted=(
        Planted(
            "concatenate",
            """\
    return {name: np.concatenate([np.atleast_1d(item[name]) for item in items]) for name in items[0]}
""",
            says="one long row of all inputs",
        ),
        Planted(
            "other axis",
            "    return {name: np.stack([item[name] for item in items], axis=-1) for name in items[0]}\n",
            says="stacked along another axis",
        ),
        Planted(
            "lists",
            "    return {name: [item[name] for item in items] for name in items[0]}\n",
            says="lists of arrays",
        ),
        Planted("list of dicts", "    return np.stack(items)\n", says="which are dicts"),
        Planted("as it came", "    return list(items)\n", says="the list of rows that came in"),
        Planted(
            "vstack for both",
            "    return {name: np.vstack([item[name] for item in items]) for name in items[0]}\n",
            says="a column of targets",
        ),
        Planted(
            "return in the loop",
            """\
    batch = {}
    for name in items[0]:
        batch[name] = np.stack([item[name] for item in items])
        return batch
""",
            says="stands in the loop",
        ),
        Planted(
            "a loop that replaces",
            """\
    for item in items:
        batch = {name: np.asarray(item[name]) for name in item}
    return batch
""",
            says="the last row alone",
        ),
    ),
    right={
        "np.array": """\
    return {
        "inputs": np.array([item["inputs"] for item in items]),
        "targets": np.array([item["targets"] for item in items]),
    }
""",
        "row by row into zeros": """\
    batch = {name: np.zeros((len(items), *np.shape(items[0][name])), np.float32) for name in items[0]}
    for i, item in enumerate(items):
        for name in item:
            batch[name][i] = item[name]
    return batch
""",
        "jax.tree.map": """\
    import jax
    return jax.tree.map(lambda *rows: np.stack(rows), *items)
""",
        "concatenate with an axis more": """\
    return {name: np.concatenate([item[name][None] for item in items], axis=0) for name in ("targets", "inputs")}
""",
    },
    twin=Twin(
        given=lambda rng: {"items": [{"inputs": rng.normal(size=4), "targets": rng.normal()} for _ in range(6)]},
        learner="out = learner.stack(items)",
        lesson="out = lesson.stack(items)",
    ),
    arrays="numpy",
)
