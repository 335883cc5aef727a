"""Keys, each used once."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 5, exercise 3: keys, each used once.

JAX's random numbers come from a key: the same key gives the same numbers, always. That makes a run repeatable, and it
is a trap: whoever draws twice with one key gets the same numbers twice. So a key is used once, to draw from or to make
new keys of it: `jax.random.split(key)` makes two.

Write the line that makes the keys for the two layers.
"""

import jax


def init_kernels(key, hidden):
    """Random kernels of both layers, [hidden, hidden] each, that have nothing to do with one another."""
@hole@
    first = jax.random.normal(first_key, (hidden, hidden))
    second = jax.random.normal(second_key, (hidden, hidden))
    return first, second
'''

DRAWN = """
first, second = learner.init_kernels(jax.random.key(seed), hidden)
again = learner.init_kernels(jax.random.key(seed), hidden)
other = learner.init_kernels(jax.random.key(seed + 1), hidden)
with_key = jax.random.normal(jax.random.key(seed), (hidden, hidden))
"""
CALLED = "first, second = init_kernels(key, 20)"
EXPLAINED = {
    "is not defined": "keys under other names; the next lines want first_key, second_key",
    "too many values": "more keys than names; jax.random.split(key) makes two",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    with explaining(CALLED, EXPLAINED):
        got = learner.run(DRAWN, seed=int(rng.integers(100_000)), hidden=20)
    first, second = got["first"], got["second"]
    equal = np.array_equal
    mistake = "one key for both draws: the same numbers twice"
    expect(not equal(first, second), CALLED, "two different kernels", "the same kernel twice", mistake)
    mistake = "a key of your own, whatever `key` is: no other seed can be tried"
    is_fixed = equal(got["other"][0], first) or equal(got["other"][1], second)
    expect(
        not is_fixed, f"{CALLED}, with two keys", "other kernels for another key", "a kernel that is the same", mistake
    )
    mistake = "a key from outside, a clock or chance: no run can be repeated"
    is_same = equal(got["again"][0], first) and equal(got["again"][1], second)
    expect(is_same, f"{CALLED}, twice with one key", "the same kernels again", "others", mistake)
    mistake = "`key` itself used to draw, and to make a key: it is used twice"
    is_used = equal(got["with_key"], first) or equal(got["with_key"], second)
    expect(not is_used, CALLED, "kernels from new keys", "what jax.random.normal(key, ...) gives", mistake)
    neighbours = [*got["other"]]
    mistake = "keys counted up from a number: the next seed's first is this one's second"
    is_shared = any(equal(mine, its) for mine in (first, second) for its in neighbours)
    expect(not is_shared, f"{CALLED}, for seeds side by side", "four different kernels", "one in common", mistake)


def given(rng: np.random.Generator) -> dict:
    return {"seed": int(rng.integers(1000)), "hidden": 3}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn: first_key, second_key = ...\n",
    solution="    first_key, second_key = jax.random.split(key)\n",
    hints=(
        "Of one key make two, and do not draw with the one that they were made of.",
        "jax.random.split(key) is an array of two keys, and a, b = array takes it apart.",
    ),
    holds="Each key is used once, so no two draws are alike, and the whole run follows from one seed.",
    stands_in="lesson5.init_state",
    check=check,
    planted=(
        Planted("one key for both", "    first_key = second_key = key\n", says="one key for both"),
        Planted(
            "an own key",
            "    first_key, second_key = jax.random.key(0), jax.random.key(1)\n",
            says="a key of your own",
        ),
        Planted(
            "the old key used again",
            "    first_key, second_key = key, jax.random.split(key)[1]\n",
            says="`key` itself used to draw",
        ),
        Planted("three keys", "    first_key, second_key = jax.random.split(key, 3)\n", says="more keys than names"),
        Planted("other names", "    keys = jax.random.split(key)\n", says="keys under other names"),
        Planted(
            "chance",
            """\
    import secrets

    first_key, second_key = jax.random.split(jax.random.fold_in(key, secrets.randbits(30)))
""",
            says="no run can be repeated",
        ),
        Planted(
            "counted up",
            """\
    seed = int(jax.random.key_data(key)[1])
    first_key, second_key = jax.random.key(seed + 10), jax.random.key(seed + 11)
""",
            says="counted up from a number",
        ),
    ),
    right={
        "folded in": "    first_key, second_key = jax.random.fold_in(key, 1), jax.random.fold_in(key, 2)\n",
        "one left over": "    _, second_key, first_key = jax.random.split(key, 3)\n",
        "one after the other": """\
    key, first_key = jax.random.split(key)
    key, second_key = jax.random.split(key)
""",
        "the two places": """\
    keys = jax.random.split(key)
    first_key = keys[0]
    second_key = keys[1]
""",
    },
    twin=Twin(
        given=given,
        learner="out = learner.init_kernels(jax.random.key(seed), hidden)",
        lesson="""
_keys = lesson.jax.random.split(lesson.jax.random.key(seed))
out = tuple(lesson.jax.random.normal(_key, (hidden, hidden)) for _key in _keys)
""",
    ),
)
