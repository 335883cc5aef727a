"""The same order again."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 7, exercise 4: the same order again.

A run that was interrupted in epoch 7 has to go on with the order of epoch 7, without drawing those of the epochs
before. So the order may not depend on what was drawn earlier: it is a function of the seed and the epoch alone. Another
epoch has another order, another seed too, and seed 1 in epoch 2 has nothing to do with seed 2 in epoch 1.

np.random.default_rng(...) takes one number, or a tuple of them.
"""

import numpy as np


def order_of(seed, epoch, num_rows):
    """The row numbers 0 to num_rows - 1, each once, in the order of an epoch: [N]."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    seed, epoch, num_rows = int(rng.integers(100, 1000)), int(rng.integers(2, 50)), int(rng.integers(20, 60))
    got = learner.run(
        "order, next_epoch, next_seed, crossed, swapped, again, epoch_0, epoch_1 = (\n"
        "    learner.order_of(s, e, num_rows)\n"
        "    for s, e in (\n"
        "        (seed, epoch), (seed, epoch + 1), (seed + 1, epoch), (seed + 1, epoch - 1), (epoch, seed),\n"
        "        (seed, epoch), (seed, 0), (seed, 1),\n"
        "    )\n"
        ")",
        seed=seed,
        epoch=epoch,
        num_rows=num_rows,
    )
    called, order = f"order_of(seed={seed}, epoch={epoch}, num_rows={num_rows})", got["order"]
    expect_order(called, order, num_rows)
    expect(
        np.array_equal(order, got["again"]),
        called=f"{called}, twice",
        expected="the same order both times",
        got="two orders",
        mistake="an order that depends on something else than seed and epoch: a run could not go on with it",
    )
    for name, what, mistake in (
        ("next_epoch", f"epoch={epoch + 1}", "the same order in every epoch: the epoch is unused"),
        ("next_seed", f"seed={seed + 1}", "the same order for every seed: the seed is unused"),
        ("crossed", f"seed={seed + 1}, epoch={epoch - 1}", "seed and epoch added up: other pairs have the same sum"),
        ("swapped", f"seed={epoch}, epoch={seed}", "seed and epoch multiplied: other pairs have the same product"),
    ):
        expect(
            not np.array_equal(order, got[name]),
            called=f"{called}, and with {what}",
            expected="two orders",
            got="the same order",
            mistake=mistake,
        )
    expect(
        not np.array_equal(got["epoch_0"], got["epoch_1"]),
        called=f"order_of(seed={seed}, …) of epochs 0 and 1",
        expected="two orders",
        got="the same order",
        mistake="an epoch that does not count at the beginning",
    )


def expect_order(called: str, order: Any, num_rows: int) -> None:
    """Each row number once, and not in turn."""
    sized = isinstance(order, np.ndarray) and order.shape == (num_rows,) and order.dtype.kind in "iu"
    expect(
        sized and np.array_equal(np.sort(order), np.arange(num_rows)),
        called=called,
        expected=f"the whole numbers 0 to {num_rows - 1}, each once",
        got=described(order, num_rows),
        mistake="numbers drawn one by one, with repeats; a permutation has each once"
        if sized and len(set(order.tolist())) < num_rows
        else None,
    )
    expect(
        not np.array_equal(order, np.arange(num_rows)),
        called=called,
        expected="a new order",
        got="0, 1, 2 and so on, in turn",
        mistake="rows that were not shuffled",
    )


def described(order: Any, num_rows: int) -> str:
    """What came in the place of an order."""
    if not isinstance(order, np.ndarray):
        return f"a value of type {type(order).__name__}"
    if order.shape != (num_rows,):
        return f"an array of shape {order.shape}"
    return f"{len(set(order.tolist()))} different numbers, the first is {order[0]}"


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return np.random.default_rng((seed, epoch)).permutation(num_rows)\n",
    hints=(
        "A new generator at each call, made of seed and epoch, forgets what was drawn before.",
        "np.random.default_rng((seed, epoch)) mixes both. Its method permutation(n) gives 0 to n - 1 in a new order.",
    ),
    holds="Any process can make the order of any epoch, and makes the same.",
    stands_in="lesson7.Batches",
    check=check,
    planted=(
        Planted(
            "seed alone", "    return np.random.default_rng(seed).permutation(num_rows)\n", says="the epoch is unused"
        ),
        Planted(
            "epoch alone", "    return np.random.default_rng(epoch).permutation(num_rows)\n", says="the seed is unused"
        ),
        Planted(
            "neither", "    return np.random.default_rng().permutation(num_rows)\n", says="could not go on with it"
        ),
        Planted("added", "    return np.random.default_rng(seed + epoch).permutation(num_rows)\n", says="the same sum"),
        Planted(
            "multiplied",
            "    return np.random.default_rng(seed * epoch).permutation(num_rows)\n",
            says="the same product",
        ),
        Planted(
            "with repeats",
            "    return np.random.default_rng((seed, epoch)).integers(num_rows, size=num_rows)\n",
            says="with repeats",
        ),
        Planted("not shuffled", "    return np.arange(num_rows)\n", says="rows that were not shuffled"),
        Planted(
            "shuffle returns nothing",
            "    return np.random.default_rng((seed, epoch)).shuffle(np.arange(num_rows))\n",
            says="NoneType",
        ),
    ),
    right={
        "shuffle in place": """\
    order = np.arange(num_rows)
    np.random.default_rng([seed, epoch]).shuffle(order)
    return order
""",
        "numbers put in order": """\
    return np.argsort(np.random.default_rng((epoch, 7, seed)).random(num_rows))
""",
        "keys of JAX": """\
    import jax
    return jax.random.permutation(jax.random.fold_in(jax.random.key(seed), epoch), num_rows)
""",
    },
    twin=Twin(
        given=lambda rng: {"seed": int(rng.integers(1000)), "epoch": int(rng.integers(50))},
        learner="out = learner.order_of(seed, epoch, 29)",
        lesson="""\
_rows = {"inputs": np.arange(29), "targets": np.arange(29)}
out = lesson.Batches(_rows, batch_size=29, num_steps=100, seed=seed)[epoch]["inputs"]
""",
    ),
    arrays="numpy",
)
