"""Feed-forward."""

import numpy as np

from ailearn_jax.exercises.checking import gelu
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close
from ailearn_jax.exercises.linen import expect_params
from ailearn_jax.exercises.transformer import feed_forward

SOURCE = '''\
"""Lesson 8, exercise 10: feed-forward.

Attention moves things from token to token. Then each token is thought about by itself, by a small network: a dense
layer to 4 D hidden units, named hidden, ReLU, and a dense layer back to D, named out. Neither has a bias
(use_bias=False).
"""

import flax.linen as nn


class FeedForward(nn.Module):
    """Two layers that think about each token by itself: [B, T, D] -> [B, T, D]."""

    @nn.compact
    def __call__(self, x):
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, D = 2, int(rng.integers(3, 5)), int(rng.integers(5, 8))
    x = rng.normal(size=(B, T, D))
    params = {
        "hidden": {"kernel": rng.normal(size=(D, 4 * D))},
        "out": {"kernel": rng.normal(size=(4 * D, D))},
    }
    expect_params(
        learner,
        "FeedForward()",
        "x",
        {"hidden/kernel": [D, 4 * D], "out/kernel": [4 * D, D]},
        mistake="another number of hidden units than 4 D, or the two names swapped",
        x=x,
    )
    linear = x @ params["hidden"]["kernel"]
    found = feed_forward(params, x)
    expect_close(
        f"FeedForward() on x [{B}, {T}, {D}]",
        learner.run("out = learner.FeedForward().apply({'params': params}, x)", params=params, x=x)["out"],
        found,
        mistakes={
            "no ReLU between the layers: both together are one": linear @ params["out"]["kernel"],
            "ReLU after the second layer instead of between the two": np.maximum(linear @ params["out"]["kernel"], 0.0),
            "ReLU after the second layer too: it could only add, never take away": np.maximum(found, 0.0),
            "ReLU on what comes in instead of between the layers": np.maximum(x, 0.0)
            @ params["hidden"]["kernel"]
            @ params["out"]["kernel"],
            "x added: that is for the block to do": x + found,
            "GELU, not ReLU": gelu(linear) @ params["out"]["kernel"],
            "tanh, not ReLU": np.tanh(linear) @ params["out"]["kernel"],
            "a sigmoid, not ReLU": 1 / (1 + np.exp(-linear)) @ params["out"]["kernel"],
            "SiLU, not ReLU": linear / (1 + np.exp(-linear)) @ params["out"]["kernel"],
        },
        rtol=1e-3,
        atol=1e-3,
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        D = x.shape[-1]
        hidden = nn.Dense(4 * D, use_bias=False, name="hidden")(x)  # [B, T, 4 D]
        return nn.Dense(D, use_bias=False, name="out")(nn.relu(hidden))
""",
    hints=(
        "A dense layer of linen works along the last axis, so it does the same for each token of each text.",
        'nn.Dense(4 * D, use_bias=False, name="hidden")(x), where D = x.shape[-1]; nn.relu comes between the layers.',
    ),
    holds="Each token is thought about by itself, by the same small network.",
    stands_in="lesson8.FeedForward",
    check=check,
    planted=(
        Planted(
            "no ReLU",
            """\
        D = x.shape[-1]
        hidden = nn.Dense(4 * D, use_bias=False, name="hidden")(x)
        return nn.Dense(D, use_bias=False, name="out")(hidden)
""",
            says="no ReLU between the layers",
        ),
        Planted(
            "ReLU at the end",
            """\
        D = x.shape[-1]
        hidden = nn.Dense(4 * D, use_bias=False, name="hidden")(x)
        return nn.relu(nn.Dense(D, use_bias=False, name="out")(hidden))
""",
            says="instead of between the two",
        ),
        Planted(
            "ReLU twice",
            """\
        D = x.shape[-1]
        hidden = nn.relu(nn.Dense(4 * D, use_bias=False, name="hidden")(x))
        return nn.relu(nn.Dense(D, use_bias=False, name="out")(hidden))
""",
            says="never take away",
        ),
        Planted(
            "narrow",
            """\
        D = x.shape[-1]
        hidden = nn.Dense(D, use_bias=False, name="hidden")(x)
        return nn.Dense(D, use_bias=False, name="out")(nn.relu(hidden))
""",
            says="another number of hidden units",
        ),
        Planted(
            "no names",
            """\
        D = x.shape[-1]
        return nn.Dense(D, use_bias=False)(nn.relu(nn.Dense(4 * D, use_bias=False)(x)))
""",
            says="a layer without its name",
        ),
        Planted(
            "GELU",
            """\
        D = x.shape[-1]
        hidden = nn.Dense(4 * D, use_bias=False, name="hidden")(x)
        return nn.Dense(D, use_bias=False, name="out")(nn.gelu(hidden))
""",
            says="GELU, not ReLU",
        ),
        Planted(
            "x added",
            """\
        D = x.shape[-1]
        hidden = nn.Dense(4 * D, use_bias=False, name="hidden")(x)
        return x + nn.Dense(D, use_bias=False, name="out")(nn.relu(hidden))
""",
            says="that is for the block to do",
        ),
    ),
    right={
        "layers first": """\
        hidden = nn.Dense(x.shape[-1] * 4, use_bias=False, name="hidden")
        out = nn.Dense(x.shape[-1], use_bias=False, name="out")
        return out(hidden(x).clip(min=0))
""",
        "tokens as one axis": """\
        D = x.shape[-1]
        rows = nn.Dense(4 * D, use_bias=False, name="hidden")(x.reshape(-1, D))
        return nn.Dense(D, use_bias=False, name="out")(rows * (rows > 0)).reshape(x.shape)
""",
        "token by token": """\
        hidden = nn.Dense(4 * x.shape[-1], use_bias=False, name="hidden")
        out = nn.Dense(x.shape[-1], use_bias=False, name="out")
        import jax.numpy as jnp
        found = [out(nn.relu(hidden(x[:, t]))) for t in range(x.shape[1])]
        return jnp.stack(found, axis=1)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "x": rng.normal(size=(2, 5, 6)),
            "params": {"hidden": {"kernel": rng.normal(size=(6, 24))}, "out": {"kernel": rng.normal(size=(24, 6))}},
        },
        learner="out = learner.FeedForward().apply({'params': params}, x)",
        lesson="out = lesson.FeedForward('relu', False, lesson.small).apply({'params': params}, x)",
    ),
)
