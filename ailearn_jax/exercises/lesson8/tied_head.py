"""From x to logits."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.linen import expect_params
from ailearn_jax.exercises.transformer import layer_norm, softmax

SOURCE = '''\
"""Lesson 8, exercise 14: from x to logits.

After the last block x is normalized once more (a LayerNorm without bias, named final_norm). Then each symbol gets a
logit: the sum of the products of x with the D numbers of that symbol's embedding. So a token is likely where x points
in the direction of its embedding, and no weights are needed but those of the table that is there already.

The method embed.attend(x) of an nn.Embed does just that. Here x comes straight from the embedding: no blocks yet.
"""

import flax.linen as nn
import jax.numpy as jnp


class NextToken(nn.Module):
    """Tokens [B, T] -> logits [B, T, V] of the token after each."""

    vocab_size: int
    embed_dim: int

    @nn.compact
    def __call__(self, tokens):
        embed = nn.Embed(self.vocab_size, self.embed_dim, name="token_embedding")
        x = embed(tokens)  # [B, T, D]
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, V, D = 2, 5, int(rng.integers(9, 13)), int(rng.integers(6, 9))
    tokens = rng.integers(V, size=(B, T))
    table, scale = rng.normal(size=(V, D)), rng.uniform(0.5, 2, D)
    params = {"token_embedding": {"embedding": table}, "final_norm": {"scale": scale}}
    expect_params(
        learner,
        "NextToken(V, D)",
        "tokens",
        {"token_embedding/embedding": [V, D], "final_norm/scale": [D]},
        mistake="a norm of the logits; it is x that has to be normalized",
        V=V,
        D=D,
        tokens=tokens,
    )
    x = table[tokens]
    logits = layer_norm(x, scale) @ table.T
    expect_close(
        f"NextToken({V}, {D}) on tokens [{B}, {T}]",
        learner.run(
            "out = learner.NextToken(V, D).apply({'params': params}, tokens)", V=V, D=D, params=params, tokens=tokens
        )["out"],
        logits,
        mistakes={
            "an x that was not normalized": x @ table.T,
            "probabilities, not logits: the loss makes them by itself": softmax(logits),
            "logarithms of probabilities, not logits": np.log(softmax(logits)),
            "logits that were divided by the root of D, which is for attention": logits / np.sqrt(D),
            "x, not logits: D numbers where V are asked for": layer_norm(x, scale),
            "an x from before the norm and one from after it, added": (x + layer_norm(x, scale)) @ table.T,
            "the likeliest symbols, not logits": logits.argmax(axis=-1),
        },
        rtol=1e-3,
        atol=1e-3,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return embed.attend(x)
""",
    hints=(
        "Two lines: normalize x, then compare it with each row of the table.",
        'nn.LayerNorm(use_bias=False, name="final_norm")(x), then embed.attend(...).',
    ),
    holds="One table serves twice: it turns tokens into x, and x into logits.",
    stands_in="lesson8.TinyGPT",
    check=check,
    planted=(
        Planted(
            "norm unused",
            """\
        normed = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return embed.attend(x)
""",
            says="not normalized",
        ),
        Planted(
            "head of its own",
            """\
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return nn.Dense(self.vocab_size, use_bias=False, name="head")(x)
""",
            says="a layer too many, with weights of its own: head",
        ),
        Planted(
            "softmax",
            """\
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return nn.softmax(embed.attend(x))
""",
            says="probabilities, not logits: the loss",
        ),
        Planted(
            "divided",
            """\
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return embed.attend(x) / jnp.sqrt(self.embed_dim)
""",
            says="which is for attention",
        ),
        Planted(
            "table not turned",
            """\
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return x @ embed.embedding
""",
            says="TypeError",
        ),
        Planted(
            "no logits",
            """\
        return nn.LayerNorm(use_bias=False, name="final_norm")(x)
""",
            says="D numbers where V are asked for",
        ),
        Planted(
            "norm without a name",
            """\
        return embed.attend(nn.LayerNorm(use_bias=False)(x))
""",
            says="linen calls it LayerNorm_0",
        ),
    ),
    right={
        "in one line": """\
        return embed.attend(nn.LayerNorm(use_bias=False, name="final_norm")(x))
""",
        "einsum": """\
        normed = nn.LayerNorm(name="final_norm", use_bias=False)(x)
        return jnp.einsum("btd,vd->btv", normed, embed.embedding)
""",
        "a matrix product": """\
        final_norm = nn.LayerNorm(use_bias=False, name="final_norm")
        return jnp.matmul(final_norm(x), embed.embedding.T)
""",
        "symbol by symbol": """\
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return jnp.stack([(x * row).sum(axis=-1) for row in embed.embedding], axis=-1)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "tokens": rng.integers(11, size=(2, 7)),
            "params": {
                "token_embedding": {"embedding": rng.normal(size=(11, 6))},
                "final_norm": {"scale": rng.uniform(0.5, 2, 6)},
            },
        },
        learner="out = learner.NextToken(11, 6).apply({'params': params}, tokens)",
        lesson="""\
_model = lesson.TinyGPT(11, 9, 0, 2, 6, "relu", 0.0, use_bias=False, use_positions=False, tied_head=True)
out = _model.apply({"params": params}, tokens)[0]
""",
    ),
)
