"""The split by time."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 1: the split by time.

Who predicts bikes wants to know about days to come. So the honest test rows are the latest ones, and no row that
trains may be later than a row that tests. The rows of the table come in any order; each has a day, counted from the
first, and an hour.

Put the N rows in order of time. The first round(0.7 * N) of them train, the next round(0.1 * N) validate, and the rest
tests. Return the row numbers of the three parts, each in order of time.
"""

import numpy as np


def split_by_time(day, hr):
    """Three arrays of row numbers, to train, validate and test by, from two columns [N] of whole numbers."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    when = rng.permutation(24 * int(rng.integers(5, 12)))[: int(rng.integers(40, 100))]
    day, hr = np.divmod(when, 24)
    rows = np.argsort(when)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    cuts = [num_train, num_train + num_valid]
    expected = np.split(rows, cuts)
    mistakes = {
        "the rows as they stand in the table, not in order of time": np.split(np.arange(len(rows)), cuts),
        "the order of time backwards: the latest rows train": np.split(rows[::-1], cuts),
        "the order of the hours first and of the days second": np.split(np.lexsort((day, hr)), cuts),
        "the order of the days alone, the hours of a day mixed up": np.split(np.argsort(day, kind="stable"), cuts),
        "a second cut at round(0.1 * N); it belongs that many rows after the first cut": np.split(
            rows, [num_train, num_valid]
        ),
        "the test rows before the validation rows": np.split(rows, [num_train, len(rows) - num_valid]),
    }
    expect_close(
        "split_by_time(day, hr), the rows to train, validate and test by",
        learner.call("split_by_time", day, hr),
        expected,
        mistakes=mistakes,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    rows = np.argsort(24 * day + hr)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
    hints=(
        "Make one number of day and hour that grows with time. Which numpy function gives the order of such numbers?",
        "np.argsort(24 * day + hr) are the row numbers in order of time. Now cut that array in three.",
        "np.split(rows, [a, b]) gives rows[:a], rows[a:b] and rows[b:], with a = num_train, b = num_train + num_valid.",
    ),
    holds="No row that trains is later than one that validates, and none of those is later than a row that tests.",
    stands_in="bikes.load_bikes",
    check=check,
    planted=(
        Planted(
            "unsorted",
            """\
    rows = np.arange(len(day))
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
            says="as they stand in the table",
        ),
        Planted(
            "backwards",
            """\
    rows = np.argsort(-24 * day - hr)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
            says="the order of time backwards",
        ),
        Planted(
            "keys of lexsort swapped",
            """\
    rows = np.lexsort((day, hr))
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
            says="the hours first",
        ),
        Planted(
            "days alone",
            """\
    rows = np.argsort(day, kind="stable")
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
            says="the days alone",
        ),
        Planted(
            "second cut is a size",
            """\
    rows = np.argsort(24 * day + hr)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_valid])
""",
            says="a second cut at round(0.1 * N)",
        ),
        Planted(
            "test and validation swapped",
            """\
    rows = np.argsort(24 * day + hr)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, len(rows) - num_valid])
""",
            says="the test rows before the validation rows",
        ),
        Planted(
            "two parts",
            "    return np.split(np.argsort(24 * day + hr), [round(0.8 * len(day))])\n",
            says="got 2 values",
        ),
    ),
    right={
        "lexsort and slices": """\
    rows = np.lexsort((hr, day))
    a, b = round(0.7 * len(rows)), round(0.7 * len(rows)) + round(0.1 * len(rows))
    return rows[:a], rows[a:b], rows[b:]
""",
        "sorted, in plain Python": """\
    rows = sorted(range(len(day)), key=lambda i: (day[i], hr[i]))
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    parts = rows[:num_train], rows[num_train : num_train + num_valid], rows[num_train + num_valid :]
    return [np.array(part) for part in parts]
""",
        "the hours put in order, then the days, stably": """\
    by_hour = np.argsort(hr, kind="stable")
    rows = by_hour[np.argsort(day[by_hour], kind="stable")]
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.array_split(rows, [num_train, num_train + num_valid])
""",
    },
    twin=Twin(
        given=lambda rng: {"when": rng.permutation(200)[: int(rng.integers(20, 90))]},
        learner="out = [1.0 + part for part in learner.split_by_time(when // 24, when % 24)]",
        lesson="""\
import pathlib, tempfile
with tempfile.TemporaryDirectory() as _folder:
    _file = pathlib.Path(_folder) / "table.csv"
    _lines = [f"2011-01-{1 + w // 24:02d},{w % 24},0.5,0.5,0.5,0,{row}" for row, w in enumerate(when, start=1)]
    _file.write_text("\\n".join(["dteday,hr,temp,hum,windspeed,workingday,cnt", *_lines]))
    out = [part["targets"] for part in lesson.load_bikes(str(_file), "five", "time")]
""",
    ),
    arrays="numpy",
)
