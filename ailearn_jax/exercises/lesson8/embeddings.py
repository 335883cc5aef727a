"""What a token is, and where."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 8, exercise 6: what a token is, and where.

Two tables are learned: a row of D numbers for each symbol, and one for each place in the window. What goes into the
network is their sum, so that "e" at place 3 differs from "e" at place 8. The window's first token stands at `position`,
which is 0 in training; in generation, where only the newest token comes in, it is that token's own place.

An nn.Embed takes an array of whole numbers [...] and gives their rows [..., D].
"""

import flax.linen as nn
import jax.numpy as jnp


class Embeddings(nn.Module):
    """Tokens [B, T] -> x [B, T, D]."""

    vocab_size: int
    context_length: int
    embed_dim: int

    @nn.compact
    def __call__(self, tokens, position=0):
        embed = nn.Embed(self.vocab_size, self.embed_dim, name="token_embedding")
        positions = nn.Embed(self.context_length, self.embed_dim, name="position_embedding")
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, C, D, V = 3, int(rng.integers(5, 8)), 17, int(rng.integers(4, 7)), 17
    tokens = rng.integers(V, size=(B, T))
    tables = rng.normal(size=(2, V, D))
    params = {"token_embedding": {"embedding": tables[0]}, "position_embedding": {"embedding": tables[1]}}
    what = tables[0][tokens]
    for position in (0, int(rng.integers(3, C - T))):
        got = learner.run(
            "out = learner.Embeddings(V, C, D).apply({'params': params}, tokens, position)",
            V=V,
            C=C,
            D=D,
            params=params,
            tokens=tokens,
            position=position,
        )
        places = position + np.arange(T)
        expect_close(
            f"Embeddings({V}, {C}, {D}) on tokens [{B}, {T}], position={position}",
            got["out"],
            what + tables[1][places],
            mistakes={
                "what the tokens are, without where they stand": what,
                "places that are counted from 0 although the window begins later: position is unused": what
                + tables[1][np.arange(T)],
                "places that are counted from 1": what + tables[1][places + 1],
                "the place of the first token for all of them": what + tables[1][position],
                "rows of the table of places that were looked up by the token": what + tables[1][tokens],
                "where the tokens stand, without what they are": np.broadcast_to(tables[1][places], what.shape),
                "both side by side, [B, T, 2 D]; asked for is their sum": np.concatenate(
                    [what, np.broadcast_to(tables[1][places], what.shape)], axis=-1
                ),
                "the product of both, not their sum": what * tables[1][places],
                "the places backwards: the last token has the first": what + tables[1][places[::-1]],
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        places = position + jnp.arange(tokens.shape[1])
        return embed(tokens) + positions(places)[None]
""",
    hints=(
        "embed(tokens) is the one half. For the other: which places do the T tokens have?",
        "jnp.arange(tokens.shape[1]) counts 0, 1, 2 …; the first of them stands at `position`.",
        "positions(places) is [T, D]; with [None] in front it is the same for each row of the batch.",
    ),
    holds="The network knows of each token what it is and where it stands.",
    stands_in="lesson8.TinyGPT",
    check=check,
    planted=(
        Planted("no places", "        return embed(tokens)\n", says="without where they stand"),
        Planted(
            "position unused",
            "        return embed(tokens) + positions(jnp.arange(tokens.shape[1]))[None]\n",
            says="position is unused",
        ),
        Planted(
            "counted from 1",
            "        return embed(tokens) + positions(position + 1 + jnp.arange(tokens.shape[1]))[None]\n",
            says="counted from 1",
        ),
        Planted(
            "looked up by the token",
            "        return embed(tokens) + positions(position + tokens)\n",
            says="looked up by the token",
        ),
        Planted(
            "one place for all",
            "        return embed(tokens) + positions(jnp.full(tokens.shape, position))\n",
            says="the place of the first token for all",
        ),
        Planted(
            "side by side",
            """\
        places = jnp.broadcast_to(position + jnp.arange(tokens.shape[1]), tokens.shape)
        return jnp.concatenate([embed(tokens), positions(places)], axis=-1)
""",
            says="both side by side",
        ),
        Planted(
            "rows counted, not tokens",
            """\
        places = position + jnp.arange(tokens.shape[0])
        return embed(tokens) + positions(places)[None]
""",
            says="incompatible shapes for broadcasting",
        ),
    ),
    right={
        "places of each token": """\
        places = jnp.broadcast_to(position + jnp.arange(tokens.shape[1]), tokens.shape)
        return positions(places) + embed(tokens)
""",
        "a matrix product": """\
        ones = nn.one_hot(tokens, self.vocab_size)
        where = jnp.arange(tokens.shape[-1]) + position
        return jnp.einsum("btv,vd->btd", ones, embed.embedding) + positions.embedding[where]
""",
        "token by token": """\
        columns = [embed(tokens[:, i]) + positions(jnp.array(position + i)) for i in range(tokens.shape[1])]
        return jnp.stack(columns, axis=1)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "tokens": rng.integers(11, size=(2, 7)),
            "params": {
                "token_embedding": {"embedding": rng.normal(size=(11, 6))},
                "position_embedding": {"embedding": rng.normal(size=(9, 6))},
                "final_norm": {"scale": np.ones(6)},
            },
        },
        learner="""\
_embeddings = {name: params[name] for name in ("token_embedding", "position_embedding")}
_x = learner.Embeddings(11, 9, 6).apply({"params": _embeddings}, tokens, 2)
_x = (_x - _x.mean(axis=-1, keepdims=True)) / jnp.sqrt(_x.var(axis=-1, keepdims=True) + 1e-6)
out = _x @ params["token_embedding"]["embedding"].T
""",
        lesson="""\
_model = lesson.TinyGPT(11, 9, 0, 2, 6, "relu", 0.0, use_bias=False, use_positions=True, tied_head=True)
out = _model.apply({"params": params}, tokens, position=2)[0]
""",
    ),
)
