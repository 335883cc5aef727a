"""A model that needs no training."""

from collections.abc import Callable

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 13: a model that needs no training.

Is an error of 75 bikes good? Compare it with what something simple reaches (a baseline), such as a table of means: for
each hour of each kind of day, the mean of the training targets. `cell` says for each row which of the 48 it belongs to,
0 to 47, as in exercise 2.

A cell that no training row belongs to is a gap: put the mean of all targets there.
"""

import numpy as np

HOURS = 24


def table_of_means(cell, targets):
    """The mean target of each of the 48 cells: [48], from the cells [N] and the targets [N] of the training rows."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows = int(rng.integers(90, 140))
    known = rng.permutation(47)[: int(rng.integers(20, 40))]  # cell 47, the last one, is always a gap
    cell = rng.choice(known, num_rows)
    targets = rng.uniform(1, 900, num_rows) + 5.0 * cell
    members = [targets[cell == c] for c in range(48)]

    def table(of_members: Callable[[np.ndarray], float], gap: float) -> np.ndarray:
        return np.array([of_members(some) if len(some) else gap for some in members])

    means = table(np.mean, targets.mean())
    expect_close(
        f"table_of_means(cell, targets) of {num_rows} rows",
        learner.call("table_of_means", cell, targets),
        means,
        mistakes={
            "0 in the gaps; the mean of all targets is the better guess": table(np.mean, 0.0),
            "no number in the gaps: 0 divided by 0": table(np.mean, np.nan),
            "the mean of the table in its gaps; asked for is the mean of all targets": table(
                np.mean, float(np.mean([some.mean() for some in members if len(some)]))
            ),
            "the sums of the cells, not their means": table(np.sum, targets.mean()),
            "the numbers of rows in the cells, not the means of their targets": table(len, targets.mean()),
            "the counts of the cells, not the means of their targets": np.bincount(cell, minlength=48),
            "the mean of all targets in every cell": np.full(48, targets.mean()),
            "one target of each cell, its last row's: table[cell] = ... and += keep only one row": table(
                lambda some: some[-1], targets.mean()
            ),
            "the mean of all targets in the known cells, and 0 in the gaps: a and b are swapped in np.where": table(
                lambda some: targets.mean(), 0.0
            ),
            "24 values, one for each hour; the hours of working days have cells of their own": means[:24],
            "the known cells alone, without the gaps": np.array([some.mean() for some in members if len(some)]),
            "a table that ends at the last known cell, where 48 are asked for": means[: cell.max() + 1],
            "the sum of each cell divided by the number of all rows": table(
                lambda some: np.sum(some) / num_rows, targets.mean()
            ),
            "the middle values (medians), not the means": table(np.median, targets.mean()),
            "one number for each row, the mean of its cell; asked for is one number for each cell": means[cell],
        },
        rtol=1e-3,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    sums = np.bincount(cell, weights=targets, minlength=2 * HOURS)
    counts = np.bincount(cell, minlength=2 * HOURS)
    return np.where(counts > 0, sums / np.maximum(counts, 1), targets.mean())
""",
    hints=(
        "A mean is a sum divided by a count: first both of them, for each cell.",
        "np.bincount(cell, minlength=48) counts the rows of each cell; with weights=targets it adds up their targets.",
        "np.where(counts > 0, sums / np.maximum(counts, 1), targets.mean()): np.maximum avoids a division by 0.",
    ),
    holds="There is a baseline to beat: the RMSE of 48 means. The straight line of this lesson does not beat it.",
    stands_in="bikes.baselines",
    check=check,
    planted=(
        Planted(
            "zero in the gaps",
            """\
    sums = np.bincount(cell, weights=targets, minlength=2 * HOURS)
    return sums / np.maximum(np.bincount(cell, minlength=2 * HOURS), 1)
""",
            says="is the better guess",
        ),
        Planted(
            "no number in the gaps",
            """\
    with np.errstate(invalid="ignore"):
        sums = np.bincount(cell, weights=targets, minlength=2 * HOURS)
        return sums / np.bincount(cell, minlength=2 * HOURS)
""",
            says="0 divided by 0",
        ),
        Planted(
            "sums",
            """\
    sums = np.bincount(cell, weights=targets, minlength=2 * HOURS)
    return np.where(np.bincount(cell, minlength=2 * HOURS) > 0, sums, targets.mean())
""",
            says="the sums of the cells",
        ),
        Planted(
            "one row of each cell",
            """\
    sums, counts = np.zeros(2 * HOURS), np.zeros(2 * HOURS)
    sums[cell] += targets
    counts[cell] += 1
    return np.where(counts > 0, sums / np.maximum(counts, 1), targets.mean())
""",
            says="keep only one row",
        ),
        Planted(
            "counts",
            "    return np.bincount(cell, minlength=2 * HOURS)\n",
            says="the counts of the cells",
        ),
        Planted(
            "short table",
            """\
    sums, counts = np.bincount(cell, weights=targets), np.bincount(cell)
    return np.where(counts > 0, sums / np.maximum(counts, 1), targets.mean())
""",
            says="ends at the last known cell",
        ),
        Planted(
            "divided by all rows",
            """\
    sums = np.bincount(cell, weights=targets, minlength=2 * HOURS)
    counts = np.bincount(cell, minlength=2 * HOURS)
    return np.where(counts > 0, sums / len(cell), targets.mean())
""",
            says="divided by the number of all rows",
        ),
        Planted(
            "mean of the table in the gaps",
            """\
    sums = np.bincount(cell, weights=targets, minlength=2 * HOURS)
    counts = np.bincount(cell, minlength=2 * HOURS)
    means = sums / np.maximum(counts, 1)
    return np.where(counts > 0, means, means[counts > 0].mean())
""",
            says="the mean of the table in its gaps",
        ),
    ),
    right={
        "a loop over the cells": """\
    table = np.full(2 * HOURS, targets.mean())
    for c in set(cell.tolist()):
        table[c] = targets[cell == c].mean()
    return table
""",
        "a loop over the rows": """\
    sums, counts = [0.0] * 48, [0] * 48
    for c, target in zip(cell, targets):
        sums[c] += float(target)
        counts[c] += 1
    return np.array([s / n if n else targets.mean() for s, n in zip(sums, counts)])
""",
        "a matrix product": """\
    ones = (cell[None] == np.arange(2 * HOURS)[:, None]).astype(np.float32)
    counts = ones.sum(axis=1)
    table = (ones @ targets) / np.where(counts == 0, 1, counts)
    table[counts == 0] = np.mean(targets)
    return table
""",
    },
    twin=Twin(
        given=lambda rng: {
            "cell": rng.integers(40, size=90),
            "targets": rng.uniform(1, 900, 90),
            "rows_cell": rng.permutation(48),
            "rows_targets": rng.uniform(1, 900, 48),
        },
        learner="out = np.sqrt(np.mean((learner.table_of_means(cell, targets)[rows_cell] - rows_targets) ** 2))",
        lesson="""\
_found = lesson.baselines({"cell": cell, "targets": targets}, {"cell": rows_cell, "targets": rows_targets})
out = _found["means by hour and working day"]
""",
    ),
    arrays="numpy",
)
