"""Shuffle, batch, begin again."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 7, exercise 3: shuffle, batch, begin again.

Grain makes batches of a source by methods that are called one after the other, `dataset.this().that()`. In which order?
Each epoch has to go through the rows in a new order that depends on `seed`; batches have batch_size rows, made by
`stack`; rows at the end of an epoch that do not fill a batch are left out; after an epoch comes the next, without end.

The methods: `.seed(seed)`, `.shuffle()`, `.batch(batch_size, drop_remainder=True, batch_fn=stack)`, `.repeat()`.
"""

import grain
import numpy as np


class Rows:
    """A source whose item is a row."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows["inputs"])

    def __getitem__(self, index):
        return {name: array[index] for name, array in self.rows.items()}


def stack(items):
    """B rows become one batch."""
    return {name: np.stack([item[name] for item in items]) for name in items[0]}


def item_by_item(rows, batch_size, seed):
    """A grain dataset whose items are the batches of rows {"inputs": [N, F], "targets": [N]}, one after the other."""
    dataset = grain.MapDataset.source(Rows(rows))
@hole@
'''

NUM_EPOCHS = 4
READ = """\
import itertools
def _read(seed):
    _dataset = learner.item_by_item(rows, batch_size, seed)
    if not isinstance(_dataset, learner.grain.MapDataset):
        return type(_dataset).__name__
    return [_batch["targets"] for _batch in itertools.islice((_dataset[i] for i in range(len(_dataset))), num_batches)]
first, again, other = _read(seed), _read(seed), _read(seed + 1)
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    batch_size, per_epoch = int(rng.integers(5, 8)), int(rng.integers(4, 7))
    left = int(rng.integers(2, batch_size - 1))
    num_rows, num_batches, seed = per_epoch * batch_size + left, NUM_EPOCHS * per_epoch, int(rng.integers(1000))
    rows = {"inputs": rng.normal(size=(num_rows, 2)), "targets": np.arange(num_rows)}
    called = f"item_by_item({num_rows} rows, {batch_size}, {seed})"
    with explaining(called, {"`shuffle` requires a seed": "a shuffle without a seed before it"}):
        got = learner.run(READ, rows=rows, batch_size=batch_size, seed=seed, num_batches=num_batches)
    batches = got["first"]
    kind = str(batches) if isinstance(batches, str) else None
    expect(
        kind is None,
        called=called,
        expected="a grain dataset that can be indexed, as dataset[0]",
        got="None: nothing is returned" if kind == "NoneType" else f"a value of type {kind}",
        mistake="an iterator, or a dataset to iterate over" if "Iter" in str(kind) else None,
    )
    expect_batches(called, batches, num_batches, batch_size)
    expect_shuffled(called, np.array(batches))
    expect(
        np.array_equal(batches, got["again"]),
        called=f"{called}, twice",
        expected="the same batches both times",
        got="other batches the second time",
        mistake="an order that cannot be made again: it has to depend on seed alone",
    )
    expect(
        not np.array_equal(batches, got["other"]),
        called=f"{called}, and with seed={seed + 1}",
        expected="another order",
        got="the same batches",
        mistake="a seed that is fixed in the code: the argument is unused",
    )


def expect_batches(called: str, batches: Any, num_batches: int, batch_size: int) -> None:
    """Enough of them, and all of the same size."""
    expect(
        len(batches) == num_batches,
        called=f"{called}; {NUM_EPOCHS} epochs are asked for",
        expected=f"{num_batches} batches",
        got=f"{len(batches)}, then it ends",
        mistake="one epoch alone: it does not begin again",
    )
    sizes = [np.size(batch) for batch in batches]
    wrong = next((i for i, size in enumerate(sizes) if size != batch_size), None)
    expect(
        wrong is None,
        called=f"{called}; its batch {wrong}",
        expected=f"{batch_size} rows",
        got=f"{sizes[wrong or 0]}",
        mistake="a short batch at the end of an epoch: drop_remainder=True leaves it out"
        if wrong
        else "rows, not batches: .batch(...) is missing"
        if sizes[0] == 1
        else "another batch size than the one given",
    )


def expect_shuffled(called: str, batches: np.ndarray) -> None:
    """In each epoch a row at most once, in a new order, and rows from all over in a batch."""
    expect(
        (np.diff(np.sort(batches, axis=1), axis=1) > 1).any(),
        called=f"{called}; its first batch",
        expected="rows from all over the table",
        got=f"rows {', '.join(map(str, batches[0]))}",
        mistake="batches of neighbouring rows: they come in the order of the table"
        if (np.diff(batches.reshape(NUM_EPOCHS, -1), axis=1) == 1).all()
        else "batches of neighbouring rows: the batches were shuffled, not the rows",
    )
    epochs = batches.reshape(NUM_EPOCHS, -1)
    repeated = next((i for i, epoch in enumerate(epochs) if len(set(epoch)) < len(epoch)), None)
    expect(
        repeated is None,
        called=f"{called}; epoch {repeated}",
        expected="each row at most once",
        got="a row that comes twice",
        mistake="epochs that run into each other: .repeat() comes before .batch(...)",
    )
    expect(
        not any(np.array_equal(epochs[0], epoch) for epoch in epochs[1:]),
        called=f"{called}; epochs 0 to {NUM_EPOCHS - 1}",
        expected="a new order in each epoch",
        got="the same order again",
        mistake="one order for all epochs",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    rows_in_order = dataset.seed(seed).shuffle()
    return rows_in_order.batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()
""",
    hints=(
        "What has to be shuffled, the rows or the batches? And what has to be repeated?",
        "Shuffling needs its seed before it: dataset.seed(seed).shuffle(). Rows are shuffled, not batches.",
        "The order is seed, shuffle, batch, repeat.",
    ),
    holds="Each epoch goes through the rows in a new order, and no batch mixes two epochs.",
    stands_in="lesson7.item_by_item",
    check=check,
    planted=(
        Planted(
            "no shuffle",
            "    return dataset.seed(seed).batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()\n",
            says="in the order of the table",
        ),
        Planted(
            "batch before shuffle",
            "    return dataset.seed(seed).batch(batch_size, drop_remainder=True, batch_fn=stack).shuffle().repeat()\n",
            says="the batches were shuffled",
        ),
        Planted(
            "repeat before batch",
            """\
    return dataset.seed(seed).shuffle().repeat().batch(batch_size, drop_remainder=True, batch_fn=stack)
""",
            says="epochs that run into each other",
        ),
        Planted(
            "remainder kept",
            "    return dataset.seed(seed).shuffle().batch(batch_size, batch_fn=stack).repeat()\n",
            says="a short batch at the end",
        ),
        Planted(
            "no repeat",
            "    return dataset.seed(seed).shuffle().batch(batch_size, drop_remainder=True, batch_fn=stack)\n",
            says="it does not begin again",
        ),
        Planted(
            "shuffle before seed",
            "    return dataset.shuffle().seed(seed).batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()\n",
            says="a shuffle without a seed before it",
        ),
        Planted(
            "no batches",
            "    return dataset.seed(seed).shuffle().repeat()\n",
            says="rows, not batches",
        ),
        Planted(
            "other batch size",
            "    return dataset.seed(seed).shuffle().batch(32, drop_remainder=True, batch_fn=stack).repeat()\n",
            says="another batch size",
        ),
        Planted(
            "iterator",
            """\
    dataset = dataset.seed(seed).shuffle().batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()
    return iter(dataset.to_iter_dataset())
""",
            says="an iterator, or a dataset",
        ),
        Planted(
            "fixed seed",
            "    return dataset.seed(0).shuffle().batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()\n",
            says="the argument is unused",
        ),
    ),
    right={
        "the seed where it is used": """\
    shuffled = dataset.shuffle(seed=seed)
    return shuffled.batch(batch_size, drop_remainder=True, batch_fn=stack).repeat()
""",
        "step by step": """\
    dataset = dataset.seed(seed)
    dataset = dataset.shuffle()
    dataset = dataset.batch(batch_size=batch_size, batch_fn=stack, drop_remainder=True)
    return dataset.repeat(num_epochs=None)
""",
        "grain's own batcher": """\
    return dataset.shuffle(seed=seed + 1).batch(batch_size, drop_remainder=True).repeat()
""",
    },
    twin=Twin(
        given=lambda rng: {
            "rows": {"inputs": rng.normal(size=(23, 2)), "targets": rng.normal(size=23)},
            "batch_size": int(rng.integers(2, 9)),
            "seed": int(rng.integers(1000)),
        },
        learner="_dataset = learner.item_by_item(rows, batch_size, seed)\nout = [_dataset[i] for i in range(25)]",
        lesson="_dataset = lesson.item_by_item(rows, batch_size, seed)\nout = [_dataset[i] for i in range(25)]",
    ),
    arrays="numpy",
)
