"""Splitting heads."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 8, exercise 7: splitting heads.

Attention looks with several heads at once, each with its own share of the D numbers of a token: the first K = D / H
are those of head 0, the next K those of head 1, and so on. No number is computed or moved to another token; it is only
a matter of shape. Afterwards the heads are put side by side again.
"""

import jax.numpy as jnp


@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    B, T, H, K = 2, int(rng.integers(6, 9)), 3, int(rng.integers(4, 6))
    x = rng.normal(size=(B, T, H * K))
    heads = x.reshape(B, T, H, K)
    expect_close(
        f"split_heads(x, num_heads={H}) of x [{B}, {T}, {H * K}]",
        learner.call("split_heads", x, H),
        heads,
        mistakes={
            "[B, H, T, K] by a reshape: a head gets numbers of several tokens": x.reshape(B, H, T, K),
            "[B, H, T, K], heads before tokens; here the tokens come first": heads.swapaxes(1, 2),
            "[B, T, K, H], the two last axes the other way round": x.reshape(B, T, K, H),
            "numbers 0, H, 2 H … for head 0, split as [K, H] and turned; its numbers stand side by side": x.reshape(
                B, T, K, H
            ).swapaxes(2, 3),
            "[B, H, T, K] by a reshape, and the axes turned back: a reshape alone does it": x.reshape(
                B, H, T, K
            ).swapaxes(1, 2),
            "the heads first, [H, B, T, K]; here they stand after the tokens": np.split(x, H, axis=-1),
        },
    )
    expect_close(
        f"join_heads(heads) of heads [{B}, {T}, {H}, {K}]",
        learner.call("join_heads", heads),
        x,
        mistakes={
            "the numbers of a token mixed: the two last axes were swapped first": heads.swapaxes(2, 3).reshape(
                B, T, -1
            ),
            "tokens mixed: two axes were swapped first": heads.swapaxes(1, 2).reshape(B, T, -1),
            "one long row for each text: all tokens in one": heads.reshape(B, -1),
            "one long column of tokens: the batch is gone": heads.reshape(-1, H * K),
            "the sum of the heads; asked for is side by side": heads.sum(axis=2),
            "the mean of the heads; asked for is side by side": heads.mean(axis=2),
            "as it came": heads,
        },
    )


# Behind a wrong split: the split is told of first, so one way back does for all of them.
JOIN = """

def join_heads(heads):
    return heads.reshape(*heads.shape[:2], -1)
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="""\
def split_heads(x, num_heads):
    \"\"\"[B, T, D] -> [B, T, H, K].\"\"\"
    raise NotImplementedError  # your turn


def join_heads(heads):
    \"\"\"[B, T, H, K] -> [B, T, D].\"\"\"
    raise NotImplementedError  # your turn
""",
    solution="""\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, num_heads, D // num_heads)


def join_heads(heads):
    B, T, H, K = heads.shape
    return heads.reshape(B, T, H * K)
""",
    hints=(
        "One axis of length D becomes two, of lengths H and K; a reshape of that axis and of no other.",
        "x.reshape(B, T, num_heads, D // num_heads), and heads.reshape(B, T, H * K) for the way back.",
    ),
    holds="Each head has its own numbers of each token, and nothing is lost on the way there and back.",
    stands_in="lesson8.CausalSelfAttention",
    check=check,
    planted=(
        Planted(
            "heads before tokens, by a reshape",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, num_heads, T, D // num_heads)
"""
            + JOIN,
            says="a head gets numbers of several tokens",
        ),
        Planted(
            "heads before tokens",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, num_heads, D // num_heads).swapaxes(1, 2)
"""
            + JOIN,
            says="here the tokens come first",
        ),
        Planted(
            "heads before tokens, and turned back",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, num_heads, T, D // num_heads).swapaxes(1, 2)
"""
            + JOIN,
            says="and the axes turned back",
        ),
        Planted(
            "heads first",
            """\
def split_heads(x, num_heads):
    return jnp.stack(jnp.split(x, num_heads, axis=-1))
"""
            + JOIN,
            says="the heads first",
        ),
        Planted(
            "last axes swapped",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, D // num_heads, num_heads)
"""
            + JOIN,
            says="the two last axes the other way round",
        ),
        Planted(
            "numbers far apart",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, D // num_heads, num_heads).swapaxes(2, 3)


def join_heads(heads):
    return heads.swapaxes(2, 3).reshape(*heads.shape[:2], -1)
""",
            says="split as [K, H] and turned",
        ),
        Planted(
            "tokens joined too",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, num_heads, D // num_heads)


def join_heads(heads):
    return heads.reshape(len(heads), -1)
""",
            says="all tokens in one",
        ),
        Planted(
            "heads added",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, num_heads, D // num_heads)


def join_heads(heads):
    return heads.sum(axis=2)
""",
            says="the sum of the heads",
        ),
        Planted(
            "swapped before joining",
            """\
def split_heads(x, num_heads):
    B, T, D = x.shape
    return x.reshape(B, T, num_heads, D // num_heads)


def join_heads(heads):
    B, T, H, K = heads.shape
    return heads.swapaxes(1, 2).reshape(B, T, H * K)
""",
            says="tokens mixed",
        ),
    ),
    right={
        "jnp.split and jnp.concatenate": """\
def split_heads(x, num_heads):
    return jnp.stack(jnp.split(x, num_heads, axis=-1), axis=2)


def join_heads(heads):
    return jnp.concatenate([heads[:, :, i] for i in range(heads.shape[2])], axis=-1)
""",
        "-1 for the length that follows": """\
def split_heads(x, num_heads):
    return jnp.reshape(x, (*x.shape[:-1], num_heads, -1))


def join_heads(heads):
    return jnp.reshape(heads, (*heads.shape[:-2], -1))
""",
        "numbers of places": """\
def split_heads(x, num_heads):
    K = x.shape[-1] // num_heads
    return x[:, :, jnp.arange(num_heads)[:, None] * K + jnp.arange(K)]


def join_heads(heads):
    H, K = heads.shape[2:]
    return heads[:, :, jnp.arange(H * K) // K, jnp.arange(H * K) % K]
""",
    },
    twin=Twin(
        given=lambda rng: {
            "x": rng.normal(size=(2, 7, 12)),
            "params": {name: {"kernel": rng.normal(size=(12, 12))} for name in ("queries", "keys", "values")}
            | {"out": {"kernel": np.eye(12)}},
        },
        learner="""\
_heads = [learner.split_heads(x @ params[name]["kernel"], 3) for name in ("queries", "keys", "values")]
out = learner.join_heads(jax.nn.dot_product_attention(*_heads, is_causal=True))
""",
        lesson="""\
_attention = lesson.CausalSelfAttention(3, 0.0, False, lesson.small)
out = _attention.apply({"params": params}, x, None, 0, None)[0]
""",
    ),
)
