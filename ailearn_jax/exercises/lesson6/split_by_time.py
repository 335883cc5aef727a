"""The split by time."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 1: the split by time.

Bikes are predicted for days to come. So an honest test takes the latest rows: no training row may be later than a test
row. The rows of the table come in any order; each has a day, counted from the first one, and an hour.

Put the N rows in order of time. The first round(0.7 * N) of them are the training rows, the next round(0.1 * N) the
validation rows, and the rest the test rows. Return the row numbers of the three parts, each in order of time.
"""

import numpy as np


def split_by_time(day, hr):
    """Three arrays of row numbers, (train, valid, test), from two columns [N] of whole numbers."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    # 0.7 N and 0.1 N both have to be rounded up, then both down: so round(0.8 * N), int and ceil show.
    for num_rows in (10 * int(rng.integers(4, 10)) + 8, 10 * int(rng.integers(4, 10)) + 2):
        midnights = 24 * np.arange(1, 5)  # in the table the hour after each comes first, so that days of 23 hours show
        others = np.setdiff1d(np.arange(24 * int(rng.integers(5, 12))), [midnights, midnights - 1])
        when = np.concatenate([midnights, rng.permutation(others)[: num_rows - 8], midnights - 1])
        day, hr = np.divmod(when, 24)
        got = learner.call("split_by_time", day, hr)
        expect_close(
            f"split_by_time(day, hr) of {num_rows} rows",
            got,
            np.split(np.argsort(when), cuts(num_rows)),
            mistakes=mistaken(day, hr) | by_day_alone(got, day),
            names={"[0]": "train", "[1]": "valid", "[2]": "test"},
        )


def cuts(num_rows: int) -> list[int]:
    """Where the validation rows and the test rows begin."""
    num_train, num_valid = round(0.7 * num_rows), round(0.1 * num_rows)
    return [num_train, num_train + num_valid]


def mistaken(day: np.ndarray, hr: np.ndarray) -> dict[str, list[np.ndarray]]:
    """What each kind of mistake gives."""
    rows, num_rows = np.argsort(24 * day + hr), len(day)
    right, (first, second) = cuts(num_rows), cuts(num_rows)
    return {
        "the rows in the order of the table, not of time": np.split(np.arange(num_rows), right),
        "the order of time backwards: the latest rows train": np.split(rows[::-1], right),
        "the order of the hours first and of the days second": np.split(np.lexsort((day, hr)), right),
        "the order of day + hr: a day has to count as 24 hours": np.split(np.argsort(day + hr), right),
        "times in order, not row numbers: np.sort for np.argsort": np.split(np.sort(24 * day + hr), right),
        "a second cut at round(0.1 * N); it belongs that many rows after the first cut": np.split(
            rows, [first, second - first]
        ),
        "a second cut at round(0.8 * N), which is not round(0.7 * N) + round(0.1 * N) here": np.split(
            rows, [first, round(0.8 * num_rows)]
        ),
        "int(...), which cuts off, where round(...) is asked for": np.split(
            rows, [int(0.7 * num_rows), int(0.7 * num_rows) + int(0.1 * num_rows)]
        ),
        "round(0.1 * N) test rows, and the rest validates: the two sizes are swapped": np.split(
            rows, [first, num_rows - (second - first)]
        ),
        "the test rows before the validation rows": [rows[:first], rows[second:], rows[first:second]],
        "each part in the order of the table, not of time": [np.sort(part) for part in np.split(rows, right)],
    }


def by_day_alone(got: Any, day: np.ndarray) -> dict[str, Any]:
    """The kind of `got` if its days are in order: any order of a day's hours may come of that."""
    parts = got if isinstance(got, list | tuple) else []
    if not parts or not all(isinstance(part, np.ndarray) and part.dtype.kind in "iu" for part in parts):
        return {}
    rows = np.concatenate([np.ravel(part) for part in parts])
    if sorted(rows) != [*range(len(day))] or (np.diff(day[rows]) < 0).any():
        return {}
    alone = "the order of the days alone, the hours of a day mixed up"
    return {alone: got} if [np.size(part) for part in parts[:-1]] == np.diff([0, *cuts(len(day))]).tolist() else {}


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
    holds="No training row is later than a validation row, and no validation row is later than a test row.",
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
            says="in the order of the table, not of time",
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
            "sizes of test and validation swapped",
            """\
    rows = np.argsort(24 * day + hr)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, len(rows) - num_valid])
""",
            says="the two sizes are swapped",
        ),
        Planted(
            "second cut rounded as one",
            """\
    rows = np.argsort(24 * day + hr)
    return np.split(rows, [round(0.7 * len(rows)), round(0.8 * len(rows))])
""",
            says="a second cut at round(0.8 * N)",
        ),
        Planted(
            "not rounded",
            """\
    rows = np.argsort(24 * day + hr)
    num_train, num_valid = int(0.7 * len(rows)), int(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
            says="where round(...) is asked for",
        ),
        Planted(
            "day and hour added",
            """\
    rows = np.argsort(day + hr)
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    return np.split(rows, [num_train, num_train + num_valid])
""",
            says="has to count as 24 hours",
        ),
        Planted(
            "times",
            """\
    when = np.sort(24 * day + hr)
    num_train, num_valid = round(0.7 * len(when)), round(0.1 * len(when))
    return np.split(when, [num_train, num_train + num_valid])
""",
            says="not row numbers",
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
