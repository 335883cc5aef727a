"""Mini-batches."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 6: mini-batches.

One step does not need all 12,165 rows: 64 of them, picked at random, point downhill nearly as well. So an epoch is
cut into batches. `order` holds the row numbers 0 to N - 1 in a new order; the first batch has the rows that its first
`batch_size` numbers name, the second the next, and so on. What is left at the end and fills no batch is left out.

A row is its inputs and its target: what is picked from one has to be picked from the other.
"""


def batches_of(rows, batch_size, order):
    """Yields the batches of an epoch: {"inputs": [B, F], "targets": [B]} each, from such rows [N, F] and [N]."""
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
            "the rows as they stand, not in the order that is given": batches(in_turn),
            "inputs in the new order and targets in the old one: the pairs are torn": batches(picked, targets=in_turn),
            "targets in the new order and inputs in the old one: the pairs are torn": batches(picked, inputs=in_turn),
            "batch i begins at place i, not at place i * batch_size: most rows come again and again": batches(
                [order[i : i + batch_size] for i in range(num_batches)]
            ),
            "the first batch again and again": batches([order[:batch_size]] * num_batches),
            "rows from all over the order, each some places after the one before; a batch is a piece of it": batches(
                [order[i::num_batches][:batch_size] for i in range(num_batches)]
            ),
            "batches that are one row too short": batches([rows[:-1] for rows in picked]),
            "batches that grow: each begins at the first row": batches(
                [order[: (i + 1) * batch_size] for i in range(num_batches)]
            ),
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        picked = order[i * batch_size : (i + 1) * batch_size]
        yield {name: array[picked] for name, array in rows.items()}
""",
    hints=(
        "Which piece of `order` names the rows of batch i? Where does it begin, and where does the next one?",
        "picked = order[i * batch_size : (i + 1) * batch_size], and array[picked] picks these rows.",
        "`rows.items()` gives names with their arrays; yield a dict that has array[picked] under each name.",
    ),
    holds="An epoch shows each row once at most, in the order given, its target always beside its inputs.",
    stands_in="bikes.shuffled",
    check=check,
    planted=(
        Planted(
            "order unused",
            """\
        yield {name: array[i * batch_size : (i + 1) * batch_size] for name, array in rows.items()}
""",
            says="as they stand",
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
            "return for yield",
            """\
        picked = order[i * batch_size : (i + 1) * batch_size]
        return [{name: array[picked] for name, array in rows.items()}]
""",
            says="got 1 values",
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
