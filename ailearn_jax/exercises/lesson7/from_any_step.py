"""From any step on."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 7, exercise 6: from any step on.

The training loop asks for `batches_from(step)`: an iterator over the batches of step, step + 1 and so on. A run that is
resumed at step 9,000 needs batch 9,000 at once, and the 9,000 batches before it must not be made again. A grain dataset
can be sliced like a list, and its method `.to_iter_dataset(NO_THREADS)` returns a dataset to iterate over, by iter().
"""

import grain

NO_THREADS = grain.ReadOptions(num_threads=0, prefetch_buffer_size=0)  # a batch is made when it is asked for


def grain_batches(source):
    """batches_from, for a source whose item i is the batch of step i."""
    dataset = grain.MapDataset.source(source)

    def batches_from(step):
        """An iterator over the batches of step, step + 1, and so on."""
@hole@

    return batches_from
'''

READ = """\
class _Source:
    def __init__(self):
        self.asked = []
    def __len__(self):
        return num_batches
    def __getitem__(self, index):
        self.asked.append(int(index))
        return {"inputs": np.full((3, 2), int(index)), "targets": np.full(3, int(index))}
_source = _Source()
_batches = learner.grain_batches(_source)(step)
_first = next(_batches)
asked = np.array(_source.asked)
_rest = [batch for batch, _ in zip(_batches, range(4))]
steps = np.array([batch["targets"][0] for batch in [_first, *_rest]])
"""


NO_ITERATOR = {
    "'NoneType' object is not an iterator": "an iterator that is made and not returned",
    "'dict' object is not an iterator": "one batch; asked for is an iterator over it and all that come after it",
    "'SliceMapDataset' object is not an iterator": "a dataset; iter(...) makes an iterator of one",
    "'PrefetchIterDataset' object is not an iterator": "a dataset to iterate over; iter(...) makes an iterator of one",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_batches = 4000
    for step in (int(rng.integers(5, 90)), 0, int(rng.integers(100, 900))):
        with explaining(f"next(grain_batches(source)({step}))", NO_ITERATOR):
            got = learner.run(READ, step=step, num_batches=num_batches)
        called = f"five batches of grain_batches(source)({step})"
        following = np.arange(5)
        expect(
            len(got["steps"]) == 5,
            called=called,
            expected="5 batches",
            got=f"{len(got['steps'])}, then it ends",
            mistake="one batch alone" if len(got["steps"]) == 1 else None,
        )
        expect_close(
            f"{called}; their steps",
            got["steps"],
            step + following,
            mistakes={
                "the batches from the first one on, not from this step": following,
                "the batches from step + 1 on: one is lost": step + 1 + following,
                "the batch of this step again and again": step + 0 * following,
                "the batches from step - 1 on: one comes twice": step - 1 + following,
            },
        )
        expect(
            got["asked"].min(initial=step) >= step,
            called=called,
            expected=f"no batch before {step} is made",
            got=f"{int((got['asked'] < step).sum())} are made, the first is batch {got['asked'].min()}",
            mistake="batches that are made and thrown away until this step is reached",
        )
        expect(
            len(got["asked"]) < (num_batches - step) // 2,
            called=f"the first batch of grain_batches(source)({step})",
            expected="one batch is made, or a few ahead",
            got=f"{len(got['asked'])} are made before the first one comes",
            mistake="all batches are made first: a table in files would be in memory as a whole",
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="        return iter(dataset[step:].to_iter_dataset(NO_THREADS))\n",
    hints=(
        "How would you slice a list so that it begins at item number `step`?",
        "dataset[step:] is the rest of the dataset. Call its .to_iter_dataset(NO_THREADS), and iter(...) on that.",
    ),
    holds="The step is the loader's position: a resumed run makes the batch of its step and none before it.",
    stands_in="loaders.grain_batches",
    check=check,
    planted=(
        Planted("step unused", "        return iter(dataset.to_iter_dataset(NO_THREADS))\n", says="not from this step"),
        Planted(
            "thrown away",
            """\
        batches = iter(dataset.to_iter_dataset(NO_THREADS))
        for _ in range(step):
            next(batches)
        return batches
""",
            says="thrown away until this step",
        ),
        Planted(
            "one too late",
            "        return iter(dataset[step + 1 :].to_iter_dataset(NO_THREADS))\n",
            says="one is lost",
        ),
        Planted(
            "all at once",
            "        return iter([dataset[i] for i in range(step, len(dataset))])\n",
            says="all batches are made first",
        ),
        Planted("one batch", "        return dataset[step]\n", says="one batch; asked for is an iterator"),
        Planted("nothing", "        iter(dataset[step:].to_iter_dataset(NO_THREADS))\n", says="made and not returned"),
        Planted(
            "no iter()",
            "        return dataset[step:].to_iter_dataset(NO_THREADS)\n",
            says="a dataset to iterate over; iter(...) makes",
        ),
        Planted("yield of one", "        yield dataset[step]\n", says="one batch alone"),
        Planted(
            "the same again",
            """\
        while True:
            yield dataset[step]
""",
            says="again and again",
        ),
        Planted(
            "no iterator",
            "        return dataset[step:]\n",
            says="a dataset; iter(...) makes",
        ),
    ),
    right={
        "item by item": """\
        for i in range(step, len(dataset)):
            yield dataset[i]
""",
        "a generator of the source": "        return (source[i] for i in range(step, len(source)))\n",
        "grain's own read-ahead": "        return iter(dataset[step:].to_iter_dataset())\n",
        "yield from": "        yield from dataset.slice(slice(step, None)).to_iter_dataset(NO_THREADS)\n",
    },
    twin=Twin(
        given=lambda rng: {"rows": rng.normal(size=(40, 3)), "step": int(rng.integers(30))},
        learner="_batches = learner.grain_batches(rows)(step)\nout = [next(_batches) for _ in range(5)]",
        lesson="_batches = lesson.grain_batches(rows)(step)\nout = [next(_batches) for _ in range(5)]",
    ),
    arrays="numpy",
)
