"""The pre-norm block."""

from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.linen import expect_params
from ailearn_jax.exercises.transformer import feed_forward, layer_norm, self_attention

SOURCE = '''\
"""Lesson 8, exercise 13: the pre-norm block.

A block lets the tokens look at each other, then thinks about each by itself. Both work the same way: they read a
normalized x and add to x what they found. x itself is never normalized on its way, so a gradient has a direct path back
through any number of blocks.

Put together a block from nn.LayerNorm(use_bias=False, name=...) and the two modules below. The names: attention_norm,
attention, feed_forward_norm, feed_forward.
"""

import flax.linen as nn
import jax.numpy as jnp


class CausalSelfAttention(nn.Module):
    """Each token looks at itself and at the tokens before it, and takes over what it finds there."""

    num_heads: int

    @nn.compact
    def __call__(self, x):  # [B, T, D]
        B, T, D = x.shape
        queries, keys, values = (
            nn.Dense(D, use_bias=False, name=name)(x).reshape(B, T, self.num_heads, D // self.num_heads)
            for name in ("queries", "keys", "values")
        )
        scores = jnp.einsum("bthk,bshk->bhts", queries, keys) / jnp.sqrt(queries.shape[-1])
        scores = jnp.where(jnp.tri(T, dtype=bool)[None, None], scores, -jnp.inf)
        found = jnp.einsum("bhts,bshk->bthk", nn.softmax(scores), values).reshape(B, T, D)
        return nn.Dense(D, use_bias=False, name="out")(found)


class FeedForward(nn.Module):
    """Two layers that think about each token by itself."""

    @nn.compact
    def __call__(self, x):  # [B, T, D]
        hidden = nn.Dense(4 * x.shape[-1], use_bias=False, name="hidden")(x)
        return nn.Dense(x.shape[-1], use_bias=False, name="out")(nn.relu(hidden))


class Block(nn.Module):
    """Attention, then feed-forward: [B, T, D] -> [B, T, D]."""

    num_heads: int

    @nn.compact
    def __call__(self, x):
@hole@
'''


def draw_params(rng: np.random.Generator, D: int) -> dict[str, Any]:
    """Weights of a block, of a size that keeps numbers near 1, so that float32 and float64 stay together."""

    def kernel(num_inputs: int, num_outputs: int) -> dict[str, np.ndarray]:
        return {"kernel": rng.normal(size=(num_inputs, num_outputs)) / np.sqrt(num_inputs)}

    return {
        "attention_norm": {"scale": rng.uniform(0.5, 2, D)},
        "attention": {name: kernel(D, D) for name in ("queries", "keys", "values", "out")},
        "feed_forward_norm": {"scale": rng.uniform(0.5, 2, D)},
        "feed_forward": {"hidden": kernel(D, 4 * D), "out": kernel(4 * D, D)},
    }


def shapes_of(params: dict[str, Any], path: str = "") -> dict[str, list[int]]:
    """The shapes of a tree of arrays, by their paths."""
    shapes = {}
    for name, member in params.items():
        shapes |= shapes_of(member, f"{path}{name}/") if isinstance(member, dict) else {path + name: [*member.shape]}
    return shapes


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, H = 2, int(rng.integers(4, 6)), 2
    D = H * int(rng.integers(3, 5))
    params, x = draw_params(rng, D), 2 * rng.normal(size=(B, T, D))
    expect_params(
        learner,
        "Block(num_heads)",
        "x",
        shapes_of(params),
        num_heads=H,
        x=x,
    )

    def attention(x: np.ndarray) -> np.ndarray:
        return self_attention(params["attention"], x, H)

    def thought(x: np.ndarray) -> np.ndarray:
        return feed_forward(params["feed_forward"], x)

    def norm(x: np.ndarray) -> np.ndarray:
        return layer_norm(x, params["attention_norm"]["scale"])

    def second_norm(x: np.ndarray) -> np.ndarray:
        return layer_norm(x, params["feed_forward_norm"]["scale"])

    y, from_normed = x + attention(norm(x)), norm(x) + attention(norm(x))
    post, thought_first = norm(x + attention(x)), x + thought(second_norm(x))
    lost = attention(norm(x))
    expect_close(
        f"Block(num_heads={H}) on x [{B}, {T}, {D}]",
        learner.run("out = jax.jit(learner.Block(H).apply)({'params': params}, x)", H=H, params=params, x=x)["out"],
        y + thought(second_norm(y)),
        mistakes={
            "a norm after each part (post-norm); here it stands before": second_norm(post + thought(post)),
            "x forgotten twice: what is found replaces x, and nothing is added": thought(second_norm(lost)),
            "x forgotten by attention: what it finds replaces x": lost + thought(second_norm(lost)),
            "x forgotten by feed-forward: what it finds replaces x": thought(second_norm(y)),
            "a normalized x that is added to: x itself has to go on unchanged": second_norm(from_normed)
            + thought(second_norm(from_normed)),
            "a normalized x that is added to by attention: x itself has to go on unchanged": from_normed
            + thought(second_norm(from_normed)),
            "a normalized x that is added to by feed-forward: x itself has to go on unchanged": second_norm(y)
            + thought(second_norm(y)),
            "feed-forward that reads the x from before attention: both side by side": y + thought(second_norm(x)),
            "feed-forward first and attention second": thought_first + attention(norm(thought_first)),
            "feed-forward that reads a normalized x but adds to the x from before attention": x
            + thought(second_norm(y)),
            "norms that are not used: attention and feed-forward read x itself": x
            + attention(x)
            + thought(x + attention(x)),
        },
        rtol=1e-3,
        atol=1e-3,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        normed = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        x = x + CausalSelfAttention(self.num_heads, name="attention")(normed)
        normed = nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
        return x + FeedForward(name="feed_forward")(normed)
""",
    hints=(
        "Four lines: norm, attention, norm, feed-forward. The second and the fourth add to x.",
        'normed = nn.LayerNorm(use_bias=False, name="attention_norm")(x) is read; x is what is added to.',
        'x = x + CausalSelfAttention(self.num_heads, name="attention")(normed), and the same again with feed-forward.',
    ),
    holds="Each part reads a normalized x and adds to x what it found.",
    stands_in="lesson8.Block",
    check=check,
    planted=(
        Planted(
            "post-norm",
            """\
        x = x + CausalSelfAttention(self.num_heads, name="attention")(x)
        x = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        x = x + FeedForward(name="feed_forward")(x)
        return nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
""",
            says="post-norm",
        ),
        Planted(
            "nothing added",
            """\
        x = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        x = CausalSelfAttention(self.num_heads, name="attention")(x)
        x = nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
        return FeedForward(name="feed_forward")(x)
""",
            says="x forgotten twice",
        ),
        Planted(
            "added to the normalized x",
            """\
        x = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        x = x + CausalSelfAttention(self.num_heads, name="attention")(x)
        x = nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
        return x + FeedForward(name="feed_forward")(x)
""",
            says="a normalized x that is added to: x",
        ),
        Planted(
            "side by side",
            """\
        normed = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        found = CausalSelfAttention(self.num_heads, name="attention")(normed)
        normed = nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
        return x + found + FeedForward(name="feed_forward")(normed)
""",
            says="both side by side",
        ),
        Planted(
            "feed-forward first",
            """\
        normed = nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
        x = x + FeedForward(name="feed_forward")(normed)
        normed = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        return x + CausalSelfAttention(self.num_heads, name="attention")(normed)
""",
            says="feed-forward first",
        ),
        Planted(
            "one norm for both",
            """\
        norm = nn.LayerNorm(use_bias=False, name="attention_norm")
        x = x + CausalSelfAttention(self.num_heads, name="attention")(norm(x))
        return x + FeedForward(name="feed_forward")(norm(x))
""",
            says="never called: feed_forward_norm",
        ),
        Planted(
            "norms with a bias",
            """\
        x = x + CausalSelfAttention(self.num_heads, name="attention")(nn.LayerNorm(name="attention_norm")(x))
        return x + FeedForward(name="feed_forward")(nn.LayerNorm(name="feed_forward_norm")(x))
""",
            says="use_bias=False is asked for",
        ),
        Planted(
            "last sum forgotten",
            """\
        normed = nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        x = x + CausalSelfAttention(self.num_heads, name="attention")(normed)
        normed = nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)
        return FeedForward(name="feed_forward")(normed)
""",
            says="x forgotten by feed-forward",
        ),
    ),
    right={
        "in one expression each": """\
        x += CausalSelfAttention(self.num_heads, name="attention")(
            nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        )
        return FeedForward(name="feed_forward")(nn.LayerNorm(use_bias=False, name="feed_forward_norm")(x)) + x
""",
        "parts first": """\
        norms = [nn.LayerNorm(use_bias=False, name=name) for name in ("attention_norm", "feed_forward_norm")]
        parts = [CausalSelfAttention(self.num_heads, name="attention"), FeedForward(name="feed_forward")]
        for norm, part in zip(norms, parts):
            x = x + part(norm(x))
        return x
""",
        "what was found, added at the end": """\
        found = CausalSelfAttention(self.num_heads, name="attention")(
            nn.LayerNorm(use_bias=False, name="attention_norm")(x)
        )
        thought = FeedForward(name="feed_forward")(nn.LayerNorm(use_bias=False, name="feed_forward_norm")(found + x))
        return jnp.add(x, jnp.add(found, thought))
""",
    },
    twin=Twin(
        given=lambda rng: {"x": rng.normal(size=(2, 5, 8)), "params": draw_params(rng, 8)},
        learner="out = learner.Block(2).apply({'params': params}, x)",
        lesson="""\
_block = lesson.Block(2, "relu", 0.0, False, lesson.small)
out = _block.apply({"params": params}, x, None, 0, None)[0]
""",
    ),
)
