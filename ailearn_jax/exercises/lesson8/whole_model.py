"""The whole model."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close
from ailearn_jax.exercises.lesson8 import block
from ailearn_jax.exercises.linen import expect_params
from ailearn_jax.exercises.transformer import feed_forward, layer_norm, self_attention

BLOCK = block.EXERCISE.filled(block.EXERCISE.solution).partition("import jax.numpy as jnp\n")[2]

SOURCE = (
    '''\
"""Lesson 8, exercise 15: the whole model.

All the parts are there; stack them. x begins as what the tokens are and where. Then it goes through num_layers blocks,
one after the other, each with weights of its own: they are named block0, block1 and so on. At the end stand final_norm
and the logits, as in the exercise before.
"""

import flax.linen as nn
import jax.numpy as jnp
'''
    + BLOCK
    + '''

class TinyGPT(nn.Module):
    """A decoder-only transformer: tokens [B, T] -> logits [B, T, V] of the token after each."""

    vocab_size: int
    context_length: int
    num_layers: int
    num_heads: int
    embed_dim: int

    @nn.compact
    def __call__(self, tokens):
        embed = nn.Embed(self.vocab_size, self.embed_dim, name="token_embedding")
        positions = nn.Embed(self.context_length, self.embed_dim, name="position_embedding")
        x = embed(tokens) + positions(jnp.arange(tokens.shape[1]))[None]  # [B, T, D]
@hole@
'''
)

NUM_LAYERS, NUM_HEADS, EMBED_DIM = 3, 2, 6


def draw_params(rng: np.random.Generator, vocab_size: int, context_length: int) -> dict[str, Any]:
    blocks = {f"block{i}": block.draw_params(rng, EMBED_DIM) for i in range(NUM_LAYERS)}
    tables = {"token_embedding": vocab_size, "position_embedding": context_length}
    return {
        **{name: {"embedding": rng.normal(size=(size, EMBED_DIM))} for name, size in tables.items()},
        **blocks,
        "final_norm": {"scale": rng.uniform(0.5, 2, EMBED_DIM)},
    }


def logits_of(
    params: dict[str, Any],
    tokens: np.ndarray,
    order: tuple[int, ...] = (0, 1, 2),
    norm: bool = True,
    again: bool = False,
) -> Any:
    """The logits by numpy, through the blocks of these numbers."""
    table = params["token_embedding"]["embedding"]
    x = table[tokens] + params["position_embedding"]["embedding"][: tokens.shape[1]]
    for weights in (params[f"block{i}"] for i in order):
        before = x
        x = x + self_attention(weights["attention"], layer_norm(x, weights["attention_norm"]["scale"]), NUM_HEADS)
        x = x + feed_forward(weights["feed_forward"], layer_norm(x, weights["feed_forward_norm"]["scale"]))
        x = x + before if again else x
    return (layer_norm(x, params["final_norm"]["scale"]) if norm else x) @ table.T


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, V = 2, int(rng.integers(5, 8)), int(rng.integers(9, 12))
    params, tokens = draw_params(rng, V, T + 2), rng.integers(V, size=(B, T))
    expect_params(
        learner,
        f"TinyGPT({V}, {T + 2}, {NUM_LAYERS}, {NUM_HEADS}, {EMBED_DIM})",
        "tokens",
        block.shapes_of(params),
        tokens=tokens,
    )
    place = int(rng.integers(1, T - 1))
    changed = tokens.copy()
    changed[:, place + 1] = (tokens[:, place + 1] + 1) % V
    got = learner.run(
        "_apply = jax.jit(learner.TinyGPT(*sizes).apply)\n"
        "out, after = (_apply({'params': params}, some) for some in (tokens, changed))",
        sizes=(V, T + 2, NUM_LAYERS, NUM_HEADS, EMBED_DIM),
        params=params,
        tokens=tokens,
        changed=changed,
    )
    expect_close(
        f"TinyGPT of {NUM_LAYERS} blocks on tokens [{B}, {T}]; its logits",
        got["out"],
        logits_of(params, tokens),
        mistakes={
            "blocks that all read the first x: what one finds is not handed on": logits_of(params, tokens, (2,)),
            "x added to what a block returns: the block has added it": logits_of(params, tokens, again=True),
            "no blocks: what they find is not used": logits_of(params, tokens, ()),
            "the first block alone": logits_of(params, tokens, (0,)),
            "the blocks backwards": logits_of(params, tokens, (2, 1, 0)),
            "a last x that was not normalized": logits_of(params, tokens, norm=False),
        },
        rtol=1e-3,
        atol=1e-3,
    )
    expect(
        np.allclose(got["out"][:, : place + 1], got["after"][:, : place + 1], atol=1e-3),
        called=f"TinyGPT on tokens of which token {place + 1} was changed",
        expected=f"the same logits up to token {place}",
        got="others",
        mistake="a look ahead",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        for i in range(self.num_layers):
            x = Block(self.num_heads, name=f"block{i}")(x)
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return embed.attend(x)
""",
    hints=(
        "A loop in which each block replaces x by what it makes of it; then what you wrote in the exercise before.",
        'x = Block(self.num_heads, name=f"block{i}")(x), for i in range(self.num_layers).',
    ),
    holds="That is a GPT: tokens in, logits of the next token out, and no logit knows a later token.",
    stands_in="lesson8.TinyGPT",
    check=check,
    planted=(
        Planted(
            "x added again",
            """\
        for i in range(self.num_layers):
            x = x + Block(self.num_heads, name=f"block{i}")(x)
        x = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return embed.attend(x)
""",
            says="the block has added it",
        ),
        Planted(
            "not handed on",
            """\
        for i in range(self.num_layers):
            found = Block(self.num_heads, name=f"block{i}")(x)
        return embed.attend(nn.LayerNorm(use_bias=False, name="final_norm")(found))
""",
            says="is not handed on",
        ),
        Planted(
            "not used",
            """\
        for i in range(self.num_layers):
            Block(self.num_heads, name=f"block{i}")(x)
        return embed.attend(nn.LayerNorm(use_bias=False, name="final_norm")(x))
""",
            says="is not used",
        ),
        Planted(
            "one block again and again",
            """\
        block = Block(self.num_heads, name="block0")
        for i in range(self.num_layers):
            x = block(x)
        return embed.attend(nn.LayerNorm(use_bias=False, name="final_norm")(x))
""",
            says="never called: block1",
        ),
        Planted(
            "no names",
            """\
        for i in range(self.num_layers):
            x = Block(self.num_heads)(x)
        return embed.attend(nn.LayerNorm(use_bias=False, name="final_norm")(x))
""",
            says="linen calls it Block_0",
        ),
        Planted(
            "backwards",
            """\
        for i in reversed(range(self.num_layers)):
            x = Block(self.num_heads, name=f"block{i}")(x)
        return embed.attend(nn.LayerNorm(use_bias=False, name="final_norm")(x))
""",
            says="the blocks backwards",
        ),
        Planted(
            "norm not used",
            """\
        for i in range(self.num_layers):
            x = Block(self.num_heads, name=f"block{i}")(x)
        nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return embed.attend(x)
""",
            says="a last x that was not normalized",
        ),
    ),
    right={
        "nn.Sequential": """\
        parts = [Block(self.num_heads, name=f"block{i}") for i in range(self.num_layers)]
        return embed.attend(nn.Sequential([*parts, nn.LayerNorm(use_bias=False, name="final_norm")])(x))
""",
        "a list of blocks": """\
        blocks = [Block(self.num_heads, name="block" + str(i)) for i in range(self.num_layers)]
        for block in blocks:
            x = block(x)
        return nn.LayerNorm(use_bias=False, name="final_norm")(x) @ embed.embedding.T
""",
        "while": """\
        i = 0
        while i < self.num_layers:
            x, i = Block(name=f"block{i}", num_heads=self.num_heads)(x), i + 1
        normed = nn.LayerNorm(use_bias=False, name="final_norm")(x)
        return jnp.einsum("vd,btd->btv", embed.embedding, normed)
""",
    },
    twin=Twin(
        given=lambda rng: {"tokens": rng.integers(11, size=(2, 5)), "params": draw_params(rng, 11, 9)},
        learner="out = learner.TinyGPT(11, 9, 3, 2, 6).apply({'params': params}, tokens)",
        lesson="""\
_model = lesson.TinyGPT(11, 9, 3, 2, 6, "relu", 0.0, use_bias=False, use_positions=True, tied_head=True)
out = _model.apply({"params": params}, tokens)[0]
""",
    ),
)
