"""Top-p."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.transformer import softmax

SOURCE = '''\
"""Lesson 8, exercise 18: top-p.

Where the model is sure, a few symbols hold nearly all of the probability; where it is not, many share it. Top-p (also
called nucleus sampling) leaves the smallest set of symbols that holds the share top_p: symbols are taken, the likeliest
first, until the share is reached. So a symbol stays if those before it hold less than top_p together. The first one
always stays.

The logits are sorted, the likeliest first. jnp.cumsum adds up: [0.5, 0.3, 0.2] becomes [0.5, 0.8, 1.0].
"""

import jax
import jax.numpy as jnp


def keep_top_p(scaled, top_p):
    """The same logits [V], sorted, the likeliest first; minus infinity behind those that hold the share top_p."""
@hole@


def next_token(logits, key, temperature, top_k, top_p):
    """Draws one token from `logits` [V]; a temperature of 0 takes the likeliest."""
    order = jnp.argsort(-logits)
    scaled = logits[order] / jnp.where(temperature > 0, temperature, 1.0)
    scaled = jnp.where(jnp.arange(len(scaled)) < top_k, scaled, -jnp.inf)
    drawn = jax.random.categorical(key, keep_top_p(scaled, top_p))
    return order[jnp.where(temperature > 0, drawn, 0)]
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    V = int(rng.integers(8, 12))
    # From about 1 down to below 0: their sums rise and fall again, so that logits added up are told from all else.
    scaled = 1.0 - 0.45 * np.arange(V) + rng.uniform(-0.1, 0.1, V)
    sums = np.cumsum(softmax(scaled))
    last = int(rng.integers(2, 5))  # the place of the last symbol that stays
    for top_p in (float(np.mean(sums[last - 1 : last + 1])), float(sums[0] / 2), float(np.mean(sums[:2])), 1.0):
        probabilities = softmax(scaled)
        before = np.cumsum(probabilities) - probabilities

        def kept(condition: np.ndarray, hidden: float = -np.inf) -> np.ndarray:
            return np.where(condition, scaled, hidden)

        expect_close(
            f"keep_top_p(scaled, top_p={top_p:.3f}) of {V} logits, compiled",
            learner.run("out = jax.jit(learner.keep_top_p)(scaled, top_p)", scaled=scaled, top_p=top_p)["out"],
            kept((before < top_p) | (top_p == 1.0)),
            mistakes={
                "the symbol left out that reaches the share: what is kept holds less than top_p": kept(
                    before + probabilities < top_p
                ),
                "symbols each of which is likelier than top_p": kept(probabilities > top_p),
                "symbols each of which is less likely than top_p": kept(probabilities < top_p),
                "symbols each of which is likelier than 1 - top_p": kept(probabilities > 1 - top_p),
                "the tail: what is to be left out was kept": kept(before >= top_p),
                "0 behind those that stay: exp(0) is 1 and still gets a share": kept(before < top_p, 0.0),
                "the logits added up, not the probabilities: the softmax is missing": kept(
                    np.cumsum(scaled) - scaled < top_p
                ),
                "all of them: top_p is unused": scaled,
                "the first symbol alone": kept(np.arange(V) == 0),
                "probabilities, not logits": np.where(before < top_p, probabilities, 0.0),
                "one symbol too many": kept(np.concatenate([[True], before[:-1] < top_p])),
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    probabilities = jax.nn.softmax(scaled)
    likelier = jnp.cumsum(probabilities) - probabilities  # the share of all symbols before this one
    return jnp.where(likelier < top_p, scaled, -jnp.inf)
""",
    hints=(
        "For each symbol: how much of the probability do the symbols before it hold, without itself?",
        "jnp.cumsum(probabilities) counts the symbol itself too; subtract its own probability.",
        "jnp.where(likelier < top_p, scaled, -jnp.inf).",
    ),
    holds="Few symbols can be drawn where the model is sure, many where it is not.",
    stands_in="sampling.next_token",
    check=check,
    planted=(
        Planted(
            "without the one that reaches it",
            """\
    return jnp.where(jnp.cumsum(jax.nn.softmax(scaled)) < top_p, scaled, -jnp.inf)
""",
            says="left out that reaches the share",
        ),
        Planted(
            "each likelier than top_p",
            "    return jnp.where(jax.nn.softmax(scaled) > top_p, scaled, -jnp.inf)\n",
            says="likelier than top_p",
        ),
        Planted(
            "each likelier than 1 - top_p",
            "    return jnp.where(jax.nn.softmax(scaled) > 1 - top_p, scaled, -jnp.inf)\n",
            says="likelier than 1 - top_p",
        ),
        Planted(
            "the tail",
            """\
    probabilities = jax.nn.softmax(scaled)
    likelier = jnp.cumsum(probabilities) - probabilities
    return jnp.where(likelier >= top_p, scaled, -jnp.inf)
""",
            says="what is to be left out was kept",
        ),
        Planted(
            "zeros",
            """\
    probabilities = jax.nn.softmax(scaled)
    likelier = jnp.cumsum(probabilities) - probabilities
    return jnp.where(likelier < top_p, scaled, 0.0)
""",
            says="exp(0) is 1",
        ),
        Planted(
            "no softmax",
            "    return jnp.where(jnp.cumsum(scaled) - scaled < top_p, scaled, -jnp.inf)\n",
            says="the softmax is missing",
        ),
        Planted(
            "if",
            """\
    probabilities, total = jax.nn.softmax(scaled), 0.0
    for place in range(len(scaled)):
        if total >= top_p:
            return scaled.at[place:].set(-jnp.inf)
        total += probabilities[place]
    return scaled
""",
            says="TracerBoolConversionError",
        ),
    ),
    right={
        "sums moved on by one place": """\
    sums = jnp.cumsum(jax.nn.softmax(scaled))
    likelier = jnp.concatenate([jnp.zeros(1), sums[:-1]])
    return jnp.where(likelier < top_p, scaled, -jnp.inf)
""",
        "a loop": """\
    probabilities, total, kept = jax.nn.softmax(scaled), 0.0, []
    for place in range(len(scaled)):
        kept.append(jnp.where(total < top_p, scaled[place], -jnp.inf))
        total += probabilities[place]
    return jnp.stack(kept)
""",
        "a triangle of ones": """\
    likelier = jnp.tri(scaled.size, k=-1) @ jax.nn.softmax(scaled)
    return scaled + jnp.where(likelier >= top_p, -jnp.inf, 0.0)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "logits": rng.normal(size=13),
            "seed": int(rng.integers(1000)),
            "top_p": float(rng.uniform(0.1, 1.0)),
        },
        learner="out = learner.next_token(logits, jax.random.key(seed), 2.0, 11, top_p)",
        lesson="out = lesson.next_token(logits, jax.random.key(seed), 2.0, 11, top_p)",
    ),
)
