"""The batch of any step, and what is left over."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 7, exercise 5: the batch of any step, and what is left over.

Here an item of the source is a whole batch: item `step` is the batch of that step, and steps are counted on through all
epochs. 100 rows in batches of 32 make 3 batches per epoch, so step 7 is batch 1 of epoch 2 (both counted from 0). The 4
rows left over are in no batch of that epoch: each batch has batch_size rows, and one compiled program serves them all.

Return the batch of `step`. The row numbers in it are a piece of self.order(epoch).
"""

import numpy as np


class Batches:
    """A source whose item is a whole batch, {"inputs": [B, F], "targets": [B]}, picked at once, not row by row."""

    def __init__(self, rows, batch_size, seed):
        self.rows, self.batch_size, self.seed = rows, batch_size, seed
        self.num_rows = len(rows["inputs"])

    def order(self, epoch):
        """The row numbers in the order of an epoch."""
        return np.random.default_rng((self.seed, epoch)).permutation(self.num_rows)

    def __getitem__(self, step):
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    batch_size, per_epoch = 2 * int(rng.integers(3, 5)), int(rng.integers(3, 6))  # even: no two mistakes look alike
    num_rows = batch_size * per_epoch + int(rng.integers(1, batch_size))
    rows = {"inputs": rng.normal(size=(num_rows, 3)), "targets": rng.normal(size=num_rows)}
    # The first would be the short batch of epoch 1 if each epoch had one.
    steps = [
        2 * per_epoch + 1,
        0,
        per_epoch - 1,
        per_epoch,
        *map(int, rng.permutation(np.arange(1, 4 * per_epoch))[:5]),
    ]
    for step in steps:
        got = learner.run(
            "out = learner.Batches(rows, batch_size, seed)[step]\n"
            "orders = [learner.Batches(rows, batch_size, seed).order(epoch) for epoch in range(20)]",
            rows=rows,
            batch_size=batch_size,
            seed=int(rng.integers(1000)),
            step=step,
        )
        orders = got["orders"]
        expect_close(
            f"Batches(rows, batch_size={batch_size}, seed)[{step}] of {num_rows} rows",
            got["out"],
            picked_by(rows, piece(orders[step // per_epoch], step % per_epoch, batch_size)),
            mistakes={kind: picked_by(rows, picked) for kind, picked in mistaken(orders, step, batch_size).items()}
            | torn(rows, piece(orders[step // per_epoch], step % per_epoch, batch_size), step % per_epoch),
        )


def piece(order: np.ndarray, i: int, batch_size: int) -> np.ndarray:
    return order[i * batch_size : (i + 1) * batch_size]


def picked_by(rows: dict[str, np.ndarray], picked: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array[picked] for name, array in rows.items()}


def torn(rows: dict[str, np.ndarray], picked: np.ndarray, i: int) -> dict[str, Any]:
    """Kinds of mistake in what is done with the right row numbers."""
    unshuffled = {name: piece(array, i, len(picked)) for name, array in rows.items()}
    batch = picked_by(rows, picked)
    return {
        "inputs in the new order and targets in the old one: they do not belong together": batch
        | {"targets": unshuffled["targets"]},
        "the row numbers alone, not the rows": picked,
    }


def mistaken(orders: list[np.ndarray], step: int, batch_size: int) -> dict[str, np.ndarray]:
    """The row numbers that each kind of mistake picks."""
    num_rows = len(orders[0])
    per_epoch = num_rows // batch_size
    rounded_up = per_epoch + 1
    last = orders[step // rounded_up]
    return {
        "a piece that begins behind the end of the order: which batch of its epoch is it?": piece(
            orders[0], step, batch_size
        ),
        "the rows left over as a short batch: an epoch is counted as one batch too long": piece(
            last, step % rounded_up, batch_size
        ),
        "the rows left over as a batch, filled up with rows from the beginning of the order": np.take(
            last, np.arange(batch_size) + batch_size * (step % rounded_up), mode="wrap"
        ),
        "the rows left over begin the next epoch: a batch mixes two epochs": piece(
            np.concatenate(orders), step, batch_size
        ),
        "the order of epoch 0 in every epoch": piece(orders[0], step % per_epoch, batch_size),
        "step divided by batch_size; an epoch has num_rows // batch_size steps": piece(
            orders[step // batch_size], step % batch_size, batch_size
        ),
        "epoch and place in it swapped: divmod gives the epoch first": piece(
            orders[step % per_epoch], step // per_epoch, batch_size
        ),
        "a new order at each step: order(step), not order(epoch)": piece(orders[step], step % per_epoch, batch_size),
        "a piece of the right length that begins at place i, not at place i * batch_size": orders[step // per_epoch][
            step % per_epoch : step % per_epoch + batch_size
        ],
        "a piece that begins at place i, not at place i * batch_size, and has another length": orders[
            step // per_epoch
        ][step % per_epoch : (step % per_epoch + 1) * batch_size],
        "a piece that ends at place i + batch_size, not at (i + 1) * batch_size": orders[step // per_epoch][
            step % per_epoch * batch_size : step % per_epoch + batch_size
        ],
        "epochs counted from 1: the first one is epoch 0": piece(
            orders[step // per_epoch + 1], step % per_epoch, batch_size
        ),
        "the rows in the order of the table: self.order(epoch) is unused": piece(
            np.arange(num_rows), step % per_epoch, batch_size
        ),
    }


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        epoch, i = divmod(step, self.num_rows // self.batch_size)
        picked = self.order(epoch)[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
    hints=(
        "How many whole batches has an epoch? In which epoch is a step, and which batch of that epoch is it?",
        "divmod(7, 3) is (2, 1): step 7 is batch 1 of epoch 2 where an epoch has 3 batches, num_rows // batch_size.",
        "Batch i of an epoch has the rows self.order(epoch)[i * batch_size : (i + 1) * batch_size].",
    ),
    holds="Every step has a full batch, which depends on seed and step alone, so a run can go on at any step.",
    stands_in="lesson7.Batches",
    check=check,
    planted=(
        Planted(
            "no epochs",
            """\
        picked = self.order(0)[step * self.batch_size : (step + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="behind the end of the order",
        ),
        Planted(
            "short batch",
            """\
        epoch, i = divmod(step, -(-self.num_rows // self.batch_size))
        picked = self.order(epoch)[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="as a short batch",
        ),
        Planted(
            "two epochs in a batch",
            """\
        places = np.arange(step * self.batch_size, (step + 1) * self.batch_size)
        picked = [self.order(place // self.num_rows)[place % self.num_rows] for place in places]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="mixes two epochs",
        ),
        Planted(
            "order of epoch 0",
            """\
        i = step % (self.num_rows // self.batch_size)
        picked = self.order(0)[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="the order of epoch 0 in every epoch",
        ),
        Planted(
            "divided by batch_size",
            """\
        epoch, i = divmod(step, self.batch_size)
        picked = self.order(epoch)[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="step divided by batch_size",
        ),
        Planted(
            "epoch and place swapped",
            """\
        i, epoch = divmod(step, self.num_rows // self.batch_size)
        picked = self.order(epoch)[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="epoch and place in it swapped",
        ),
        Planted(
            "order of the step",
            """\
        i = step % (self.num_rows // self.batch_size)
        picked = self.order(step)[i * self.batch_size : (i + 1) * self.batch_size]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="a new order at each step",
        ),
        Planted(
            "filled up",
            """\
        epoch, i = divmod(step, -(-self.num_rows // self.batch_size))
        places = (i * self.batch_size + np.arange(self.batch_size)) % self.num_rows
        picked = self.order(epoch)[places]
        return {name: array[picked] for name, array in self.rows.items()}
""",
            says="filled up with rows",
        ),
        Planted(
            "targets in the old order",
            """\
        epoch, i = divmod(step, self.num_rows // self.batch_size)
        first, last = i * self.batch_size, (i + 1) * self.batch_size
        picked = self.order(epoch)[first:last]
        return {"inputs": self.rows["inputs"][picked], "targets": self.rows["targets"][first:last]}
""",
            says="they do not belong together",
        ),
        Planted(
            "order unused",
            """\
        i = step % (self.num_rows // self.batch_size)
        return {name: array[i * self.batch_size : (i + 1) * self.batch_size] for name, array in self.rows.items()}
""",
            says="the order of the table",
        ),
    ),
    right={
        "reshape": """\
        per_epoch = self.num_rows // self.batch_size
        order = self.order(step // per_epoch)[: per_epoch * self.batch_size].reshape(per_epoch, self.batch_size)
        return {name: array[order[step % per_epoch]] for name, array in self.rows.items()}
""",
        "a loop over epochs": """\
        epoch = 0
        while step >= self.num_rows // self.batch_size:
            step -= self.num_rows // self.batch_size
            epoch += 1
        picked = self.order(epoch)[step * self.batch_size :][: self.batch_size]
        return {"inputs": self.rows["inputs"][picked], "targets": self.rows["targets"][picked]}
""",
        "row by row": """\
        left = self.num_rows % self.batch_size
        used = self.num_rows - left
        epoch, first = divmod(step * self.batch_size, used)
        order = self.order(epoch)
        picked = [order[first + row] for row in range(self.batch_size)]
        return {name: array.take(picked, axis=0) for name, array in self.rows.items()}
""",
    },
    twin=Twin(
        given=lambda rng: {
            "rows": {"inputs": rng.normal(size=(31, 2)), "targets": rng.normal(size=31)},
            "batch_size": int(rng.integers(3, 9)),
            "seed": int(rng.integers(1000)),
            "step": int(rng.integers(40)),
        },
        learner="out = learner.Batches(rows, batch_size, seed)[step]",
        lesson="out = lesson.Batches(rows, batch_size, 100, seed)[step]",
    ),
    arrays="numpy",
)
