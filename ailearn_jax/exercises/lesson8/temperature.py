"""Temperature."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.transformer import softmax

SOURCE = '''\
"""Lesson 8, exercise 16: temperature.

The next token is drawn: jax.random.categorical(key, logits) gives place i with the probability softmax(logits)[i].
Logits that are divided by a temperature below 1 lie farther apart, so that what is likely becomes likelier still; above
1 all comes closer together. At temperature 0 the likeliest is taken, and nothing is drawn.

The logits here are sorted, the likeliest first. This function is compiled with temperature as an argument: `if` cannot
look at it, jnp.where can. But jnp.where computes both of its values: let neither divide by 0.
"""

import jax
import jax.numpy as jnp


def next_token(logits, key, temperature):
    """One token, drawn from logits [V]; a temperature of 0 takes the likeliest."""
    order = jnp.argsort(-logits)  # the likeliest symbol first
    logits = logits[order]
    place = choose(logits, key, temperature)
    return order[place]


def choose(logits, key, temperature):
    """A place in `logits` [V], which are sorted: the likeliest is at place 0."""
@hole@
'''

NUM_DRAWS = 4000  # the frequencies are right to 0.01
DRAWS = """\
_next_tokens = jax.jit(jax.vmap(learner.next_token, (None, 0, None)))
_keys = jax.random.split(jax.random.key(seed), num_draws)
tokens = [_next_tokens(logits, _keys, temperature) for temperature in temperatures]
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    V = 7
    logits = rng.permutation(np.linspace(-1.5, 1.5, V) + rng.uniform(-0.04, 0.04, V) * (np.arange(V) != V // 2))
    temperatures = (float(rng.uniform(0.4, 0.55)), 0.0, float(rng.uniform(2.4, 3.0)))
    branch = "an `if` or the like on temperature, whose value only the run knows"
    with explaining("next_token(logits, key, temperature), compiled", {"Attempted boolean conversion": branch}):
        drawn = learner.run(
            DRAWS,
            logits=logits,
            temperatures=temperatures,
            seed=int(rng.integers(2**30)),
            num_draws=NUM_DRAWS,
        )["tokens"]
    for temperature, tokens in zip(temperatures, drawn, strict=True):
        called = f"next_token(logits, key, {temperature:.2f})"
        expect(
            isinstance(tokens, np.ndarray) and tokens.shape == (NUM_DRAWS,) and tokens.dtype.kind == "i",
            called=called,
            expected="one token",
            got=f"{tokens.dtype} of shape {tokens.shape[1:]}" if isinstance(tokens, np.ndarray) else "something else",
        )
        likeliest = np.eye(V)[logits.argmax()]
        plain = softmax(logits)
        expect_close(
            f"{called}, how often each token comes",
            np.bincount(tokens, minlength=V) / NUM_DRAWS,
            softmax(logits / temperature) if temperature else likeliest,
            mistakes=(
                {
                    "logits that were multiplied by the temperature, not divided by it": softmax(logits * temperature),
                    "logits as they are: the temperature is unused": plain,
                    "always the likeliest: nothing is drawn": likeliest,
                    "always the same token: the key is unused": np.eye(V)[tokens[0]],
                    "the sign turned around: the unlikely made likely": softmax(-logits / temperature),
                    "probabilities handed to categorical, which wants logits": softmax(softmax(logits / temperature)),
                    "each token as likely as any other": np.full(V, 1 / V),
                }
                if temperature
                else {
                    "0 divided by 0, which is no number and was taken for the largest": np.eye(V)[
                        np.argsort(logits)[V // 2]
                    ],
                    "a draw at temperature 0, where the likeliest is asked for": plain,
                    "the least likely: the logits are sorted with the likeliest at place 0": np.eye(V)[logits.argmin()],
                }
            ),
            rtol=0.0,
            atol=0.045,
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="""\
    scaled = logits / jnp.where(temperature > 0, temperature, 1.0)
    drawn = jax.random.categorical(key, scaled)
    return jnp.where(temperature > 0, drawn, 0)
""",
    hints=(
        "Divide, draw, and at the end choose between what was drawn and place 0.",
        "jnp.where(temperature > 0, temperature, 1.0) is a temperature by which one can always divide.",
        "jnp.where(temperature > 0, drawn, 0), where drawn = jax.random.categorical(key, scaled).",
    ),
    holds="Low temperatures favour what is likely, and 0 takes the likeliest.",
    stands_in="sampling.next_token",
    check=check,
    planted=(
        Planted(
            "multiplied",
            """\
    drawn = jax.random.categorical(key, logits * temperature)
    return jnp.where(temperature > 0, drawn, 0)
""",
            says="multiplied by the temperature",
        ),
        Planted(
            "unused",
            """\
    drawn = jax.random.categorical(key, logits)
    return jnp.where(temperature > 0, drawn, 0)
""",
            says="the temperature is unused",
        ),
        Planted(
            "0 not looked at",
            "    return jax.random.categorical(key, logits / temperature)\n",
            says="0 divided by 0",
        ),
        Planted(
            "drawn at 0",
            "    return jax.random.categorical(key, logits / jnp.where(temperature > 0, temperature, 1.0))\n",
            says="a draw at temperature 0",
        ),
        Planted(
            "if",
            """\
    if temperature == 0:
        return jnp.argmax(logits)
    return jax.random.categorical(key, logits / temperature)
""",
            says="TracerBoolConversionError",
        ),
        Planted("always the likeliest", "    return jnp.argmax(logits / temperature)\n", says="nothing is drawn"),
        Planted(
            "probabilities for logits",
            """\
    scaled = logits / jnp.where(temperature > 0, temperature, 1.0)
    drawn = jax.random.categorical(key, jax.nn.softmax(scaled))
    return jnp.where(temperature > 0, drawn, 0)
""",
            says="handed to categorical",
        ),
        Planted(
            "sign",
            """\
    scaled = -logits / jnp.where(temperature > 0, temperature, 1.0)
    return jnp.where(temperature > 0, jax.random.categorical(key, scaled), 0)
""",
            says="the unlikely made likely",
        ),
    ),
    right={
        "a very low temperature for 0": """\
    return jax.random.categorical(key, logits / jnp.maximum(temperature, 1e-4))
""",
        "noise added, the largest taken": """\
    noise = jax.random.gumbel(key, logits.shape)
    return jnp.argmax(logits + temperature * noise)
""",
        "probabilities and choice": """\
    safe = jnp.where(temperature == 0, 1.0, temperature)
    probabilities = jax.nn.softmax(logits / safe)
    drawn = jax.random.choice(key, len(logits), p=probabilities)
    return jnp.where(temperature == 0, jnp.argmax(logits), drawn)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "logits": rng.normal(size=13),
            "seed": int(rng.integers(1000)),
            "temperature": float(rng.choice([0.0, rng.uniform(0.2, 3)])),
        },
        learner="out = learner.next_token(logits, jax.random.key(seed), temperature)",
        lesson="out = lesson.next_token(logits, jax.random.key(seed), temperature, 13, 1.0)",
    ),
)
