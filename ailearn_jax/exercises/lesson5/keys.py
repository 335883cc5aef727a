"""Keys, each used once."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 5, exercise 4: keys, each used once.

JAX's random numbers come from a key: the same key always gives the same numbers. That makes a run repeatable, but it is
a trap too: if you draw twice with one key, you get the same numbers twice. So each key is used once, either to draw
numbers or to make new keys from it: `jax.random.split(key)` makes two.

Write the line that makes the keys for the two layers.
"""

import jax


def init_kernels(key, hidden):
    """Random kernels for both layers, [hidden, hidden] each, independent of each other."""
@hole@
    first = jax.random.normal(first_key, (hidden, hidden))
    second = jax.random.normal(second_key, (hidden, hidden))
    return first, second
'''

# Each key that is drawn from or split is noted.
DRAWN = """
_split, _normal, used = jax.random.split, jax.random.normal, []
def _noting(function):
    def noting(*args, **kwargs):
        numbers = function(*args, **kwargs)
        key = args[0] if args else kwargs["key"]
        if not isinstance(key, jax.core.Tracer):
            used.append(jax.random.key_data(key).tolist())
        return numbers
    return noting
jax.random.split, jax.random.normal = _noting(_split), _noting(_normal)
try:
    learner.init_kernels(jax.random.key(seed), hidden)
finally:
    jax.random.split, jax.random.normal = _split, _normal
first, second = learner.init_kernels(jax.random.key(seed), hidden)
again = learner.init_kernels(jax.random.key(seed), hidden)
other = learner.init_kernels(jax.random.key(seed + 1), hidden)
with_key = jax.random.normal(jax.random.key(seed), (hidden, hidden))
"""
CALLED = "first, second = init_kernels(key, 20)"
EXPLAINED = {
    "_key' is not defined": "keys under other names; the next lines want first_key, second_key",
    "too many values": "more keys than names; jax.random.split(key) makes two",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    with explaining(CALLED, EXPLAINED):
        got = learner.run(DRAWN, seed=int(rng.integers(100_000)), hidden=20)
    first, second = got["first"], got["second"]
    equal = np.array_equal
    mistake = "one key for both draws: the same numbers twice"
    expect(not equal(first, second), CALLED, "two different kernels", "two equal kernels", mistake)
    mistake = "a key of your own, made without `key`: no other seed can be tried"
    is_fixed = equal(got["other"][0], first) or equal(got["other"][1], second)
    expect(not is_fixed, f"{CALLED}, with two keys", "other kernels for another key", "a kernel that is equal", mistake)
    mistake = "a key from outside, a clock or chance: no run can be repeated"
    is_same = equal(got["again"][0], first) and equal(got["again"][1], second)
    expect(is_same, f"{CALLED}, twice with one key", "the same kernels again", "other kernels", mistake)
    mistake = "`key` itself used to draw; make two new keys from it"
    is_used = equal(got["with_key"], first) or equal(got["with_key"], second)
    expect(not is_used, CALLED, "kernels from new keys", "what jax.random.normal(key, ...) gives", mistake)
    mistake = "a key used twice, to draw and to split, or to split twice"
    is_once = all(got["used"].count(key) == 1 for key in got["used"])
    expect(is_once, CALLED, "each key used once", "a key used twice", mistake)
    neighbours = [*got["other"]]
    mistake = "keys counted up from a number: two seeds share a key"
    is_shared = any(equal(mine, its) for mine in (first, second) for its in neighbours)
    expect(not is_shared, f"{CALLED}, for two seeds", "four different kernels", "two equal kernels", mistake)


def given(rng: np.random.Generator) -> dict:
    return {"seed": int(rng.integers(1000)), "hidden": 3}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn: first_key, second_key = ...\n",
    solution="    first_key, second_key = jax.random.split(key)\n",
    hints=(
        "Make two keys from `key`, and do not draw with `key` itself.",
        "jax.random.split(key) is an array of two keys, and `a, b = array` takes it apart.",
    ),
    holds="Each key is used once, so no two draws are equal, and the whole run follows from one seed.",
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
        Planted(
            "split twice",
            "    first_key, _ = jax.random.split(key)\n    _, second_key = jax.random.split(key)\n",
            says="to draw and to split",
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
