"""Columns normalized by the training rows."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 2, exercise 1: columns normalized by the training rows.

Minutes go to hundreds, calls to a few: gradient descent wants columns of one size. So from each column its mean is
taken away, and the rest is divided by its standard deviation. Both come from the training rows alone: what the held-out
rows are like must not be known in training. A column that never changes has the standard deviation 0; divide it by 1
instead, and it becomes 0. Write the body of `normalized`, in numpy, whose arrays have `.mean(axis=0)` and
`.std(axis=0)`. It returns four arrays: both tables normalized, the mean and the std. Do not change the tables given.
"""

import numpy as np


def normalized(train, held_out):
    """Both tables [N, F] with normalized columns; the columns' mean and std [F]."""
@hole@
'''


def tables(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Columns of other means and sizes, and another mean in the held-out rows."""
    columns = int(rng.integers(3, 6))
    size, middle = rng.uniform(1, 9, columns), rng.normal(0, 9, columns)
    rows, others = int(rng.integers(7, 12)), int(rng.integers(13, 18))
    return rng.normal(size=(rows, columns)) * size + middle, rng.normal(size=(others, columns)) * size + middle + size


def check(learner: Learner, rng: np.random.Generator) -> None:
    train, held_out = tables(rng)
    reply = learner.run(
        "out = learner.normalized(train, held_out)\nunchanged = (train.sum(), held_out.sum())",
        train=train,
        held_out=held_out,
    )
    called = f"normalized(train, held_out) of {len(train)} and {len(held_out)} rows"
    everything = np.concatenate([train, held_out])
    expect_close(
        called,
        reply["out"],
        by(train, train, held_out),
        mistakes={
            "mean and std of all rows: the held-out ones leak in": by(everything, train, held_out),
            "the held-out rows normalized by their own mean and std": (
                *by(train, train, held_out)[:1],
                *by(held_out, train, held_out)[1:2],
                *by(train, train, held_out)[2:],
            ),
            "one mean and std for all columns: the axis is missing": by(train, train, held_out, axis=None),
            "divided without taking the mean away": (
                train / train.std(axis=0),
                held_out / train.std(axis=0),
                train.mean(axis=0),
                train.std(axis=0),
            ),
            "divided by the variance, not by its root": by(train, train, held_out, power=2),
            "rows minus 1 in the std: numpy's own divides by the rows": by(train, train, held_out, ddof=1),
        },
        atol=1e-4,
    )
    expect(
        np.allclose(reply["unchanged"], (train.sum(), held_out.sum()), rtol=1e-3, atol=1e-2),
        called,
        "both tables as they were before the call",
        "a table that has changed",
        "a table changed in place: `-=` and `/=` write into it",
    )
    train[:, 1] = 3.0
    got, others, _, std = learner.call("normalized", train, held_out)
    expect(
        np.isfinite(got).all() and np.isfinite(others).all() and abs(got[:, 1]).max() < 1e-4,
        "normalized(train, held_out) where column 1 of train is all 3",
        "the column becomes 0",
        f"{got[0, 1]} in its first row, std {std[1]}",
        "a division by its standard deviation, which is 0",
    )
    expect_close("the same, column 1 of held_out", others[:, 1], held_out[:, 1] - 3, atol=1e-4)


def by(
    rows: np.ndarray, train: np.ndarray, held_out: np.ndarray, axis: int | None = 0, power: int = 1, ddof: int = 0
) -> tuple[np.ndarray, ...]:
    """What is asked for, with mean and std of `rows`."""
    mean, std = rows.mean(axis=axis), rows.std(axis=axis, ddof=ddof) ** power
    return (train - mean) / std, (held_out - mean) / std, mean, std


STD = "    mean, std = train.mean(axis=0), train.std(axis=0)\n"
GUARD = "    std[std == 0] = 1\n"
RETURN = "    return (train - mean) / std, (held_out - mean) / std, mean, std\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=STD + "    std[std == 0] = 1  # a column that never changes says nothing: it becomes 0\n" + RETURN,
    hints=(
        "Three lines: mean and std of `train` by column; a 1 where std is 0; what is returned.",
        "`std[std == 0] = 1` writes a 1 wherever the condition holds.",
        "Then (train - mean) / std, and the held-out rows with the same mean and std.",
    ),
    holds="Both tables are normalized by the training rows alone, and no column is divided by 0.",
    stands_in="lesson2.load",
    check=check,
    planted=(
        Planted(
            "a leak",
            "    rows = np.concatenate([train, held_out])\n    mean, std = rows.mean(axis=0), rows.std(axis=0)\n"
            + GUARD
            + RETURN,
            says="leak in",
        ),
        Planted(
            "each by its own",
            STD
            + GUARD
            + "    others = (held_out - held_out.mean(axis=0)) / held_out.std(axis=0)\n"
            + "    return (train - mean) / std, others, mean, std\n",
            says="their own mean",
        ),
        Planted("no axis", "    mean, std = train.mean(), train.std()\n" + RETURN, says="axis is missing"),
        Planted(
            "mean kept",
            STD + GUARD + "    return train / std, held_out / std, mean, std\n",
            says="without taking the mean away",
        ),
        Planted("no guard", STD + RETURN, says="which is 0"),
        Planted(
            "variance", "    mean, std = train.mean(axis=0), train.var(axis=0)\n" + GUARD + RETURN, says="its root"
        ),
        Planted(
            "in place",
            STD + GUARD + "    train -= mean\n    train /= std\n" + RETURN.replace("(train - mean) / std", "train"),
            says="changed in place",
        ),
    ),
    right={
        "where": (
            "    mean, std = np.mean(train, axis=0), np.std(train, axis=0)\n"
            "    std = np.where(std > 0, std, 1)\n"
            "    return *((table - mean) / std for table in (train, held_out)), mean, std\n"
        ),
        "a loop over the columns": (
            "    first, second, mean, std = [], [], [], []\n"
            "    for i in range(train.shape[1]):\n"
            "        mean.append(train[:, i].mean())\n"
            "        std.append(train[:, i].std() or 1.0)\n"
            "        first.append((train[:, i] - mean[i]) / std[i])\n"
            "        second.append((held_out[:, i] - mean[i]) / std[i])\n"
            "    return np.stack(first, axis=1), np.stack(second, axis=1), np.array(mean), np.array(std)\n"
        ),
        "einsum": (
            '    mean = np.einsum("nf->f", train) / len(train)\n'
            '    std = np.sqrt(np.einsum("nf,nf->f", train - mean, train - mean) / len(train))\n'
            "    std = np.where(np.ptp(train, axis=0) == 0, 1, std)\n" + RETURN
        ),
    },
    twin=Twin(
        given=lambda rng: {"table": rng.normal(size=(68, 3)) * 7 + 5},
        learner="""\
train, held_out, mean, std = learner.normalized(table[:8], table[-60:])
out = (train[:, :-1], train[:, -1], held_out[:, :-1], held_out[:, -1], mean, std)
""",
        lesson="""\
import tempfile
with tempfile.TemporaryDirectory() as folder:
    path = folder + "/table.csv"
    np.savetxt(path, table, delimiter=",", header="session_minutes,api_calls,memory_mb", comments="", fmt="%.9g")
    train, held_out, mean, std = lesson.load(path, 8)
out = (train["inputs"], train["targets"], held_out["inputs"], held_out["targets"], mean, std)
""",
    ),
    arrays="numpy",
)
