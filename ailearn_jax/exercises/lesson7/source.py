"""A data source."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 7, exercise 1: a data source.

A loader asks two things of its data: how many items there are, and what item number i is. In Python these are
`len(source)` and `source[i]`. Here an item is a row of the table: its inputs, [F], and its target, a single number [].
"""


class Rows:
    """A source whose item is a row, {"inputs": [F], "targets": []}, of rows {"inputs": [N, F], "targets": [N]}."""

    def __init__(self, rows):
        self.rows = rows

@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_rows = int(rng.integers(6, 20))
    rows = {"inputs": rng.normal(size=(num_rows, 4)), "targets": rng.normal(size=num_rows)}
    index = int(rng.integers(1, num_rows - 1))
    got = learner.run("length = len(learner.Rows(rows))", rows=rows)
    expect(
        got["length"] == num_rows,
        called=f"len(Rows(rows)) of {num_rows} rows",
        expected=str(num_rows),
        got=str(got["length"]),
        mistake={
            2: "the number of names in the dict, inputs and targets; asked for is the number of rows",
            4: "the number of columns; asked for is the number of rows",
            4 * num_rows: "the number of all values in the inputs; asked for is the number of rows",
            num_rows - 1: "the number of the last row; rows are counted from 0",
        }.get(got["length"]),
    )
    for i in (index, 0, num_rows - 1):
        got = learner.run("out = learner.Rows(rows)[index]", rows=rows, index=i)

        def item(pick: Callable[[np.ndarray], Any]) -> dict[str, np.ndarray]:
            return {name: pick(array) for name, array in rows.items()}

        expect_close(
            f"Rows(rows)[{i}]",
            got["out"],
            item(lambda array, i=i: array[i]),
            mistakes={
                "the whole table, whatever the index": rows,
                "a batch of one row, [1, F] and [1]: a slice keeps the axis": item(lambda array, i=i: array[i : i + 1]),
                "a batch of one target, [1]: a slice keeps the axis": {
                    "inputs": rows["inputs"][i],
                    "targets": rows["targets"][i : i + 1],
                },
                "all targets; an item has the target of its row alone": rows | {"inputs": rows["inputs"][i]},
                "all rows before it": item(lambda array, i=i: array[:i]),
                "the first row, whatever the index": item(lambda array: array[0]),
                "the row before it: rows are counted from 0": item(lambda array, i=i: array[i - 1]),
                "the row after it": item(lambda array, i=i: array[(i + 1) % num_rows]),
                "a pair; asked for is a dict with the names inputs and targets": tuple(
                    array[i] for array in rows.values()
                ),
                "the inputs alone, without their target": rows["inputs"][i],
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="""\
    def __len__(self):
        raise NotImplementedError  # your turn

    def __getitem__(self, index):
        raise NotImplementedError  # your turn
""",
    solution="""\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return {name: array[index] for name, array in self.rows.items()}
""",
    hints=(
        "self.rows is a dict of two arrays. Which length is the number of rows?",
        'len(self.rows) would be 2, the number of names. len(self.rows["inputs"]) is N.',
        "For an item go through self.rows.items() and take array[index] of each.",
    ),
    holds="A loader can ask for any row by its number, and knows how many there are.",
    stands_in="lesson7.Rows",
    check=check,
    planted=(
        Planted(
            "number of names",
            """\
    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return {name: array[index] for name, array in self.rows.items()}
""",
            says="the number of names",
        ),
        Planted(
            "whole table",
            """\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return self.rows
""",
            says="the whole table",
        ),
        Planted(
            "slice",
            """\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return {name: array[index : index + 1] for name, array in self.rows.items()}
""",
            says="a slice keeps the axis",
        ),
        Planted(
            "pair",
            """\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return self.rows["inputs"][index], self.rows["targets"][index]
""",
            says="a pair",
        ),
        Planted(
            "inputs alone",
            """\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return self.rows["inputs"][index]
""",
            says="without their target",
        ),
        Planted(
            "counted from 1",
            """\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return {name: array[index - 1] for name, array in self.rows.items()}
""",
            says="the row before it",
        ),
        Planted(
            "index of the dict",
            """\
    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return self.rows[index]
""",
            says="KeyError",
        ),
    ),
    right={
        "name by name": """\
    def __len__(self):
        return self.rows["targets"].shape[0]

    def __getitem__(self, index):
        return {"targets": self.rows["targets"][index], "inputs": self.rows["inputs"][index]}
""",
        "a loop": """\
    def __getitem__(self, index):
        item = {}
        for name in self.rows:
            item[name] = self.rows[name][index]
        return item

    def __len__(self):
        return self.rows["targets"].size
""",
        "np.take": """\
    def __len__(self):
        return sum(1 for _ in self.rows["inputs"])

    def __getitem__(self, index):
        import numpy as np
        return dict(zip(self.rows, [np.take(array, index, axis=0) for array in self.rows.values()]))
""",
    },
    twin=Twin(
        given=lambda rng: {
            "rows": {"inputs": rng.normal(size=(9, 3)), "targets": rng.normal(size=9)},
            "index": int(rng.integers(9)),
        },
        learner="out = len(learner.Rows(rows)), learner.Rows(rows)[index]",
        lesson="out = len(lesson.Rows(rows)), lesson.Rows(rows)[index]",
    ),
    arrays="numpy",
)
