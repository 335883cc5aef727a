"""A table in files."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ailearn_jax.exercises.checking import described_kind, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 7, exercise 7: a table in files.

A table that is larger than memory stands in many files. Here each is a CSV file with the rows of one batch, and item i
of the source is the batch that file i holds, its rows in the order of the file. A file is read when its item is asked
for, and not before. It is read alone, and it is not kept: memory never holds more than a batch.

A file has more columns than are used, in an order of its own, so columns are picked by name. The arrays are float32, as
the network's weights are.

Of these files pd.read_csv(path) makes a table of float64. table["cnt"] is one of its columns, table[["hr", "hum"]] is
a table of two. Both have the methods .to_numpy() and .astype(np.float32).
"""

import numpy as np
import pandas as pd

INPUTS = ["hr", "temp", "hum", "windspeed", "workingday"]
TARGET = "cnt"


class Files:
    """A source whose item is a CSV file of rows, {"inputs": [B, F], "targets": [B]}."""

    def __init__(self, paths):
        self.paths = paths

@hole@
'''

INPUTS, TARGET = ["hr", "temp", "hum", "windspeed", "workingday"], "cnt"
OTHERS = ["season", "yr", "mnth", "holiday", "weekday", "weathersit", "atemp"]

# Writes `texts`, None where a file is not there, and asks one source for items: pairs of an index and a text that the
# file holds from then on, None where it stays as it is.
READ = """\
import tempfile as _tempfile
from pathlib import Path as _Path


def _kind(value):
    kind = type(value).__name__
    return str(value.dtype) if kind in ("ndarray", "ArrayImpl") else kind


with _tempfile.TemporaryDirectory() as _folder:
    _paths = [_Path(_folder) / name for name in names]
    for _path, _text in zip(_paths, texts):
        if _text is not None:
            _path.write_text(_text)
    _source = learner.Files(_paths)
    length = len(_source)
    items, kinds = [], []
    for _index, _text in asked:
        if _text is not None:
            _paths[_index].write_text(_text)
        _item = _source[_index]
        items.append(_item)
        kinds.append({str(name): _kind(_item[name]) for name in _item} if isinstance(_item, dict) else _kind(_item))
"""

Table = tuple[list[str], np.ndarray]  # the columns' names and the rows [B, columns]

NO_COLUMN = "a name that the table does not have; its names stand in the first line of the file"
NO_NAME = {
    "KeyError: ('": "names without a list; table[[one, other]] picks more than one column",
    **dict.fromkeys(("KeyError: '", "not in index", "are in the [columns]"), NO_COLUMN),
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_files = int(rng.integers(7, 9))
    names = np.roll([f"rows_{i}.csv" for i in range(num_files)], 2).tolist()  # not as they would be sorted
    tables = [draw_table(rng, 9 + int(i), i == 0) for i in rng.permutation(num_files)]
    texts = [text_of(table) for table in tables]
    first = int(rng.integers(3, 5))  # apart from file 0, and from file 2, which is first when sorted
    order = [first, *(int(i) for i in rng.permutation(num_files) if i != first)]
    later = draw_table(rng, len(tables[order[-1]][1]), inputs_first=False)

    called = f"len(Files(paths)) of {num_files} files"
    with explaining(called, {}):
        got = learner.run(READ, names=names, texts=texts, asked=[])
    expect_length(called, got["length"], tables)
    called = "Files(paths) and its len, before the files are written"
    with explaining(called, {"FileNotFoundError": "a file that is read too early: nobody has asked for its item yet"}):
        got = learner.run(READ, names=names, texts=[None] * num_files, asked=[])
    expect_length(called, got["length"], tables)

    asked = [*((index, None) for index in order), (order[-1], text_of(later))]
    with explaining("Files(paths)[i], for one i after the other", NO_NAME):
        got = learner.run(READ, names=names, texts=texts, asked=asked)
    for i, index in enumerate(order):
        expect_arrays(f"Files(paths)[{index}]", got["kinds"][i])
        expect_close(
            f"Files(paths)[{index}]", got["items"][i], batch_of(tables[index]), mistaken(tables, index, got, i)
        )

    called = f"Files(paths)[{first}], where no other file is left"
    with explaining(called, {"FileNotFoundError": "another file that is read too: this item needs its own alone"}):
        alone = [text if i == first else None for i, text in enumerate(texts)]
        only = learner.run(READ, names=names, texts=alone, asked=[(first, None)])
    expect_close(called, only["items"][0], batch_of(tables[first]))
    expect_close(
        f"Files(paths)[{order[-1]}] again, when its file holds other rows",
        got["items"][-1],
        batch_of(later),
        mistakes={"items that are kept: memory then holds more than a batch": batch_of(tables[order[-1]])},
    )


def draw_table(rng: np.random.Generator, num_rows: int, inputs_first: bool) -> Table:
    """Columns in an order of their own: the inputs, though not as in INPUTS, the target among them, others after them.

    Others come before them too, unless `inputs_first`.
    """
    columns = np.roll(INPUTS, rng.integers(1, len(INPUTS))).tolist()
    columns.insert(int(rng.integers(1, len(columns))), TARGET)
    others = rng.permutation(OTHERS).tolist()
    cut = 0 if inputs_first else int(rng.integers(1, len(others)))
    columns = [*others[:cut], *columns, *others[cut:]]
    return columns, rng.normal(size=(num_rows, len(columns))).round(5)


def text_of(table: Table) -> str:
    columns, rows = table
    return "\n".join([",".join(columns), *(",".join(f"{value:.5f}" for value in row) for row in rows), ""])


def picked(table: Table, names: Sequence[str]) -> np.ndarray:
    columns, rows = table
    return rows[:, [columns.index(name) for name in names]]


def batch_of(table: Table) -> dict[str, np.ndarray]:
    return {"inputs": picked(table, INPUTS), "targets": picked(table, [TARGET])[:, 0]}


def expect_length(called: str, length: int, tables: list[Table]) -> None:
    mistakes = {
        sum(len(rows) for _, rows in tables): "the number of rows in all files; an item is a whole file",
        len(tables[0][1]): "the number of rows in the first file; an item is a whole file",
        len(INPUTS): "the number of inputs; an item is a file",
        0: "nothing counted yet; the number of files is known before any is read",
        len(tables) - 1: "the number of the last file; files are counted from 0",
    }
    expect(length == len(tables), called, str(len(tables)), str(length), mistakes.get(length))


def expect_arrays(called: str, kind: str | dict[str, str]) -> None:
    """Raises Failure unless an item is a dict of two arrays of float32."""
    if not isinstance(kind, dict):
        mistake = {
            "tuple": "inputs and targets without their names",
            "DataFrame": "the table as it was read; an item is a dict of arrays",
            "float32": "one array; an item has two, by their names",
            "float64": "one array; an item has two, by their names",
            "generator": "`yield` in the place of `return`",
        }
        got = "a pandas DataFrame" if kind == "DataFrame" else described_kind("array" if "float" in kind else kind)
        expect(False, called, "a dict with the keys inputs, targets", got, mistake.get(kind))
    assert isinstance(kind, dict)
    keys = ", ".join(kind) if len(kind) < 6 else f"{', '.join([*kind][:4])} and {len(kind) - 4} more"
    expect(kind.keys() == {"inputs", "targets"}, called, "a dict with the keys inputs, targets", f"the keys {keys}")
    for name, found in kind.items():
        expect(
            found not in ("DataFrame", "Series", "list", "tuple"),
            called,
            f"an array at {name!r}",
            {"DataFrame": "a pandas DataFrame", "Series": "a pandas Series"}.get(found, f"a {found}"),
            ".to_numpy() left out: a network takes arrays" if found in ("DataFrame", "Series") else None,
        )
        expect(
            found == "float32",
            called,
            f"float32 at {name!r}",
            found if len(found) < 40 else "values of several types",
            "64 bits a number, as pandas and numpy have it where no dtype is named; 32 are asked for"
            if found == "float64"
            else None,
        )


def mistaken(tables: list[Table], index: int, got: dict[str, Any], place: int) -> dict[str, Any]:
    """What each kind of mistake gives for file `index`, which was asked for as number `place`."""
    batch, (columns, rows) = batch_of(tables[index]), tables[index]
    in_file = [name for name in columns if name in INPUTS]
    targets = got["items"][place]["targets"]
    ranks = np.argsort(np.argsort(targets)) if np.shape(targets) == (len(rows),) else np.arange(len(rows))
    moved = np.argsort(batch["targets"])[ranks]
    inputs = {
        "the inputs in the order of the file; asked for is the order of INPUTS": picked(tables[index], in_file),
        "the first five columns, whatever their names": rows[:, :5],
        "all columns but the target": np.delete(rows, columns.index(TARGET), axis=1),
        "all columns; the network would be shown the target too": rows,
        "all columns but the last": rows[:, :-1],
        "the inputs with the target among them": picked(tables[index], [*INPUTS, TARGET]),
        "the inputs as [F, B]; asked for is [B, F]": batch["inputs"].T,
    }
    last = {kind: batch | {"inputs": array, "targets": rows[:, -1]} for kind, array in inputs.items()}
    joined = {name: np.concatenate([batch_of(table)[name] for table in tables]) for name in batch}
    column = batch["targets"][:, None]
    return {
        "a column of targets, [B, 1], where [B] is asked for: one pair of [ ] too many": batch | {"targets": column},
        "a row of targets, [1, B], where [B] is asked for": batch | {"targets": column.T},
        "the inputs under both names": batch | {"targets": batch["inputs"]},
        "inputs and targets swapped": {"inputs": batch["targets"], "targets": batch["inputs"]},
        "the columns in the order of the first file; each has an order of its own": batch_of((tables[0][0], rows)),
        "the last column as the target, whatever its name": batch | {"targets": rows[:, -1]},
        "the file before it: files are counted from 0": batch_of(tables[index - 1]),
        "the file after it": batch_of(tables[(index + 1) % len(tables)]),
        "the first file, whatever the index": batch_of(tables[0]),
        "the files in the order of their names; item i is paths[i]": batch_of(tables[(index + 2) % len(tables)]),
        "the item that was asked for first": got["items"][0] if place else None,
        "all files; an item is one of them": joined,
        "one row of all files; an item is one file": {name: array[index] for name, array in joined.items()},
        "one row of the file; an item is all of them": {name: array[index] for name, array in batch.items()},
        "all rows but the first": {name: array[1:] for name, array in batch.items()},
        "rows in another order than in the file": {name: array[moved] for name, array in batch.items()},
        **{kind: batch | {"inputs": array} for kind, array in inputs.items()},
        **{f"{kind}; pick columns by name": value for kind, value in last.items()},
    }


LENGTH = """\
    def __len__(self):
        return len(self.paths)

"""
GETITEM = """\
    def __getitem__(self, index):
"""
READ_FILE = """\
        table = pd.read_csv(self.paths[index], dtype=np.float32)
"""
PICK = """\
        return {"inputs": table[INPUTS].to_numpy(), "targets": table[TARGET].to_numpy()}
"""
TO_ITEM = LENGTH + GETITEM
TO_TABLE = TO_ITEM + READ_FILE

TWIN = """\
import tempfile as _tempfile
from pathlib import Path as _Path
with _tempfile.TemporaryDirectory() as _folder:
    _paths = [_Path(_folder) / f"{number}.csv" for number in range(len(texts))]
    for _path, _text in zip(_paths, texts):
        _path.write_text(_text)
    _source = learner.Files(_paths)
    _item = _source[index]
    out = len(_source), _item, {name: str(array.dtype) for name, array in _item.items()}
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="""\
    def __len__(self):
        raise NotImplementedError  # your turn

    def __getitem__(self, index):
        raise NotImplementedError  # your turn
""",
    solution=TO_TABLE + PICK,
    hints=(
        "How many items are there, if an item is a file? No file has to be read to know that.",
        "In __getitem__ read the one file self.paths[index]. The names in INPUTS pick the inputs, in that order.",
        "pd.read_csv(path, dtype=np.float32) reads float32. table[INPUTS] is [B, F], table[TARGET] is [B].",
    ),
    holds="Each batch is read when it is asked for, so a table may be larger than memory.",
    stands_in="lesson7.Files",
    check=check,
    planted=(
        Planted(
            "float64", TO_ITEM + "        table = pd.read_csv(self.paths[index])\n" + PICK, says="64 bits a number"
        ),
        Planted(
            "column of targets",
            TO_TABLE + '        return {"inputs": table[INPUTS].to_numpy(), "targets": table[[TARGET]].to_numpy()}\n',
            says="a column of targets",
        ),
        Planted(
            "usecols",
            TO_TABLE
            + """\
        inputs = pd.read_csv(self.paths[index], usecols=INPUTS, dtype=np.float32)
        return {"inputs": inputs.to_numpy(), "targets": table[TARGET].to_numpy()}
""",
            says="the inputs in the order of the file",
        ),
        Planted(
            "by place",
            TO_TABLE + '        return {"inputs": table.to_numpy()[:, :5], "targets": table.to_numpy()[:, -1]}\n',
            says="the first five columns, whatever their names; pick columns by name",
        ),
        Planted(
            "all but the target",
            TO_TABLE
            + """\
        return {"inputs": table.drop(columns=TARGET).to_numpy(), "targets": table[TARGET].to_numpy()}
""",
            says="all columns but the target",
        ),
        Planted(
            "of pandas",
            TO_TABLE + '        return {"inputs": table[INPUTS], "targets": table[TARGET]}\n',
            says=".to_numpy() left out",
        ),
        Planted(
            "all files first",
            """\
    def __init__(self, paths):
        self.tables = [pd.read_csv(path, dtype=np.float32) for path in paths]

    def __len__(self):
        return len(self.tables)

"""
            + GETITEM
            + "        table = self.tables[index]\n"
            + PICK,
            says="a file that is read too early",
        ),
        Planted(
            "all files for each item",
            TO_ITEM + "        table = [pd.read_csv(path, dtype=np.float32) for path in self.paths][index]\n" + PICK,
            says="another file that is read too",
        ),
        Planted(
            "kept",
            LENGTH
            + """\
    kept = {}

"""
            + GETITEM
            + """\
        path = self.paths[index]
        if path not in self.kept:
            self.kept[path] = pd.read_csv(path, dtype=np.float32)
        table = self.kept[path]
"""
            + PICK,
            says="items that are kept",
        ),
        Planted(
            "number of rows",
            """\
    def __len__(self):
        return sum(len(pd.read_csv(path)) for path in self.paths)

"""
            + GETITEM
            + READ_FILE
            + PICK,
            says="the number of rows in all files",
        ),
        Planted(
            "sorted",
            TO_ITEM + "        table = pd.read_csv(sorted(self.paths)[index], dtype=np.float32)\n" + PICK,
            says="in the order of their names",
        ),
        Planted(
            "counted from 1",
            TO_ITEM + "        table = pd.read_csv(self.paths[index - 1], dtype=np.float32)\n" + PICK,
            says="the file before it",
        ),
        Planted(
            "shuffled",
            TO_TABLE + "        table = table.sample(frac=1, random_state=0)\n" + PICK,
            says="rows in another order",
        ),
        Planted(
            "pair",
            TO_TABLE + "        return table[INPUTS].to_numpy(), table[TARGET].to_numpy()\n",
            says="without their names",
        ),
    ),
    right={
        "cast afterwards": TO_ITEM
        + """\
        table = pd.read_csv(str(self.paths[index])).astype(np.float32)
        targets = table.pop(TARGET)
        return {"targets": targets.values, "inputs": table.loc[:, INPUTS].values}
""",
        "row by row, without pandas": """\
    def __getitem__(self, index):
        import csv

        with self.paths[index].open(newline="") as file:
            rows = list(csv.DictReader(file))
        inputs = [[float(row[name]) for name in INPUTS] for row in rows]
        return {"inputs": np.array(inputs, np.float32), "targets": np.array([row[TARGET] for row in rows], np.float32)}

    def __len__(self):
        return sum(1 for _ in self.paths)
""",
        "numpy, by the places of the names": TO_ITEM
        + """\
        names, *rows = [line.split(",") for line in self.paths[index].read_text().splitlines()]
        rows = np.array(rows).astype(np.float32)
        return {"inputs": rows[:, [names.index(name) for name in INPUTS]], "targets": rows[:, names.index(TARGET)]}
""",
        "only the columns that are used": TO_ITEM
        + """\
        table = pd.read_csv(self.paths[index], usecols=[*INPUTS, TARGET])[[*INPUTS, TARGET]].to_numpy("float32")
        return {"inputs": table[:, :-1], "targets": table[:, -1]}
""",
        "column by column": TO_ITEM
        + """\
        table = np.genfromtxt(self.paths[index], delimiter=",", names=True, dtype=np.float32)
        return {"inputs": np.stack([table[name] for name in INPUTS], axis=-1), "targets": table[TARGET]}
""",
    },
    twin=Twin(
        given=lambda rng: {
            "texts": [text_of(draw_table(rng, 4 + i, inputs_first=False)) for i in range(3)],
            "index": int(rng.integers(3)),
        },
        learner=TWIN,
        lesson=TWIN.replace("learner.", "lesson."),
    ),
    arrays="numpy",
)
