"""The mean over a whole set."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 11: the mean over a whole set.

A compiled function is made for one shape: `eval_step` takes exactly `batch_size` rows and returns one loss for each.
The last batch of a set may have fewer rows. Fill it up to batch_size with any rows, measure it, and add up the losses
of the real rows only: each row of the set counts once, and all count the same.

np.resize(array, shape) repeats what is there until the shape is full.
"""

import numpy as np


def evaluate(eval_step, rows, batch_size):
    """The mean loss of all rows {"inputs": [N, F], "targets": [N]}; eval_step(batch) gives the loss of each row [B]."""
    num_rows = len(rows["inputs"])
    total = 0.0
    for start in range(0, num_rows, batch_size):
        batch = {name: array[start : start + batch_size] for name, array in rows.items()}
@hole@
    return total / num_rows
'''

STEP = """\
def _eval_step(batch):
    if len(batch["inputs"]) != batch_size or len(batch["targets"]) != batch_size:
        raise ValueError(f"eval_step takes batches of {batch_size} rows, this one has {len(batch['inputs'])}")
    return (batch["inputs"].sum(axis=1) - batch["targets"] + 1) ** 2
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    batch_size = int(rng.integers(4, 8))
    last = int(rng.integers(1, batch_size - 1))
    for num_rows in (2 * batch_size + last, 3 * batch_size, last):
        rows = {"inputs": rng.normal(size=(num_rows, 3)), "targets": rng.normal(4, 1, num_rows)}
        losses = (rows["inputs"].sum(axis=1) - rows["targets"] + 1) ** 2  # a row of zeros has a loss, too
        batches = [losses[start : start + batch_size] for start in range(0, num_rows, batch_size)]
        padded = [np.resize(batch, batch_size) for batch in batches]  # the padding counts, too
        zeros = [np.append(batch, np.ones(batch_size - len(batch))) for batch in batches]
        got = learner.run(
            STEP + "out = learner.evaluate(_eval_step, rows, batch_size)", rows=rows, batch_size=batch_size
        )
        expect_close(
            f"evaluate(eval_step, rows, batch_size={batch_size}), {num_rows} rows",
            got["out"],
            np.mean(losses),
            mistakes={
                "the rows that filled up the last batch are counted": np.sum(padded) / num_rows,
                "the rows of zeros that filled up the last batch are counted: they have a loss, too": np.sum(zeros)
                / num_rows,
                "means that count the padding, each times the number of real rows": sum(
                    len(batch) * full.mean() for batch, full in zip(batches, padded, strict=True)
                )
                / num_rows,
                "the losses of the padding, not of the real rows: [:count], not [count:]": sum(
                    full[len(batch) :].sum() for batch, full in zip(batches, padded, strict=True)
                )
                / num_rows,
                "each batch divided by batch_size: the one division stands at the end": np.sum(losses)
                / batch_size
                / num_rows,
                "the sum of the first batch: `return` stands in the loop": np.sum(batches[0]),
                "the last batch is left out": sum(map(np.sum, (b for b in batches if len(b) == batch_size))) / num_rows,
                "the mean of the batches' means: the rows of a short batch count more than others": batch_size
                * sum(map(np.mean, batches))
                / num_rows,
                "the means of the batches added up, where their sums are asked for": sum(map(np.mean, batches))
                / num_rows,
                "the sum of the last batch alone: each batch replaces the one before": np.sum(batches[-1]) / num_rows,
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        count = len(batch["inputs"])
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        total += float(eval_step(padded)[:count].sum())
""",
    hints=(
        "Remember how many real rows the batch has before you fill it up.",
        "For each array of the batch: np.resize(array, (batch_size, *array.shape[1:])). The real rows come first.",
        "total += the sum of the first `count` losses, float(eval_step(padded)[:count].sum()).",
    ),
    holds="One compiled function measures a set of any length, and each row counts the same.",
    stands_in="evaluation.evaluate",
    check=check,
    planted=(
        Planted(
            "padding counted",
            """\
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        total += float(eval_step(padded).sum())
""",
            says="the rows that filled up",
        ),
        Planted(
            "zeros counted",
            """\
        missing = batch_size - len(batch["inputs"])
        inputs, targets = np.pad(batch["inputs"], ((0, missing), (0, 0))), np.pad(batch["targets"], (0, missing))
        total += float(eval_step({"inputs": inputs, "targets": targets}).sum())
""",
            says="the rows of zeros that filled up",
        ),
        Planted(
            "mean of all times count",
            """\
        count = len(batch["inputs"])
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        total += count * float(eval_step(padded).mean())
""",
            says="means that count the padding",
        ),
        Planted(
            "last batch left out",
            """\
        if len(batch["inputs"]) == batch_size:
            total += float(eval_step(batch).sum())
""",
            says="the last batch is left out",
        ),
        Planted(
            "mean of means",
            """\
        count = len(batch["inputs"])
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        total += batch_size * float(eval_step(padded)[:count].mean())
""",
            says="the mean of the batches' means",
        ),
        Planted(
            "means added",
            """\
        count = len(batch["inputs"])
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        total += float(eval_step(padded)[:count].mean())
""",
            says="where their sums are asked for",
        ),
        Planted(
            "not filled up",
            "        total += float(eval_step(batch).sum())\n",
            says="eval_step takes batches of",
        ),
        Planted(
            "replaced",
            """\
        count = len(batch["inputs"])
        padded = {name: np.resize(array, (batch_size, *array.shape[1:])) for name, array in batch.items()}
        total = float(eval_step(padded)[:count].sum())
""",
            says="each batch replaces",
        ),
    ),
    right={
        "zeros below": """\
        count = len(batch["inputs"])
        missing = batch_size - count
        inputs = np.pad(batch["inputs"], ((0, missing), (0, 0)))
        targets = np.pad(batch["targets"], (0, missing))
        total += sum(eval_step({"inputs": inputs, "targets": targets})[:count])
""",
        "a mask": """\
        picked = np.arange(batch_size)
        real = start + picked < num_rows
        losses = eval_step({name: array[(start + picked) % num_rows] for name, array in rows.items()})
        total += losses @ real
""",
        "a loop over the rows": """\
        for row in range(len(batch["targets"])):
            repeated = {name: np.stack([array[row]] * batch_size) for name, array in batch.items()}
            total += eval_step(repeated)[0]
""",
    },
    twin=Twin(
        given=lambda rng: {
            "rows": {"inputs": rng.normal(size=(int(rng.integers(3, 29)), 4))},
            "batch_size": int(rng.integers(2, 9)),
        },
        learner="""\
rows["targets"] = rows["inputs"][:, 0] ** 3
out = learner.evaluate(lambda batch: jnp.abs(batch["targets"]), rows, batch_size)
""",
        lesson="""\
rows["targets"] = rows["inputs"][:, 0] ** 3
_measured = lesson.evaluate(lambda params, batch: {"loss": jnp.abs(batch["targets"])}, jnp.zeros(1), rows, batch_size)
out = _measured["loss"]
""",
    ),
    arrays="numpy",
)
