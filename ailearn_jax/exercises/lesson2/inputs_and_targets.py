"""Inputs and targets."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 2, exercise 2: inputs and targets.

A row of the table is minutes, calls, memory. The last column is to be predicted, from all columns before it. Write
`batch_of`, which returns a dict: "inputs" [N, F] are the columns before the last, "targets" [N] is the last one.
"""

import numpy as np


def batch_of(table):
    """{"inputs": [N, F], "targets": [N]} of a table [N, F + 1]."""
@hole@


if __name__ == "__main__":
    print(batch_of(np.array([[30.0, 5.0, 89.0], [60.0, 2.0, 131.6]])))  # two inputs a row; the targets 89 and 131.6
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    columns = int(rng.integers(3, 6))
    table = rng.normal(size=(rng.integers(7, 12), columns))
    inputs, targets = table[:, :-1], table[:, -1]
    expect_close(
        f"batch_of(table) of {len(table)} rows, {columns} columns",
        learner.call("batch_of", table),
        {"inputs": inputs, "targets": targets},
        mistakes={
            "the target among the inputs: there it must not be": {"inputs": table, "targets": targets},
            "[N, 1] for [N]: `-1:` keeps a column, `-1` takes it": {"inputs": inputs, "targets": table[:, -1:]},
            "the first column as target": {"inputs": table[:, 1:], "targets": table[:, 0]},
            "the last row for the last column": {"inputs": table[:-1], "targets": table[-1]},
            "the inputs with their axes swapped": {"inputs": inputs.T, "targets": targets},
            "inputs and targets in each other's place": {"inputs": targets, "targets": inputs},
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution='    return {"inputs": table[:, :-1], "targets": table[:, -1]}\n',
    hints=(
        "In `table[rows, columns]` a `:` alone takes all of them.",
        "Counted from the end, the last column is -1, and `:-1` is all before it.",
        "The targets are `table[:, -1]`.",
    ),
    holds="Every row is split into what is known and what is to be predicted.",
    stands_in="lesson2.batch_of",
    check=check,
    planted=(
        Planted(
            "target among inputs", '    return {"inputs": table, "targets": table[:, -1]}\n', says="among the inputs"
        ),
        Planted("a column kept", '    return {"inputs": table[:, :-1], "targets": table[:, -1:]}\n', says="[N, 1]"),
        Planted("the first", '    return {"inputs": table[:, 1:], "targets": table[:, 0]}\n', says="the first column"),
        Planted("rows", '    return {"inputs": table[:-1], "targets": table[-1]}\n', says="the last row"),
        Planted("a tuple", "    return table[:, :-1], table[:, -1]\n", says="a dict with the keys"),
        Planted(
            "swapped axes", '    return {"inputs": table[:, :-1].T, "targets": table[:, -1]}\n', says="axes swapped"
        ),
    ),
    right={
        "split": (
            "    inputs, targets = np.split(table, [table.shape[1] - 1], axis=1)\n"
            "    return dict(inputs=inputs, targets=targets[:, 0])\n"
        ),
        "by columns": (
            '    *inputs, targets = table.T\n    return {"targets": targets, "inputs": np.stack(inputs, axis=1)}\n'
        ),
        "a loop": (
            "    rows = [(row[:-1], row[-1]) for row in table]\n"
            '    return {"inputs": np.array([row[0] for row in rows]), "targets": np.array([row[1] for row in rows])}\n'
        ),
    },
    twin=Twin(
        given=lambda rng: {"table": rng.normal(size=(7, 4))},
        learner="out = learner.batch_of(table)",
        lesson="out = lesson.batch_of(table)",
    ),
    arrays="numpy",
)
