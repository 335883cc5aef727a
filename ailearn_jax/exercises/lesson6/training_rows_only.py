"""A normalizer that knows the training rows only."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 4: a normalizer that knows the training rows only.

The validation rows play the part of days that have not come yet. Their mean is not known when the model is trained, so
no number that the model sees may depend on it; else the rows that judge the model have helped to make it (a leak). And
one normalizer serves both parts: the same temperature has to become the same number in both.

Return both parts as the model takes them, by one normalizer.
"""

from typing import NamedTuple

import numpy as np


class Normalizer(NamedTuple):
    """Moves and scales columns to mean 0 and standard deviation 1, by what it saw of the training rows."""

    mean: np.ndarray  # [F]
    std: np.ndarray  # [F]
    target_mean: float
    target_std: float

    @classmethod
    def fit(cls, rows):
        inputs, targets = rows["inputs"], rows["targets"]
        return cls(inputs.mean(axis=0), inputs.std(axis=0), targets.mean(), targets.std())

    def normalize(self, rows):
        return {
            "inputs": (rows["inputs"] - self.mean) / self.std,
            "targets": (rows["targets"] - self.target_mean) / self.target_std,
        }


def normalize_parts(train, valid):
    """The training rows and the validation rows, normalized; each {"inputs": [N, F], "targets": [N]}."""
@hole@
'''


def normalized(rows: dict[str, np.ndarray], seen: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`rows`, moved and scaled by what is `seen`."""
    return {name: (rows[name] - seen[name].mean(axis=0)) / seen[name].std(axis=0) for name in rows}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_columns = int(rng.integers(2, 6))

    def draw(num_rows: int) -> dict[str, np.ndarray]:
        center, scale = rng.uniform(-9, 9, (2, num_columns))
        inputs = center + scale * rng.normal(size=(num_rows, num_columns))
        return {"inputs": inputs, "targets": rng.normal(rng.uniform(50, 90), rng.uniform(5, 20), num_rows)}

    train, valid = draw(int(rng.integers(9, 20))), draw(int(rng.integers(3, 8)))
    both = {name: np.concatenate([train[name], valid[name]]) for name in train}
    expected = normalized(train, train), normalized(valid, train)
    mistakes = {
        "a leak: the normalizer was fitted on all rows": (normalized(train, both), normalized(valid, both)),
        "a normalizer for each part: the validation rows were scaled by themselves": (
            expected[0],
            normalized(valid, valid),
        ),
        "a leak: the normalizer was fitted on the validation rows": (
            normalized(train, valid),
            normalized(valid, valid),
        ),
        "validation rows that are not normalized: they come out as they came in": (expected[0], valid),
        "training rows that are not normalized: they come out as they came in": (train, expected[1]),
        "both parts as they came in": (train, valid),
        "the training rows twice; the second part is the validation rows": (expected[0], expected[0]),
        "targets that are not normalized": tuple(
            part | {"targets": rows["targets"]} for part, rows in zip(expected, (train, valid), strict=True)
        ),
        "inputs alone; a part has its targets, too": tuple(part["inputs"] for part in expected),
        "validation rows that were normalized twice": (expected[0], normalized(expected[1], train)),
        "the two parts in the other order": expected[::-1],
    }
    expect_close(
        "normalize_parts(train, valid)",
        learner.call("normalize_parts", train, valid),
        expected,
        mistakes=mistakes,
        rtol=1e-3,
        atol=1e-3,
        names={"[0]": "train", "[1]": "valid"},
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    normalizer = Normalizer.fit(train)
    return normalizer.normalize(train), normalizer.normalize(valid)
""",
    hints=(
        "Two steps: fit a normalizer, then use it twice. On which rows may it be fitted?",
        "normalizer = Normalizer.fit(train), and never fit again.",
    ),
    holds="Mean and standard deviation come from the training rows alone, and normalize both parts.",
    stands_in="lesson6.train_model",
    check=check,
    planted=(
        Planted(
            "fitted on all rows",
            """\
    both = {name: np.concatenate([train[name], valid[name]]) for name in train}
    normalizer = Normalizer.fit(both)
    return normalizer.normalize(train), normalizer.normalize(valid)
""",
            says="fitted on all rows",
        ),
        Planted(
            "each part by itself",
            "    return Normalizer.fit(train).normalize(train), Normalizer.fit(valid).normalize(valid)\n",
            says="a normalizer for each part",
        ),
        Planted(
            "fitted on the validation rows",
            """\
    normalizer = Normalizer.fit(valid)
    return normalizer.normalize(train), normalizer.normalize(valid)
""",
            says="fitted on the validation rows",
        ),
        Planted(
            "validation rows as they are",
            "    return Normalizer.fit(train).normalize(train), valid\n",
            says="validation rows that are not normalized",
        ),
        Planted(
            "training rows as they are",
            "    return train, Normalizer.fit(train).normalize(valid)\n",
            says="training rows that are not normalized",
        ),
        Planted(
            "other order",
            """\
    normalizer = Normalizer.fit(train)
    return normalizer.normalize(valid), normalizer.normalize(train)
""",
            says="in the other order",
        ),
        Planted(
            "one part only",
            "    return Normalizer.fit(train).normalize(valid)\n",
            says="expected 2 values",
        ),
    ),
    right={
        "a loop": """\
    normalizer = Normalizer.fit(train)
    return [normalizer.normalize(rows) for rows in (train, valid)]
""",
        "by hand": """\
    def moved(rows):
        return {name: (rows[name] - train[name].mean(axis=0)) / train[name].std(axis=0) for name in rows}

    return moved(train), moved(valid)
""",
        "both at once, then cut": """\
    both = {name: np.concatenate([train[name], valid[name]]) for name in train}
    rows = Normalizer.fit(train).normalize(both)
    n = len(train["targets"])
    return {name: rows[name][:n] for name in rows}, {name: rows[name][n:] for name in rows}
""",
    },
    twin=Twin(
        given=lambda rng: {
            "train": {"inputs": rng.normal(2, 3, (17, 3)), "targets": rng.normal(60, 9, 17)},
            "valid": {"inputs": rng.normal(1, 5, (6, 3)), "targets": rng.normal(50, 7, 6)},
        },
        learner="out = learner.normalize_parts(train, valid)",
        lesson="""\
_normalizer = lesson.bikes.Normalizer.fit(train)
out = _normalizer.normalize(train), _normalizer.normalize(valid)
""",
    ),
    arrays="numpy",
)
