"""The same order again."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, brief, expect

SOURCE = '''\
"""Lesson 7, exercise 4: the same order again.

A run that was interrupted in epoch 7 has to go on with the order of epoch 7, without drawing the orders of the epochs
before. So the order must not depend on what was drawn earlier: it is a function of seed and epoch alone. Another epoch
has another order, and so has another seed; and seed 1 in epoch 2 has nothing to do with seed 2 in epoch 1.

np.random.default_rng(...) takes one number, or a tuple of them.
"""

import numpy as np


def order_of(seed, epoch, num_rows):
    """The row numbers 0 to num_rows - 1, each once, in the order of an epoch: [N]."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    seed, epoch, num_rows = int(rng.integers(100, 1000)), int(rng.integers(2, 50)), int(rng.integers(20, 60))

    def order_of(seed: int, epoch: int) -> Any:
        return learner.call("order_of", seed=seed, epoch=epoch, num_rows=num_rows)

    called, order = f"order_of(seed={seed}, epoch={epoch}, num_rows={num_rows})", order_of(seed, epoch)
    expect_order(called, order, num_rows)
    generator = np.random.default_rng(seed)
    expect(
        not any(np.array_equal(order, generator.permutation(num_rows)) for _ in range(epoch + 1))
        or np.array_equal(order, order_of(seed, epoch + 1)),
        called=called,
        expected="an order that is drawn by itself",
        got="one drawn after others, by a generator made of seed alone",
        mistake="a loop that draws the orders of all epochs before",
    )
    expect(
        np.array_equal(order, order_of(seed, epoch)),
        called=f"{called}, twice",
        expected="the same order both times",
        got="two orders",
        mistake="an order that does not depend on seed and epoch alone: a run could not go on with it",
    )
    for one, other, mistake in (
        ((seed, epoch), (seed, epoch + 1), "the same order in every epoch: the epoch is unused"),
        ((seed, epoch), (seed + 1, epoch), "the same order for every seed: the seed is unused"),
        ((seed, epoch), (seed + 1, epoch - 1), "seed and epoch added up: other pairs have the same sum"),
        ((6, 4), (8, 3), "seed and epoch multiplied: other pairs have the same product"),
        ((seed, epoch), (epoch, seed), "a number made of seed and epoch that stays the same if they change places"),
        ((1, 12), (11, 2), "the digits of seed and epoch in a row: other pairs have the same digits"),
        ((seed, 0), (seed, 1), "an epoch that does not count at the beginning"),
    ):
        expect(
            not np.array_equal(order_of(*one), order_of(*other)),
            called=f"order_of with seed={one[0]}, epoch={one[1]} and with seed={other[0]}, epoch={other[1]}",
            expected="two orders",
            got="the same order",
            mistake=mistake,
        )


def expect_order(called: str, order: Any, num_rows: int) -> None:
    """Each row number once, and not in turn."""
    array = order if isinstance(order, np.ndarray) else np.zeros(0)
    sized = array.shape == (num_rows,) and array.dtype.kind in "iu"
    mistake = None
    if order is None:
        mistake = "shuffle, which changes an array in place and returns nothing"
    elif isinstance(order, list):
        mistake = "a list; asked for is an array [N]"
    elif sized and len(set(array.tolist())) < num_rows:
        mistake = "numbers drawn one by one, with repeats; a permutation has each once"
    elif sized and np.array_equal(np.sort(array), np.arange(1, num_rows + 1)):
        mistake = "rows counted from 1"
    elif array.size and array.dtype.kind == "f":
        mistake = "random numbers; asked for are the row numbers in a random order"
    expect(
        sized and np.array_equal(np.sort(array), np.arange(num_rows)),
        called=called,
        expected=f"the whole numbers 0 to {num_rows - 1}, each once",
        got=described(order, num_rows),
        mistake=mistake,
    )
    expect(
        not np.array_equal(array, np.arange(num_rows)),
        called=called,
        expected="a new order",
        got="0, 1, 2 and so on, in turn",
        mistake="rows that were not shuffled",
    )


def described(order: Any, num_rows: int) -> str:
    """What came where an order was expected."""
    if order is None:
        return "None: nothing is returned"
    if not isinstance(order, np.ndarray):
        return f"a value of type {type(order).__name__}"
    if order.shape != (num_rows,):
        return f"an array of shape {order.shape}"
    return f"{len(set(order.tolist()))} different numbers, the first is {brief(order[0])}"


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return np.random.default_rng((seed, epoch)).permutation(num_rows)\n",
    hints=(
        "Make a new generator at each call, from seed and epoch: it does not depend on what was drawn before.",
        "np.random.default_rng((seed, epoch)) mixes both. Its method permutation(n) gives 0 to n - 1 in a new order.",
    ),
    holds="Any process can make the order of any epoch, and all make the same one.",
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
            "exchangeable",
            "    return np.random.default_rng(seed ^ epoch).permutation(num_rows)\n",
            says="if they change places",
        ),
        Planted(
            "digits",
            "    return np.random.default_rng(int(f'{seed}{epoch}')).permutation(num_rows)\n",
            says="the digits of seed and epoch",
        ),
        Planted(
            "all epochs before",
            """\
    rng = np.random.default_rng(seed)
    for _ in range(epoch + 1):
        order = rng.permutation(num_rows)
    return order
""",
            says="draws the orders of all epochs before",
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
            says="changes an array in place",
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
