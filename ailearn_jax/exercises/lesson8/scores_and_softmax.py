"""Scores and softmax."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.transformer import mix, scores_of, softmax

SOURCE = '''\
"""Lesson 8, exercise 8: scores and softmax.

Each token asks (its query), each token offers (its key and its value). A score says how well a query fits a key: the
sum of the products of their K numbers, divided by the root of K, so that scores do not grow with K. The softmax makes
shares of the scores of one query; they sum to 1 over the tokens that it looks at. What it finds is the values, mixed in
these shares. All that goes on in each head by itself.

jnp.einsum("bthk,bshk->bhts", a, b) multiplies along k, and sums, for each b, h, t and s.
"""

import flax.linen as nn
import jax.numpy as jnp


def attend(queries, keys, values):
    """What each query finds, [B, T, H, K], from queries [B, T, H, K], keys and values [B, S, H, K]."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, S, H, K = 2, int(rng.integers(3, 5)), int(rng.integers(6, 8)), 3, 5
    queries = 2 * rng.normal(size=(B, T, H, K))
    keys, values = rng.normal(size=(2, B, S, H, K))
    scores = scores_of(queries, keys)
    expect_close(
        f"attend(queries [{B}, {T}, {H}, {K}], keys and values [{B}, {S}, {H}, {K}])",
        learner.call("attend", queries, keys, values),
        mix(softmax(scores), values),
        mistakes={
            "scores that were not divided by the root of K": mix(softmax(scores * np.sqrt(K)), values),
            "scores that were divided by K, not by its root": mix(softmax(scores / np.sqrt(K)), values),
            "scores that were divided by the root of D = H K, not of K": mix(softmax(scores / np.sqrt(H)), values),
            "scores that were multiplied by the root of K": mix(softmax(scores * K), values),
            "scores that were divided by the root of S, the number of tokens": mix(
                softmax(scores * np.sqrt(K / S)), values
            ),
            "a softmax over the queries: the shares of a query do not sum to 1": mix(softmax(scores, axis=2), values),
            "a softmax over the heads: the shares of a query do not sum to 1": mix(softmax(scores, axis=1), values),
            "a softmax over all queries and keys together": mix(
                softmax(scores.reshape(B, H, -1)).reshape(scores.shape), values
            ),
            "the scores themselves for shares: the softmax is missing": mix(scores, values),
            "the keys mixed, not the values": mix(softmax(scores), keys),
            "the mean of the values: all shares are equal": mix(np.full_like(scores, 1 / S), values),
            "the shares, not what they find": softmax(scores),
            "[B, H, T, K], heads before tokens": mix(softmax(scores), values).swapaxes(1, 2),
            "the heads mixed up: each score is a sum over all heads": mix(
                softmax(np.broadcast_to(scores.sum(axis=1, keepdims=True), scores.shape)), values
            ),
        },
        rtol=1e-3,
        atol=1e-4,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    attention = nn.softmax(scores)  # [B, H, T, S]: each row sums to 1
    return jnp.einsum("bhts,bshk->bthk", attention, values)
""",
    hints=(
        "Three lines: scores [B, H, T, S], shares of the same shape, and the values mixed by them.",
        "nn.softmax(scores) works along the last axis, S. K is queries.shape[-1].",
        'The last line: jnp.einsum("bhts,bshk->bthk", attention, values).',
    ),
    holds="Each token takes over what others offer, in shares that sum to 1.",
    stands_in="lesson8.CausalSelfAttention",
    check=check,
    planted=(
        Planted(
            "not scaled",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys)
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(scores), values)
""",
            says="not divided by the root of K",
        ),
        Planted(
            "scaled by K",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / queries.shape[-1]
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(scores), values)
""",
            says="divided by K, not by its root",
        ),
        Planted(
            "scaled by D",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1] * queries.shape[-2])
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(scores), values)
""",
            says="the root of D",
        ),
        Planted(
            "softmax over the queries",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(scores, axis=2), values)
""",
            says="a softmax over the queries",
        ),
        Planted(
            "softmax over the heads",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(scores, axis=1), values)
""",
            says="a softmax over the heads",
        ),
        Planted(
            "no softmax",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    return jnp.einsum("bhts,bshk->bthk", scores, values)
""",
            says="the softmax is missing",
        ),
        Planted(
            "keys for values",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(scores), keys)
""",
            says="the keys mixed",
        ),
        Planted(
            "heads first",
            """\
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    return jnp.einsum("bhts,bshk->bhtk", nn.softmax(scores), values)
""",
            says="heads before tokens",
        ),
    ),
    right={
        "matrix products": """\
    queries, keys, values = (array.swapaxes(1, 2) for array in (queries, keys, values))  # [B, H, T, K]
    scores = queries @ keys.swapaxes(2, 3) / queries.shape[-1] ** 0.5
    return (nn.softmax(scores) @ values).swapaxes(1, 2)
""",
        "a loop over the heads": """\
    found = []
    for head in range(queries.shape[2]):
        scores = jnp.einsum("btk,bsk->bts", queries[:, :, head], keys[:, :, head])
        shares = jnp.exp(scores / jnp.sqrt(keys.shape[-1]))
        shares = shares / shares.sum(axis=-1, keepdims=True)
        found.append(jnp.einsum("bts,bsk->btk", shares, values[:, :, head]))
    return jnp.stack(found, axis=2)
""",
        "scaled queries, tokens before heads": """\
    scores = jnp.einsum("bthk,bshk->bths", queries * queries.shape[-1] ** -0.5, keys)
    return jnp.einsum("bths,bshk->bthk", nn.softmax(scores, axis=-1), values)
""",
        "jax's own": """\
    import jax
    return jax.nn.dot_product_attention(queries, keys, values)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "x": rng.normal(size=(2, 7, 12)),
            "params": {name: {"kernel": rng.normal(size=(12, 12))} for name in ("queries", "keys", "values", "out")},
        },
        learner="""\
_heads = [(x @ params[name]["kernel"]).reshape(2, 7, 3, 4) for name in ("queries", "keys", "values")]
out = learner.attend(_heads[0][:, -1:], *_heads[1:]).reshape(2, 12) @ params["out"]["kernel"]
""",
        lesson="""\
_attention = lesson.CausalSelfAttention(3, 0.0, False, lesson.small)
out = _attention.apply({"params": params}, x, None, 0, None)[0][:, -1]
""",
    ),
)
