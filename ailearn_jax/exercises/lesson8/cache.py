"""One step with the cache of keys and values."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.transformer import attend

SOURCE = '''\
"""Lesson 8, exercise 19: one step with the cache of keys and values.

In generation tokens come in one after the other, and the keys and values of the earlier ones do not change. So they are
kept in a cache with room for S tokens. A step brings T new tokens (one, as a rule), at the places `position`,
position + 1 and so on: put their keys and values into the cache there. The places after them hold zeros or old numbers
that must not be seen: new token t, at place position + t, may look at all places up to its own.

position is known only when the compiled program runs, so it cannot be the bound of a slice. But
jax.lax.dynamic_update_slice(array, update, (0, position, 0, 0)) gives a copy of `array` that has `update` there.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp


def attend(queries, keys, values, cache, position):
    """What T new tokens find [B, T, H, K] among all so far, and the filled cache (keys, values), each [B, S, H, K]."""
@hole@
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    attention = nn.softmax(jnp.where(visible[None, None], scores, -jnp.inf))
    return jnp.einsum("bhts,bshk->bthk", attention, values), (keys, values)
'''


NAMES = {"[0]": "found", "[1][0]": "keys", "[1][1]": "values", "[1]": "the cache"}


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, H, K, S = 2, 3, 5, int(rng.integers(9, 12))
    first = int(rng.integers(2, 4))
    cache = tuple(rng.normal(size=(2, B, S, H, K)))  # left over from another text
    for position, T in ((0, first), (first, 1), (first + 1, 1), (first + 2, 2)):
        queries, keys, values = 2 * rng.normal(size=(3, B, T, H, K))
        expected, mistakes = by_numpy(queries, keys, values, cache, position)
        got = learner.run(
            "_attend = jax.jit(learner.attend)\nout = _attend(queries, keys, values, cache, position)",
            queries=queries,
            keys=keys,
            values=values,
            cache=cache,
            position=position,
        )["out"]
        new = f"{T} new tokens" if T > 1 else "a new token"
        expect_close(
            f"attend with {new}, position={position}, room for {S}",
            got,
            expected,
            mistakes,
            rtol=1e-3,
            atol=1e-4,
            names=NAMES,
        )
        cache = expected[1]


Found = tuple[np.ndarray, tuple[np.ndarray, ...]]  # what is found, and the cache


def by_numpy(
    queries: np.ndarray, keys: np.ndarray, values: np.ndarray, cache: tuple[np.ndarray, ...], position: int
) -> tuple[Found, dict[str, Found]]:
    """What is expected, and what each kind of mistake gives."""
    T, S = queries.shape[1], cache[0].shape[1]
    place, own = np.arange(S)[None], position + np.arange(T)[:, None]

    def filled(at: int) -> tuple[np.ndarray, ...]:
        copies = tuple(earlier.copy() for earlier in cache)
        for copy, new in zip(copies, (keys, values), strict=True):
            copy[:, at : at + T] = new
        return copies

    def found(visible: np.ndarray, cached: tuple[np.ndarray, ...]) -> Found:
        return attend(queries, cached[0], cached[1], visible), cached

    right = filled(position)
    longer = tuple(np.concatenate(pair, axis=1) for pair in zip(cache, (keys, values), strict=True))
    mistakes = {
        "new keys and values at place 0, not at `position` along axis 1": found(place <= own, filled(0)),
        "new keys and values one place too late": found(place <= own, filled(position + 1)),
        "a mask that counts from 0: the new tokens see the first places alone": found(place <= own - position, right),
        "no mask: the places after the new tokens are seen, too": found(np.ones((T, S), bool), right),
        "a token that does not see itself": found(place < own, right),
        "a mask that is turned around: a token sees its own place and those after it": found(place >= own, right),
        "earlier tokens alone are seen, and no new one": found(np.broadcast_to(place < position, (T, S)), right),
        "new keys that are put among the values, and new values among the keys": found(
            place <= own, swapped(cache, keys, values, position)
        ),
        "a token that sees the place after its own": found(place <= own + 1, right),
        "all new tokens up to the first one's place: the second does not see itself": found(
            np.broadcast_to(place <= position, (T, S)), right
        ),
        "all new tokens up to the last one's place: the first looks ahead": found(
            np.broadcast_to(place < position + T, (T, S)), right
        ),
        "the cache that came in: the new keys and values are not put into it": found(place <= own, cache),
        "keys that are put into the cache, and values that are not": found(place <= own, (right[0], cache[1])),
        "values that are put into the cache, and keys that are not": found(place <= own, (cache[0], right[1])),
        "keys in the place of values": found(place <= own, (right[0], filled(position)[0])),
        "a cache that grows: the new ones are put after it, not into it": found(np.arange(S + T)[None] <= own, longer),
        "the new keys and values alone: what came before is forgotten": found(np.tri(T, dtype=bool), (keys, values)),
    }
    return found(place <= own, right), mistakes


def swapped(
    cache: tuple[np.ndarray, ...], keys: np.ndarray, values: np.ndarray, position: int
) -> tuple[np.ndarray, ...]:
    """The cache of keys, made of that of values, and the other way round."""
    copies = cache[1].copy(), cache[0].copy()
    for copy, new in zip(copies, (keys, values), strict=True):
        copy[:, position : position + keys.shape[1]] = new
    return copies


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn: keys and values [B, S, H, K], and visible [T, S]\n",
    solution="""\
    keys, values = (
        jax.lax.dynamic_update_slice(earlier, new, (0, position, 0, 0))  # [B, S, H, K]
        for earlier, new in zip(cache, (keys, values), strict=True)
    )
    visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(queries.shape[1])[:, None]  # [T, S]
""",
    hints=(
        "Make three arrays: keys and values of all places, [B, S, H, K], and visible, [T, S], of true and false.",
        "keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0)), and the same for the values.",
        "visible: jnp.arange(S)[None] <= position + jnp.arange(T)[:, None], with S = keys.shape[1] after the update.",
    ),
    holds="A step computes the new tokens only, and they find what they would find in the whole text.",
    stands_in="lesson8.CausalSelfAttention",
    check=check,
    planted=(
        Planted(
            "at place 0",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, 0, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[1], values, (0, 0, 0, 0))
    visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(queries.shape[1])[:, None]
""",
            says="new keys and values at place 0",
        ),
        Planted(
            "mask from 0",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[1], values, (0, position, 0, 0))
    visible = jnp.arange(keys.shape[1])[None] <= jnp.arange(queries.shape[1])[:, None]
""",
            says="a mask that counts from 0",
        ),
        Planted(
            "no mask",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[1], values, (0, position, 0, 0))
    visible = jnp.ones((queries.shape[1], keys.shape[1]), bool)
""",
            says="no mask",
        ),
        Planted(
            "does not see itself",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[1], values, (0, position, 0, 0))
    visible = jnp.arange(keys.shape[1])[None] < position + jnp.arange(queries.shape[1])[:, None]
""",
            says="a token that does not see itself",
        ),
        Planted(
            "one mask for all new tokens",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[1], values, (0, position, 0, 0))
    visible = jnp.broadcast_to(jnp.arange(keys.shape[1])[None] <= position, (queries.shape[1], keys.shape[1]))
""",
            says="the second does not see itself",
        ),
        Planted(
            "values forgotten",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0))
    values = cache[1]
    visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(queries.shape[1])[:, None]
""",
            says="values that are not",
        ),
        Planted(
            "a cache that grows",
            """\
    keys, values = jnp.concatenate([cache[0], keys], axis=1), jnp.concatenate([cache[1], values], axis=1)
    visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(queries.shape[1])[:, None]
""",
            says="a cache that grows",
        ),
        Planted(
            "new ones alone",
            """\
    visible = jnp.tri(queries.shape[1], dtype=bool)
""",
            says="what came before is forgotten",
        ),
        Planted(
            "swapped",
            """\
    new_keys = jax.lax.dynamic_update_slice(cache[1], keys, (0, position, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[0], values, (0, position, 0, 0))
    keys = new_keys
    visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(queries.shape[1])[:, None]
""",
            says="new keys that are put among the values",
        ),
        Planted(
            "turned around",
            """\
    keys = jax.lax.dynamic_update_slice(cache[0], keys, (0, position, 0, 0))
    values = jax.lax.dynamic_update_slice(cache[1], values, (0, position, 0, 0))
    visible = jnp.arange(keys.shape[1])[None] >= position + jnp.arange(queries.shape[1])[:, None]
""",
            says="turned around",
        ),
        Planted(
            "a slice",
            """\
    last = position + queries.shape[1]
    keys = cache[0].at[:, position:last].set(keys)
    values = cache[1].at[:, position:last].set(values)
    visible = jnp.arange(keys.shape[1])[None] <= position + jnp.arange(queries.shape[1])[:, None]
""",
            says="IndexError",
        ),
    ),
    right={
        "places set": """\
    places = position + jnp.arange(queries.shape[1])
    keys, values = cache[0].at[:, places].set(keys), cache[1].at[:, places].set(values)
    visible = places[:, None] >= jnp.arange(cache[0].shape[1])[None]
""",
        "token by token": """\
    T, S = queries.shape[1], cache[0].shape[1]
    filled_keys, filled_values = cache
    for t in range(T):
        filled_keys = filled_keys.at[:, position + t].set(keys[:, t])
        filled_values = filled_values.at[:, position + t].set(values[:, t])
    keys, values = filled_keys, filled_values
    visible = jnp.stack([jnp.arange(S) <= position + t for t in range(T)])
""",
        "update along one axis": """\
    keys = jax.lax.dynamic_update_slice_in_dim(cache[0], keys, position, axis=1)
    values = jax.lax.dynamic_update_slice_in_dim(cache[1], values, position, axis=1)
    visible = jnp.tri(keys.shape[1], dtype=bool)[position + jnp.arange(queries.shape[1])]
""",
    },
    twin=Twin(
        given=lambda rng: {
            "x": rng.normal(size=(2, 1, 12)),
            "cache": tuple(rng.normal(size=(2, 2, 9, 3, 4))),
            "position": int(rng.integers(8)),
            "params": {name: {"kernel": rng.normal(size=(12, 12))} for name in ("queries", "keys", "values", "out")},
        },
        learner="""\
_heads = [(x @ params[name]["kernel"]).reshape(2, 1, 3, 4) for name in ("queries", "keys", "values")]
_found, _cache = learner.attend(*_heads, cache, position)
out = _found.reshape(2, 1, 12) @ params["out"]["kernel"], _cache
""",
        lesson="""\
_attention = lesson.CausalSelfAttention(3, 0.0, False, lesson.small)
out = _attention.apply({"params": params}, x, cache, position, None)
""",
    ),
)
