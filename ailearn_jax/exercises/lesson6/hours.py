"""An hour is a category, not a quantity."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 2: an hour is a category, not a quantity.

To a straight line 16 o'clock counts twice as much as 8 o'clock. For bikes it does not. So give each hour two columns of
its own, one for days off and one for working days: 48 columns. A row has 1.0 in one of them, and 0.0 in all the others
(a one-hot encoding).

The cell of a row is the number of the column with its 1.0: 0 to 23 for the hours of a day off, 24 to 47 for the hours
of a working day. Both columns of the table hold numbers such as 17.0, and an index has to be a whole number.
"""

import numpy as np

HOURS = 24


def encode(hr, workingday):
    """48 columns [N, 48] of 1.0 and 0.0 from the table's hr [N], 0 to 23, and workingday [N], 0 or 1."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows = int(rng.integers(9, 40))
    hr, workingday = rng.integers(24, size=num_rows), rng.integers(2, size=num_rows)
    hr[:4], workingday[:4] = (0, 23, 0, 23), (0, 0, 1, 1)

    def columns(cell: np.ndarray) -> np.ndarray:
        return (cell[:, None] % 48 == np.arange(48)).astype(float)

    expect_close(
        "encode(hr, workingday)",
        learner.call("encode", hr.astype(float), workingday.astype(float)),
        columns(24 * workingday + hr),
        mistakes={
            "one column for each hour, the same on a working day and on a day off": columns(hr),
            "two 1s in the rows of working days: the first 24 columns are for days off alone": np.maximum(
                columns(hr), columns(24 * workingday + hr)
            ),
            "two 1s in each row: the kind of day decides which half gets it": columns(hr) + columns(24 + hr),
            "the cells alone; asked for is a row of 48 numbers for each": 24 * workingday + hr,
            "working days in the first 24 columns and days off in the last": columns(24 * (1 - workingday) + hr),
            "the two kinds of day side by side for each hour, not all of one and then all of the other": columns(
                2 * hr + workingday
            ),
            "each 1 one column too far left": columns(24 * workingday + hr - 1),
            "each 1 one column too far right": columns(24 * workingday + hr + 1),
            "the columns down and the rows across: it is transposed": columns(24 * workingday + hr).T,
            "24 columns, too few for two kinds of day": columns(hr)[:, :24],
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    cell = HOURS * np.asarray(workingday, np.int64) + np.asarray(hr, np.int64)
    return np.eye(2 * HOURS, dtype=np.float32)[cell]
""",
    hints=(
        "First the cell, one number for each row: the hour, and 24 more on a working day.",
        "Row c of np.eye(48) has a single 1.0, at place c. Indexed by an array of cells, it gives a row for each.",
        "np.eye(2 * HOURS, dtype=np.float32)[cell], where cell = HOURS * workingday + hr as whole numbers.",
    ),
    holds="Each hour of each kind of day has a column of its own, so a straight line can give each its own number.",
    stands_in="bikes.encode",
    check=check,
    planted=(
        Planted(
            "kind of day forgotten",
            "    return np.eye(2 * HOURS, dtype=np.float32)[np.asarray(hr, np.int64)]\n",
            says="the same on a working day and on a day off",
        ),
        Planted(
            "kinds of day swapped",
            """\
    cell = HOURS * (1 - np.asarray(workingday, np.int64)) + np.asarray(hr, np.int64)
    return np.eye(2 * HOURS, dtype=np.float32)[cell]
""",
            says="working days in the first 24 columns",
        ),
        Planted(
            "interleaved",
            """\
    cell = 2 * np.asarray(hr, np.int64) + np.asarray(workingday, np.int64)
    return np.eye(2 * HOURS, dtype=np.float32)[cell]
""",
            says="side by side for each hour",
        ),
        Planted(
            "hours counted from 1",
            """\
    cell = HOURS * np.asarray(workingday, np.int64) + np.asarray(hr, np.int64)
    return np.eye(2 * HOURS, dtype=np.float32)[cell - 1]
""",
            says="too far left",
        ),
        Planted(
            "transposed",
            """\
    cell = HOURS * np.asarray(workingday, np.int64) + np.asarray(hr, np.int64)
    return np.eye(2 * HOURS, dtype=np.float32)[:, cell]
""",
            says="transposed",
        ),
        Planted(
            "both halves on working days",
            """\
    hours = np.eye(HOURS, dtype=np.float32)[np.asarray(hr, np.int64)]
    return np.concatenate([hours, hours * workingday[:, None]], axis=1)
""",
            says="two 1s in the rows of working days",
        ),
        Planted(
            "cells alone",
            "    return np.asarray(HOURS * workingday + hr, np.int64)\n",
            says="the cells alone",
        ),
        Planted(
            "float indices",
            "    return np.eye(2 * HOURS, dtype=np.float32)[HOURS * workingday + hr]\n",
            says="IndexError",
        ),
    ),
    right={
        "a loop": """\
    columns = np.zeros((len(hr), 2 * HOURS), np.float32)
    for row in range(len(hr)):
        columns[row, int(HOURS * workingday[row] + hr[row])] = 1.0
    return columns
""",
        "a comparison": """\
    return (np.arange(2 * HOURS)[None] == (hr + HOURS * workingday)[:, None]).astype(np.float32)
""",
        "two halves": """\
    hours = np.eye(HOURS, dtype=np.float32)[np.asarray(hr, int)]
    return np.concatenate([hours * (1 - workingday)[:, None], hours * workingday[:, None]], axis=1)
""",
        "jax.nn.one_hot": """\
    import jax
    return jax.nn.one_hot(hr.astype(int) + HOURS * workingday.astype(int), 2 * HOURS)
""",
    },
    twin=Twin(
        given=lambda rng: {"hr": rng.integers(24, size=31) * 1.0, "workingday": rng.integers(2, size=31) * 1.0},
        learner="out = learner.encode(hr, workingday)",
        lesson="""\
_table = {"temp": hr, "hr": hr, "workingday": workingday}
out = lesson.encode(_table, ("temp", "hr", "workingday"), by_hour=True)[:, 1:]
""",
    ),
    arrays="numpy",
)
