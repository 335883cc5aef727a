"""Dropout, with a key for each row."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 8, exercise 12: dropout, with a key for each row.

In training a share `rate` of the numbers, drawn at random, becomes 0, so that nothing depends on a single one. The rest
is divided by 1 - rate: so the mean stays the same, and nothing has to change when dropout is off.

Each row of the batch has a key of its own. Which of its numbers become 0 depends on that key alone, not on the other
rows or on the row's place in the batch.

jax.random.bernoulli(key, p, shape) is true with probability p; jax.vmap(f)(keys) calls f for each key.
"""

import jax
import jax.numpy as jnp


def dropout(x, rate, keys):
    """Zeroes a share `rate` of `x` [B, ...] and scales up the rest; `keys` [B], one for each row; None: no change."""
    if keys is None or rate == 0.0:
        return x
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    shape, rate = (3, int(rng.integers(40, 50)), int(rng.integers(80, 90))), float(np.round(rng.uniform(0.15, 0.35), 3))
    x = rng.uniform(1, 2, shape)
    with explaining(
        "dropout(x, rate, keys)", {"accepts a single key": "all keys in one draw; jax.vmap draws with each"}
    ):
        got = learner.run(
            "_keys = jax.random.split(jax.random.key(seed), 3)\n"
            "out, others = learner.dropout(x, rate, _keys), learner.dropout(x, rate, _keys[::-1])\n"
            "row = learner.dropout(x[2:], rate, _keys[2:])[0]",
            x=x,
            rate=rate,
            seed=int(rng.integers(2**30)),
        )
    called, out = f"dropout(x, rate={rate}, keys)", got["out"]
    expect(
        isinstance(out, np.ndarray) and out.shape == shape and out.dtype.kind == "f",
        called=called,
        expected=f"numbers of shape {shape}",
        got=f"{out.dtype} of shape {out.shape}" if isinstance(out, np.ndarray) else f"a {type(out).__name__}",
        mistake="the mask itself, and not x" if isinstance(out, np.ndarray) and out.dtype.kind == "b" else None,
    )
    expect_scaled(called, out, x, rate)
    expect_share(called, out == 0, rate)
    expect_rows(called, out == 0)
    expect(
        not np.array_equal(out[0] == 0, got["others"][0] == 0),
        called=f"{called}, and with the keys in another order",
        expected="row 0 with other zeros",
        got="the same zeros",
        mistake="a key that is made in the function: the keys given are unused",
    )
    expect(
        np.array_equal(got["row"] == 0, out[2] == 0),
        called="dropout of the last row by itself, with its key",
        expected="the zeros that it had among three rows",
        got="others",
        mistake="rows that are drawn together, by one key: a row's zeros depend on the others or on its place",
    )


def expect_scaled(called: str, out: np.ndarray, x: np.ndarray, rate: float) -> None:
    """What is kept was divided by 1 - rate."""
    kept = out != 0
    factor = float(np.median(out[kept] / x[kept])) if kept.any() else 0.0
    factors = {
        "x not scaled up: what is kept has to be divided by 1 - rate, so that the mean stays": 1.0,
        "x that was multiplied by 1 - rate; up means divided by it": 1 - rate,
        "x that was divided by rate, not by 1 - rate": 1 / rate,
        "x that was multiplied by rate": rate,
    }
    expect(
        np.allclose(out[kept], x[kept] / (1 - rate), rtol=1e-4),
        called=f"{called}; the numbers that are not 0",
        expected=f"x times {1 / (1 - rate):.4f}",
        got=f"x times {factor:.4f}",
        mistake=next((kind for kind, value in factors.items() if abs(factor - value) < 1e-3), None),
    )


def expect_share(called: str, zero: np.ndarray, rate: float) -> None:
    """A share `rate` is zeroed, to five standard deviations."""
    share = float(zero.mean())
    expect(
        abs(share - rate) < 5 * np.sqrt(rate * (1 - rate) / zero.size) or (zero == zero[:, :1]).all(),
        called=f"{called}; the share of zeros",
        expected=f"about {rate}",
        got=f"{share:.3f}",
        mistake="rate taken for what is kept; it is what is dropped" if abs(share - 1 + rate) < 0.03 else None,
    )


def expect_rows(called: str, zero: np.ndarray) -> None:
    """Each number is drawn by itself, in each row."""
    expect(
        not (zero == zero[:, :1, :1]).all(),
        called=called,
        expected="zeros here and there in each row",
        got="rows that are kept or zeroed as a whole",
        mistake="one draw for a row: the shape x.shape[1:] is missing",
    )
    expect(
        not (zero == zero[:, :1]).all() and not (zero == zero[:, :, :1]).all(),
        called=called,
        expected="zeros here and there in each token",
        got="the same zeros in all tokens of a row",
        mistake="one draw for all tokens of a row",
    )
    expect(
        not np.array_equal(zero[0], zero[1]),
        called=called,
        expected="other zeros in each row",
        got="the same zeros in rows 0 and 1",
        mistake="one key for the whole batch",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate, x.shape[1:]))(keys)
    return jnp.where(keep, x / (1.0 - rate), 0.0)
""",
    hints=(
        "First what is kept: true or false for each number, with probability 1 - rate, drawn by the row's own key.",
        "A function of one key draws for one row, of shape x.shape[1:]; jax.vmap calls it for all keys.",
        "jnp.where(keep, x / (1.0 - rate), 0.0).",
    ),
    holds="Each row drops by its own key, and the mean stays what it was.",
    stands_in="lesson8.dropout",
    check=check,
    planted=(
        Planted(
            "not scaled",
            """\
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate, x.shape[1:]))(keys)
    return jnp.where(keep, x, 0.0)
""",
            says="x not scaled up",
        ),
        Planted(
            "rate is kept",
            """\
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, rate, x.shape[1:]))(keys)
    return jnp.where(keep, x / (1.0 - rate), 0.0)
""",
            says="rate taken for what is kept",
        ),
        Planted(
            "divided by rate",
            """\
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate, x.shape[1:]))(keys)
    return jnp.where(keep, x / rate, 0.0)
""",
            says="divided by rate, not by 1 - rate",
        ),
        Planted(
            "one key, one mask",
            """\
    keep = jax.random.bernoulli(keys[0], 1.0 - rate, x.shape[1:])
    return jnp.where(keep, x / (1.0 - rate), 0.0)
""",
            says="one key for the whole batch",
        ),
        Planted(
            "one key for all rows",
            """\
    keep = jax.random.bernoulli(keys[0], 1.0 - rate, x.shape)
    return jnp.where(keep, x / (1.0 - rate), 0.0)
""",
            says="rows that are drawn together",
        ),
        Planted(
            "whole rows",
            """\
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate))(keys)
    return jnp.where(keep[:, None, None], x / (1.0 - rate), 0.0)
""",
            says="one draw for a row",
        ),
        Planted(
            "key of its own",
            """\
    keys = jax.random.split(jax.random.key(0), len(x))
    keep = jax.vmap(lambda key: jax.random.bernoulli(key, 1.0 - rate, x.shape[1:]))(keys)
    return jnp.where(keep, x / (1.0 - rate), 0.0)
""",
            says="the keys given are unused",
        ),
        Planted(
            "all keys at once",
            """\
    keep = jax.random.bernoulli(keys, 1.0 - rate, x.shape)
    return jnp.where(keep, x / (1.0 - rate), 0.0)
""",
            says="accepts a single key",
        ),
    ),
    right={
        "a loop over the rows": """\
    rows = []
    for row, key in zip(x, keys):
        rows.append(row * jax.random.bernoulli(key, 1 - rate, row.shape) / (1 - rate))
    return jnp.stack(rows)
""",
        "numbers from 0 to 1, compared": """\
    drawn = jax.vmap(lambda key: jax.random.uniform(key, x.shape[1:]))(keys)
    return x * (drawn >= rate) / (1 - rate)
""",
        "vmap over rows and keys": """\
    def drop(row, key):
        dropped = jax.random.bernoulli(key, rate, row.shape)
        return jnp.where(dropped, 0.0, row / (1 - rate))

    return jax.vmap(drop)(x, keys)
""",
    },
    twin=Twin(
        given=lambda rng: {"x": rng.normal(size=(3, 7, 11)), "seed": int(rng.integers(1000))},
        learner="out = learner.dropout(x, 0.3, jax.random.split(jax.random.key(seed), 3))",
        lesson="out = lesson.dropout(x, 0.3, jax.random.split(jax.random.key(seed), 3))",
    ),
)
