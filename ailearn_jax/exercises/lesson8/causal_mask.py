"""The causal mask."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.transformer import mix, scores_of, softmax

SOURCE = '''\
"""Lesson 8, exercise 9: the causal mask.

The model has to tell what comes next; if it could look ahead, it would learn nothing. So a token may look at itself and
at the tokens before it. The scores of the later tokens become minus infinity: exp of that is 0, so the softmax gives
them no share, and the shares of the visible tokens still sum to 1.

Write `mask`: scores [B, H, T, T] in, the same scores out with -jnp.inf wherever token t would look at a later token s.
"""

import flax.linen as nn
import jax.numpy as jnp


def mask(scores):
    """The scores [B, H, T, S] of queries t for keys s; minus infinity where s comes after t."""
@hole@


def attend(queries, keys, values):
    """Causal attention: [B, T, H, K] of each to [B, T, H, K]."""
    scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
    return jnp.einsum("bhts,bshk->bthk", nn.softmax(mask(scores)), values)
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, H, K = 2, int(rng.integers(5, 8)), 3, 4
    queries, keys, values = rng.normal(size=(3, B, T, H, K))
    scores = scores_of(queries, keys)
    visible = np.tri(T, dtype=bool)

    def masked(seen: np.ndarray, hidden: float = -np.inf) -> np.ndarray:
        return np.where(seen, scores, hidden)

    mistakes = {
        "no mask: each token looks ahead": scores,
        "a token that does not see itself: the mask takes its diagonal too": masked(np.tri(T, k=-1, dtype=bool)),
        "a token that sees the next one: the mask is one place off": masked(np.tri(T, k=1, dtype=bool)),
        "a mask that is turned around: each token sees itself and what comes after it": masked(visible.T),
        "the future seen and the past hidden, without the token itself": masked(~visible),
        "a score of 0 for what is hidden: exp(0) is 1 and still takes a share": masked(visible, 0.0),
        "plus infinity for what is hidden": masked(visible, np.inf),
        "no number where a token may look: 0 times infinity": np.where(visible, np.full_like(scores, np.nan), -np.inf),
        "a token that sees itself alone": masked(np.eye(T, dtype=bool)),
        "the mask alone, without the scores": np.broadcast_to(visible, scores.shape),
        "the mask alone, true and false, without the scores": visible,
        "minus infinity alone, without the scores": np.where(visible, 0.0, -np.inf),
        "shares, not scores: the softmax comes later, in attend": softmax(masked(visible)),
        "shares, not scores, and no mask: the softmax comes later, in attend": softmax(scores),
        "shares of all tokens with the later ones set to 0: the others no longer sum to 1": softmax(scores) * visible,
    }
    got = learner.call("mask", scores)
    large = isinstance(got, np.ndarray) and got.shape == scores.shape and got.dtype.kind == "f"
    if large and (got[..., ~visible] <= -1e9).all():  # as good as minus infinity
        got = np.where(got <= -1e9, -np.inf, got)
    elif large and (got[..., ~visible] < -9).all() and np.allclose(got[..., visible], scores[..., visible], atol=1e-4):
        mistakes["a finite number for what is hidden: beside large scores it still has a share"] = got
    expect_close(f"mask(scores [{B}, {H}, {T}, {T}])", got, masked(visible), mistakes)
    expect_close(
        f"attend(queries, keys, values), each [{B}, {T}, {H}, {K}]",
        learner.call("attend", queries, keys, values),
        mix(softmax(masked(visible)), values),
        rtol=1e-3,
        atol=1e-4,
    )
    expect_no_future(learner, queries, keys, values, int(rng.integers(1, T - 1)))


def expect_no_future(learner: Learner, queries: np.ndarray, keys: np.ndarray, values: np.ndarray, place: int) -> None:
    """What token `place` finds does not move with any later key or value, and has no gradient from there."""
    later_keys, later_values = keys.copy(), values.copy()
    later_keys[:, place + 1 :] += 1.0
    later_values[:, place + 1 :] -= 1.0
    got = learner.run(
        "first = learner.attend(queries, keys, values)[:, : place + 1]\n"
        "second = learner.attend(queries, later_keys, later_values)[:, : place + 1]\n"
        "grads = jax.grad(lambda values: learner.attend(queries, keys, values)[:, place].sum())(values)",
        queries=queries,
        keys=keys,
        values=values,
        later_keys=later_keys,
        later_values=later_values,
        place=place,
    )
    expect(
        np.allclose(got["first"], got["second"], atol=1e-5),
        called=f"attend, with other keys and values after token {place}",
        expected=f"tokens 0 to {place} find what they found before",
        got="they find something else",
        mistake="a look ahead",
    )
    reached = np.abs(got["grads"]).max(axis=(0, 2, 3)) > 0
    expect(
        reached.tolist() == [other <= place for other in range(len(reached))],
        called=f"jax.grad of what token {place} finds, by the values of all tokens",
        expected=f"gradients from tokens 0 to {place} and from no later one",
        got=f"gradients from tokens {', '.join(map(str, np.flatnonzero(reached)))}",
        mistake="a look ahead",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    T = scores.shape[-1]
    visible = jnp.arange(T)[None] <= jnp.arange(T)[:, None]  # [T, S]: the causal mask
    return jnp.where(visible[None, None], scores, -jnp.inf)
""",
    hints=(
        "Make an array [T, S] of true and false first: may token t look at token s?",
        "jnp.arange(T)[None] is the number s across, jnp.arange(T)[:, None] the number t down. Which may be seen?",
        "jnp.where(visible[None, None], scores, -jnp.inf), where visible holds s <= t.",
    ),
    holds="No token knows what comes after it: changing a later one moves nothing that an earlier one finds.",
    stands_in="lesson8.CausalSelfAttention",
    check=check,
    planted=(
        Planted("no mask", "    return scores\n", says="each token looks ahead"),
        Planted(
            "diagonal",
            """\
    T = scores.shape[-1]
    visible = jnp.arange(T)[None] < jnp.arange(T)[:, None]
    return jnp.where(visible[None, None], scores, -jnp.inf)
""",
            says="does not see itself",
        ),
        Planted(
            "one place off",
            "    return jnp.where(jnp.tri(scores.shape[-1], k=1, dtype=bool), scores, -jnp.inf)\n",
            says="one place off",
        ),
        Planted(
            "turned around",
            """\
    T = scores.shape[-1]
    visible = jnp.arange(T)[None] >= jnp.arange(T)[:, None]
    return jnp.where(visible[None, None], scores, -jnp.inf)
""",
            says="turned around",
        ),
        Planted("zeros", "    return jnp.tril(scores)\n", says="exp(0) is 1"),
        Planted(
            "infinity times zero",
            """\
    hidden = 1 - jnp.tri(scores.shape[-1])
    return scores - hidden * jnp.inf
""",
            says="0 times infinity",
        ),
        Planted(
            "softmax",
            """\
    visible = jnp.tri(scores.shape[-1], dtype=bool)
    return nn.softmax(jnp.where(visible, scores, -jnp.inf))
""",
            says="shares, not scores: the softmax",
        ),
        Planted(
            "softmax, then zeros",
            "    return nn.softmax(scores) * jnp.tri(scores.shape[-1])\n",
            says="no longer sum to 1",
        ),
        Planted(
            "finite",
            "    return jnp.where(jnp.tri(scores.shape[-1], dtype=bool), scores, -100.0)\n",
            says="a finite number",
        ),
        Planted(
            "branches swapped",
            """\
    T = scores.shape[-1]
    visible = jnp.arange(T)[None] <= jnp.arange(T)[:, None]
    return jnp.where(visible[None, None], -jnp.inf, scores)
""",
            says="the future seen and the past hidden",
        ),
    ),
    right={
        "jnp.tril": """\
    visible = jnp.tril(jnp.ones(scores.shape[-2:], bool))
    return jnp.where(visible, scores, -jnp.inf)
""",
        "a large negative number added": """\
    return scores + jnp.triu(jnp.full(scores.shape[-2:], -1e30), k=1)
""",
        "a loop over the tokens": """\
    for t in range(scores.shape[2]):
        scores = scores.at[:, :, t, t + 1 :].set(-jnp.inf)
    return scores
""",
        "flax's mask": """\
    visible = nn.make_causal_mask(scores[:, 0, 0])
    return jnp.where(visible > 0, scores, jnp.finfo(scores.dtype).min)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "x": rng.normal(size=(2, 7, 12)),
            "params": {name: {"kernel": rng.normal(size=(12, 12))} for name in ("queries", "keys", "values", "out")},
        },
        learner="""\
_heads = [(x @ params[name]["kernel"]).reshape(2, 7, 3, 4) for name in ("queries", "keys", "values")]
out = learner.attend(*_heads).reshape(2, 7, 12) @ params["out"]["kernel"]
""",
        lesson="""\
_attention = lesson.CausalSelfAttention(3, 0.0, False, lesson.small)
out = _attention.apply({"params": params}, x, None, 0, None)[0]
""",
    ),
)
