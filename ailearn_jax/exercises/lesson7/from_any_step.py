"""From any step on."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 7, exercise 6: from any step on.

The training loop asks for `batches_from(step)`: an iterator over the batches of step, step + 1 and so on. A run that is
resumed at step 9,000 wants batch 9,000 at once, and none of the 9,000 before it made again. A dataset of grain can be
cut like a list, and `.to_iter_dataset(NO_THREADS)` makes what can be iterated of it.
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


def check(learner: Learner, rng: np.random.Generator) -> None:
    num_batches = 4000
    for step in (int(rng.integers(5, 90)), 0, int(rng.integers(100, 900))):
        got = learner.run(READ, step=step, num_batches=num_batches)
        called = f"five batches of grain_batches(source)({step})"
        following = np.arange(5)
        expect_close(
            f"{called}; their steps",
            got["steps"],
            step + following,
            mistakes={
                "all batches from the first on: the step is unused": following,
                "the batches after it: one is lost": step + 1 + following,
                "the batch before it once more": step - 1 + following,
            },
        )
        expect(
            got["asked"].min(initial=step) >= step,
            called=called,
            expected=f"no batch before {step} is made",
            got=f"{int((got['asked'] < step).sum())} are made, the first is batch {got['asked'].min()}",
            mistake="batches that are made and thrown away until the step has come",
        )
        expect(
            len(got["asked"]) < (num_batches - step) // 2,
            called=f"the first batch of grain_batches(source)({step})",
            expected="one batch is made, or a few ahead",
            got=f"{len(got['asked'])} are made before the first one comes",
            mistake="a list of all batches: a table in files would be in memory as a whole",
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="        return iter(dataset[step:].to_iter_dataset(NO_THREADS))\n",
    hints=(
        "How would you cut a list so that it begins at item number `step`?",
        "dataset[step:] is the rest of the dataset. Make it an iter dataset, and call iter(...) on that.",
    ),
    holds="The loader's position is the step: a resumed run makes the next batch and no other.",
    stands_in="loaders.grain_batches",
    check=check,
    planted=(
        Planted("step unused", "        return iter(dataset.to_iter_dataset(NO_THREADS))\n", says="the step is unused"),
        Planted(
            "thrown away",
            """\
        batches = iter(dataset.to_iter_dataset(NO_THREADS))
        for _ in range(step):
            next(batches)
        return batches
""",
            says="thrown away until the step has come",
        ),
        Planted(
            "one too late",
            "        return iter(dataset[step + 1 :].to_iter_dataset(NO_THREADS))\n",
            says="one is lost",
        ),
        Planted(
            "all at once",
            "        return iter([dataset[i] for i in range(step, len(dataset))])\n",
            says="a list of all batches",
        ),
        Planted("one batch", "        return dataset[step]\n", says="'dict' object is not an iterator"),
        Planted(
            "no iterator",
            "        return dataset[step:]\n",
            says="MapDataset' object is not an iterator",
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
