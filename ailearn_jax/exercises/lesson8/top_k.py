"""Top-k."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 8, exercise 17: top-k.

Among many symbols each may be unlikely, and yet one of them is drawn now and then. Top-k leaves only the k likeliest:
the logits of all others become minus infinity, so the softmax gives them no share.

The logits are sorted, the likeliest first. top_k is an argument of a compiled function, and a compiled array has a
fixed length: a slice such as scaled[:top_k] cannot be made. A k above the number of symbols leaves all.
"""

import jax
import jax.numpy as jnp


def keep_top_k(scaled, top_k):
    """The same logits [V], sorted, the likeliest first; minus infinity behind the first k."""
@hole@


def next_token(logits, key, temperature, top_k):
    """Draws one token from `logits` [V]; a temperature of 0 takes the likeliest."""
    order = jnp.argsort(-logits)
    scaled = logits[order] / jnp.where(temperature > 0, temperature, 1.0)
    drawn = jax.random.categorical(key, keep_top_k(scaled, top_k))
    return order[jnp.where(temperature > 0, drawn, 0)]
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    V = int(rng.choice([9, 11, 13]))  # odd, so that no half of the places are k
    scaled = np.sort(rng.normal(0, 2, V))[::-1].copy()
    places = np.arange(V)
    for top_k in (int(rng.integers(2, V - 2)), 1, V, V + 3):

        def kept(condition: np.ndarray, hidden: float = -np.inf) -> np.ndarray:
            return np.where(condition, scaled, hidden)

        called = f"keep_top_k(scaled, top_k={top_k}) of {V} logits, compiled"
        with explaining(called, {"Slice entries must be static": "a slice of a length that only the run knows"}):
            out = learner.run("out = jax.jit(learner.keep_top_k)(scaled, top_k)", scaled=scaled, top_k=top_k)["out"]
        expect_close(
            called,
            out,
            kept(places < top_k),
            mistakes={
                "one too many: places are counted from 0, so the first k are those below k": kept(places <= top_k),
                "one too few": kept(places < top_k - 1),
                "the k least likely": kept(places >= V - top_k),
                "the first k left out, and the others kept": kept(places >= top_k),
                "0 behind the first k: exp(0) is 1 and still gets a share": kept(places < top_k, 0.0),
                "all of them: top_k is unused": scaled,
                "only the logit at place k": kept(places == top_k),
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return jnp.where(jnp.arange(len(scaled)) < top_k, scaled, -jnp.inf)\n",
    hints=(
        "Since the logits are sorted, a logit's place says whether it is among the first k.",
        "jnp.arange(len(scaled)) are the places; jnp.where takes a logit where its place is below top_k.",
    ),
    holds="Only the k likeliest symbols can be drawn.",
    stands_in="sampling.next_token",
    check=check,
    planted=(
        Planted(
            "one too many",
            "    return jnp.where(jnp.arange(len(scaled)) <= top_k, scaled, -jnp.inf)\n",
            says="one too many",
        ),
        Planted("a slice", "    return scaled[:top_k]\n", says="IndexError"),
        Planted("zeros", "    return jnp.where(jnp.arange(len(scaled)) < top_k, scaled, 0.0)\n", says="exp(0) is 1"),
        Planted(
            "the others",
            "    return jnp.where(jnp.arange(len(scaled)) < top_k, -jnp.inf, scaled)\n",
            says="the first k left out",
        ),
        Planted(
            "the least likely",
            "    return jnp.where(jnp.arange(len(scaled))[::-1] < top_k, scaled, -jnp.inf)\n",
            says="the k least likely",
        ),
        Planted("unused", "    return scaled\n", says="top_k is unused"),
    ),
    right={
        "the k-th logit as a threshold": """\
    last = scaled[jnp.minimum(top_k, len(scaled)) - 1]
    return jnp.where(scaled >= last, scaled, -jnp.inf)
""",
        "minus infinity added": """\
    hidden = jnp.arange(scaled.size) > top_k - 1
    return scaled + jnp.where(hidden, -jnp.inf, 0.0)
""",
        "place by place": """\
    kept = [jnp.where(place < top_k, logit, -jnp.inf) for place, logit in enumerate(scaled)]
    return jnp.stack(kept)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "logits": rng.normal(size=13),
            "seed": int(rng.integers(1000)),
            "top_k": int(rng.integers(1, 14)),
        },
        learner="out = learner.next_token(logits, jax.random.key(seed), 2.0, top_k)",
        lesson="out = lesson.next_token(logits, jax.random.key(seed), 2.0, top_k, 1.0)",
    ),
)
