"""Mini-batches."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 6: mini-batches.

A step does not need all 12,165 rows: the gradient of 64 of them, picked at random, points downhill nearly as well. So
an epoch is cut into batches. `order` holds the row numbers 0 to N - 1 in a new order. Its first `batch_size` numbers
are the rows of the first batch, the next ones the rows of the second batch, and so on. Rows at the end that do not fill
a batch are left out.

A row is its inputs and its target: pick the same rows from both.
"""


def batches_of(rows, batch_size, order):
    """Yields the batches {"inputs": [B, F], "targets": [B]} of an epoch; rows is such a dict, of [N, F] and [N]."""
    for i in range(len(order) // batch_size):
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    batch_size = int(rng.integers(4, 8))
    num_batches, left = int(rng.integers(3, 6)), int(rng.integers(1, batch_size))
    num_rows = num_batches * batch_size + left
    rows = {"inputs": rng.normal(size=(num_rows, 3)), "targets": rng.normal(size=num_rows)}
    order = rng.permutation(num_rows)

    def batches(picked: list[np.ndarray], **others: list[np.ndarray]) -> list[dict[str, np.ndarray]]:
        """A batch for each array of row numbers; `others` are the row numbers of one name."""
        return [{name: rows[name][others.get(name, picked)[i]] for name in rows} for i in range(num_batches)]

    picked = np.split(order[:-left], num_batches)
    in_turn = np.split(np.arange(num_rows - left), num_batches)
    got = learner.run(
        "out = list(learner.batches_of(rows, batch_size, order))", rows=rows, batch_size=batch_size, order=order
    )
    expect_close(
        f"batches_of(rows, batch_size={batch_size}, order), {num_rows} rows",
        got["out"],
        batches(picked),
        mistakes={
            "the rows in the order of the table, not in the order given": batches(in_turn),
            "inputs in the new order and targets in the old one: they do not belong together": batches(
                picked, targets=in_turn
            ),
            "targets in the new order and inputs in the old one: they do not belong together": batches(
                picked, inputs=in_turn
            ),
            **{kind: batches(some) for kind, some in pieces(order, batch_size, num_batches).items()},
            "the row numbers of each batch, not its rows": picked,
            "the first batch alone: `return` ends the loop, and `yield` goes on": batches(picked)[:1],
            "the names of the first batch: `return` ends the loop, and `yield` goes on": [*rows],
        },
    )


def pieces(order: np.ndarray, batch_size: int, num_batches: int) -> dict[str, list[np.ndarray]]:
    """The row numbers of the batches, by each way to cut the order wrongly."""
    return {
        "batch i begins at place i, not at place i * batch_size: most rows come several times": [
            order[i : i + batch_size] for i in range(num_batches)
        ],
        "the first batch again and again": [order[:batch_size]] * num_batches,
        "rows from all over the order, order[i::n]; a batch is a piece in one": [
            order[i::num_batches][:batch_size] for i in range(num_batches)
        ],
        "rows from all over the order, order[i::batch_size]; a batch is a piece in one": [
            order[i::batch_size] for i in range(num_batches)
        ],
        "the first batch is left out: batch i begins at (i + 1) * batch_size": [
            order[(i + 1) * batch_size : (i + 2) * batch_size] for i in range(num_batches)
        ],
        "single rows, not batches": [order[i] for i in range(num_batches)],
        "all rows from the beginning of the batch to the end of the order": [
            order[i * batch_size :] for i in range(num_batches)
        ],
        "batches that are one row too long": [
            order[i * batch_size : (i + 1) * batch_size + 1] for i in range(num_batches)
        ],
        "batches that begin at place i, not at place i * batch_size, and grow": [
            order[i : (i + 1) * batch_size] for i in range(num_batches)
        ],
        "batches that are one row too short": [
            order[i * batch_size : (i + 1) * batch_size - 1] for i in range(num_batches)
        ],
        "batches that grow: each begins at the first row": [order[: (i + 1) * batch_size] for i in range(num_batches)],
    }


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        picked = order[i * batch_size : (i + 1) * batch_size]
        yield {name: array[picked] for name, array in rows.items()}
""",
    hints=(
        "Which piece of `order` has the row numbers of batch i? Where does it begin, and where does it end?",
        "picked = order[i * batch_size : (i + 1) * batch_size], and array[picked] picks these rows.",
        "`rows.items()` gives names with their arrays; yield a dict that has array[picked] under each name.",
    ),
    holds="An epoch shows each row at most once, in the order given, each target with its own inputs.",
    stands_in="bikes.shuffled",
    check=check,
    planted=(
        Planted(
            "order unused",
            """\
        yield {name: array[i * batch_size : (i + 1) * batch_size] for name, array in rows.items()}
""",
            says="in the order of the table",
        ),
        Planted(
            "torn pairs",
            """\
        first, last = i * batch_size, (i + 1) * batch_size
        yield {"inputs": rows["inputs"][order[first:last]], "targets": rows["targets"][first:last]}
""",
            says="inputs in the new order and targets in the old one",
        ),
        Planted(
            "overlapping",
            """\
        picked = order[i : i + batch_size]
        yield {name: array[picked] for name, array in rows.items()}
""",
            says="batch i begins at place i,",
        ),
        Planted(
            "the first again",
            """\
        picked = order[:batch_size]
        yield {name: array[picked] for name, array in rows.items()}
""",
            says="the first batch again and again",
        ),
        Planted(
            "one too short",
            """\
        picked = order[i * batch_size : (i + 1) * batch_size - 1]
        yield {name: array[picked] for name, array in rows.items()}
""",
            says="one row too short",
        ),
        Planted(
            "return of a batch",
            """\
        picked = order[i * batch_size : (i + 1) * batch_size]
        return {name: array[picked] for name, array in rows.items()}
""",
            says="the names of the first batch",
        ),
        Planted(
            "every batch_size-th row",
            """\
        picked = order[i::batch_size]
        yield {name: array[picked] for name, array in rows.items()}
""",
            says="order[i::batch_size]",
        ),
        Planted(
            "return for yield",
            """\
        picked = order[i * batch_size : (i + 1) * batch_size]
        return [{name: array[picked] for name, array in rows.items()}]
""",
            says="the first batch alone",
        ),
    ),
    right={
        "np.split": """\
        used = order[: len(order) // batch_size * batch_size].reshape(-1, batch_size)
        yield {"inputs": rows["inputs"][used[i]], "targets": rows["targets"][used[i]]}
""",
        "np.take": """\
        first = batch_size * i
        batch = {}
        for name in rows:
            batch[name] = rows[name].take(order[first:][:batch_size], axis=0)
        yield batch
""",
        "row by row": """\
        numbers = [order[i * batch_size + j] for j in range(batch_size)]
        yield {"targets": rows["targets"][numbers], "inputs": rows["inputs"][numbers]}
""",
    },
    twin=Twin(
        given=lambda rng: {
            "rows": {"inputs": rng.normal(size=(23, 3)), "targets": rng.normal(size=23)},
            "batch_size": int(rng.integers(3, 9)),
            "seed": int(rng.integers(1000)),
        },
        learner="""\
_order = np.random.default_rng((seed, 0)).permutation(23)
out = list(learner.batches_of(rows, batch_size, _order))
""",
        lesson="""\
_batches = lesson.shuffled(rows, batch_size, seed)(0)
out = [next(_batches) for _ in range(23 // batch_size)]
""",
    ),
    arrays="numpy",
)
