"""A normalizer."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 6, exercise 3: a normalizer.

Hours run to 23 and humidity to 1; a network learns faster where all columns have about the same range. So subtract its
mean from each column, and divide by its standard deviation (as numpy computes it, over all N rows).

One thing goes wrong: a column that never changes has standard deviation 0, and 0 divided by 0 is no number (nan). Such
a column says nothing. Put 1.0 in the place of that 0, and the column becomes 0 in all these rows.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Normalizer:
    """Moves and scales columns to mean 0 and standard deviation 1, by what it saw of the training rows."""

    mean: np.ndarray  # [F]
    std: np.ndarray  # [F], 1 for a column that never changes

    @classmethod
    def fit(cls, inputs):
        """The normalizer of rows [N, F]: return cls(mean, std)."""
@hole@

    def apply(self, inputs):
        """Rows [N, F] as the model takes them."""
        return (inputs - self.mean) / self.std
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows, num_columns = int(rng.integers(7, 15)), int(rng.integers(3, 6))
    constant, narrow = map(int, rng.permutation(num_columns)[:2])
    scale, center = rng.uniform(2, 9, num_columns), rng.uniform(-20, 20, num_columns)
    scale[narrow] = 0.2  # as humidity has it: no reason to put a 1 there
    inputs, others = rng.normal(center, scale, (2, num_rows, num_columns))
    inputs[:, constant] = rng.integers(2, 9)
    mean, std = inputs.mean(axis=0), inputs.std(axis=0)
    std[constant] = 1.0
    got = learner.run(
        "_normalizer = learner.Normalizer.fit(inputs)\n"
        "kind, after = type(_normalizer).__name__, inputs + 0\n"
        "mean, std = (_normalizer.mean, _normalizer.std) if kind == 'Normalizer' else (0, 0)",
        inputs=inputs,
    )
    expect_made(got, inputs)
    expect_close(
        "Normalizer.fit(inputs).mean",
        got["mean"],
        mean,
        mistakes={
            "one mean for all columns together: an axis is missing": inputs.mean(),
            "the means of the rows, not of the columns: the other axis": inputs.mean(axis=1),
            "the sums of the columns, not their means": inputs.sum(axis=0),
            "the middle values (medians), not the means": np.median(inputs, axis=0),
            "the standard deviations: mean and std are swapped": std,
            "the lowest value of each column, not its mean": inputs.min(axis=0),
        },
    )
    expect_std(got["std"], inputs, constant)
    got = learner.run("applied = learner.Normalizer.fit(inputs).apply(others)", inputs=inputs, others=others)
    expect_close("Normalizer.fit(inputs).apply(others)", got["applied"], (others - mean) / std, rtol=1e-3, atol=1e-3)


def expect_made(got: dict[str, Any], inputs: np.ndarray) -> None:
    """A Normalizer is returned, and the table is not changed."""
    expect(
        got["kind"] == "Normalizer",
        "Normalizer.fit(inputs)",
        "a Normalizer",
        "None: nothing is returned" if got["kind"] == "NoneType" else f"a value of type {got['kind']}",
        "a method that does not end with return cls(mean, std)",
    )
    expect(
        np.allclose(got["after"], inputs, atol=1e-4),
        "Normalizer.fit(inputs)",
        "inputs as they were before the call",
        "inputs that have changed",
        "a table changed in place: `-=` and `/=` write into it",
    )


def expect_std(got: Any, inputs: np.ndarray, constant: int) -> None:
    """The standard deviations, where the column `constant` never changes."""
    zero = np.arange(inputs.shape[1]) == constant
    std = np.where(zero, 1.0, inputs.std(axis=0))
    expect_close(
        "Normalizer.fit(inputs).std, where one column never changes",
        got,
        std,
        mistakes={
            "one standard deviation for all columns together: an axis is missing": inputs.std(),
            "the standard deviations of the rows, not of the columns: the other axis": inputs.std(axis=1),
            "0 for the column that never changes; dividing by it gives no number": np.where(zero, 0.0, std),
            "a tiny number for the column that never changes: any new value there becomes huge": np.where(
                zero, 1e-8, std
            ),
            "the squares of the standard deviations (variances)": np.where(zero, 1.0, std**2),
            "1 added to every standard deviation": np.where(zero, 1.0, std + 1.0),
            "the range of each column, from lowest to highest": np.where(zero, 1.0, np.ptp(inputs, axis=0)),
            "division by N - 1, where numpy's own counts all N rows": np.where(zero, 1.0, inputs.std(axis=0, ddof=1)),
            "1 for every column that changes, too": np.ones_like(std),
            "1 for every standard deviation below 1; only a 0 has to be replaced": np.maximum(std, 1.0),
            "1 for the columns that change, and 0 for the other: a and b are swapped in np.where": np.where(
                zero, 0.0, 1.0
            ),
        },
        atol=0.0,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        std = inputs.std(axis=0)
        return cls(inputs.mean(axis=0), np.where(std > 0, std, 1.0))
""",
    hints=(
        "inputs.mean(axis=0) takes the mean over the rows: one number for each column.",
        "np.where(condition, a, b) takes a where the condition holds and b elsewhere.",
        "np.where(std > 0, std, 1.0) keeps each standard deviation and puts 1.0 in the place of a 0.",
    ),
    holds="Each column gets mean 0 and standard deviation 1, and one that never changes becomes 0.",
    stands_in="bikes.Normalizer.fit",
    check=check,
    planted=(
        Planted(
            "axis missing",
            """\
        std = inputs.std()
        return cls(inputs.mean(), np.where(std > 0, std, 1.0))
""",
            says="one mean for all columns together",
        ),
        Planted(
            "other axis",
            """\
        std = inputs.std(axis=1)
        return cls(inputs.mean(axis=1), np.where(std > 0, std, 1.0))
""",
            says="the means of the rows",
        ),
        Planted(
            "zero stays",
            "        return cls(inputs.mean(axis=0), inputs.std(axis=0))\n",
            says="0 for the column that never changes",
        ),
        Planted(
            "a tiny number added",
            "        return cls(inputs.mean(axis=0), inputs.std(axis=0) + 1e-8)\n",
            says="a tiny number for the column",
        ),
        Planted(
            "variance",
            """\
        std = inputs.var(axis=0)
        return cls(inputs.mean(axis=0), np.where(std > 0, std, 1.0))
""",
            says="variances",
        ),
        Planted(
            "at least 1",
            "        return cls(inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1.0))\n",
            says="only a 0 has to be replaced",
        ),
        Planted(
            "in place",
            """\
        mean = inputs.mean(axis=0)
        inputs -= mean
        std = np.sqrt((inputs**2).mean(axis=0))
        return cls(mean, np.where(std > 0, std, 1.0))
""",
            says="changed in place",
        ),
        Planted(
            "a pair",
            """\
        std = inputs.std(axis=0)
        return inputs.mean(axis=0), np.where(std > 0, std, 1.0)
""",
            says="a value of type tuple",
        ),
        Planted(
            "swapped",
            """\
        std = inputs.std(axis=0)
        return cls(np.where(std > 0, std, 1.0), inputs.mean(axis=0))
""",
            says="mean and std are swapped",
        ),
    ),
    right={
        "a loop over the columns": """\
        means, stds = [], []
        for column in inputs.T:
            means.append(column.mean())
            stds.append(column.std() or 1.0)
        return cls(np.array(means), np.array(stds))
""",
        "the formula": """\
        mean = np.sum(inputs, axis=0) / len(inputs)
        std = np.sqrt(np.sum((inputs - mean) ** 2, axis=0) / len(inputs))
        std[std == 0] = 1.0
        return cls(mean, std)
""",
        "einsum": """\
        mean = np.einsum("nf->f", inputs) / len(inputs)
        moved = inputs - mean
        var = np.einsum("nf,nf->f", moved, moved) / len(inputs)
        return cls(std=np.sqrt(var) + (var == 0), mean=mean)
""",
    },
    twin=Twin(
        given=lambda rng: {"inputs": np.concatenate([rng.normal(3, 5, (13, 4)), np.full((13, 1), 2.0)], axis=1)},
        learner="_normalizer = learner.Normalizer.fit(inputs)\nout = _normalizer.mean, _normalizer.std",
        lesson="""\
_normalizer = lesson.Normalizer.fit({"inputs": inputs, "targets": inputs[:, 0]})
out = _normalizer.mean, _normalizer.std
""",
    ),
    arrays="numpy",
)
