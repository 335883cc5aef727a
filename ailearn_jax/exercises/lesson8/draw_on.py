"""Drawing on."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, brief, expect, expect_close
from ailearn_jax.exercises.transformer import softmax

SOURCE = '''\
"""Lesson 8, exercise 20: drawing on.

The model has read the prompt: it has filled its cache and said logits for the token after it. Now comes one step after
the other, and jax.lax.scan makes one compiled program of them: draw token i from the logits, with a key of its own,
jax.random.fold_in(key, i); give it to the model at its place, behind the prompt and the tokens so far; take the logits
that come back, and the cache, to the next step.

Tokens go in as [B, T], here [1, 1]; logits come out as [1, 1, V]. A step returns its carry and what it has drawn: the
token, and the logits that it was drawn from.
"""

import jax
import jax.numpy as jnp


def next_token(logits, key):
    """Draws one token from `logits` [V]."""
    order = jnp.argsort(-logits)
    return order[jax.random.categorical(key, logits[order])]


def generate(model, params, prompt, num_new, key):
    """The `num_new` tokens after `prompt` [P], and the logits [num_new, V] that drew them."""
    logits, cache = model.apply({"params": params}, prompt[None], cache=model.empty_cache(1), position=0)

    def draw(carry, i):
        logits, cache = carry  # [V], for the token that comes next
@hole@

    _, drawn = jax.lax.scan(draw, (logits[0, -1], cache), jnp.arange(num_new))
    return drawn
'''

# A model that is a table: its logits depend on the place, the token there, and the token before it, which is kept.
MODEL = """\
class _Model:
    context_length = 20
    def empty_cache(self, batch_size):
        return jnp.zeros((batch_size, 20), int)
    def apply(self, variables, tokens, cache, position):
        cache = jax.lax.dynamic_update_slice(cache, tokens, (0, position))
        places = position + jnp.arange(tokens.shape[1])
        before = jnp.where(places > 0, cache[:, places - 1], 0)
        return variables["params"]["now"][places, tokens] + variables["params"]["before"][before], cache
"""
GENERATE = (
    MODEL
    + """\
_key, _other = jax.random.key(seed), jax.random.key(seed + 1)
_generate = jax.jit(learner.generate, static_argnums=(0, 3))
_model = _Model()
out = _generate(_model, params, prompt, num_new, _key)
even = [_generate(_model, even_params, prompt, num_new, key) for key in (_key, _other)]
"""
)
FIRST_TOKENS = (
    MODEL
    + """\
_keys = jax.random.split(jax.random.key(seed), 3000)
def _first_token(key):
    return learner.generate(_Model(), params, prompt, 1, key)[0][0]
out = jax.jit(jax.vmap(_first_token))(_keys)
"""
)


def draw_params(rng: np.random.Generator, V: int) -> dict[str, np.ndarray]:
    return {"now": rng.normal(size=(20, V, V)), "before": rng.normal(size=(V, V))}


def check(learner: Learner, rng: np.random.Generator) -> None:
    V, num_given, num_new = 11, int(rng.integers(3, 6)), int(rng.integers(6, 9))
    params, prompt, seed = draw_params(rng, V), rng.integers(V, size=num_given), int(rng.integers(2**30))
    called = f"generate(model, params, prompt, {num_new}, key)"
    even = {name: np.zeros_like(table) for name, table in params.items()}
    carry = "a carry that goes out in another shape than it came in: logits [V], cache"
    with explaining(called, {"carry input and carry output": carry}):
        got = learner.run(GENERATE, params=params, even_params=even, prompt=prompt, num_new=num_new, seed=seed)
    tokens, logits = expect_pair(called, got["out"], num_new, V)
    expect_logits(called, logits, params, prompt, tokens)
    expect_keys(called, *(tokens for tokens, _ in got["even"]))
    first = learner.run(FIRST_TOKENS, params=params, prompt=prompt, seed=seed)["out"]
    expect_close(
        f"{called}, how often each token comes first",
        np.bincount(first, minlength=V) / 3000,
        softmax(logits[0].astype(float)),
        mistakes={"always the likeliest": np.eye(V)[logits[0].argmax()]},
        rtol=0.0,
        atol=0.05,
    )


def expect_pair(called: str, out: object, num_new: int, V: int) -> tuple[np.ndarray, np.ndarray]:
    """The tokens [num_new] and the logits [num_new, V]."""
    parts = [part for part in out if isinstance(part, np.ndarray)] if isinstance(out, list | tuple) else []
    shapes = [part.shape for part in parts]
    expect(
        shapes == [(num_new,), (num_new, V)],
        called=called,
        expected=f"tokens of shape ({num_new},) and logits of shape ({num_new}, {V})",
        got=f"shapes {' and '.join(map(str, shapes))}" if shapes else brief(out),
        mistake="a step that returns logits and token in the other order"
        if shapes == [(num_new, V), (num_new,)]
        else None,
    )
    tokens, logits = parts
    expect(
        tokens.dtype.kind == "i" and ((0 <= tokens) & (tokens < V)).all(),
        called=f"{called}; the tokens",
        expected=f"whole numbers from 0 to {V - 1}",
        got=brief(tokens),
    )
    return tokens, logits


def expect_logits(
    called: str, logits: np.ndarray, params: dict[str, np.ndarray], prompt: np.ndarray, tokens: np.ndarray
) -> None:
    """Each token was drawn from what the model says of all tokens before it."""
    now, before = params["now"], params["before"]
    text = np.concatenate([prompt, tokens])
    places = np.arange(len(prompt) - 1, len(text) - 1)

    def said(at: np.ndarray, token: np.ndarray, earlier: np.ndarray) -> np.ndarray:
        """After the prompt's own logits, those of these places, tokens and tokens before."""
        first = now[places[0], text[places[0]]] + before[text[places[0] - 1]]
        return np.concatenate([first[None], now[at, token] + before[earlier]])

    at, token, earlier = places[1:], text[places[1:]], text[places[1:] - 1]
    right = said(at, token, earlier)
    last = now[len(text) - 1, text[-1]] + before[text[-2]]
    skipped = np.where(np.arange(len(at)) == 0, 0, earlier)
    kept_empty = np.where(np.arange(len(at)) == 0, earlier, 0)
    expect_close(
        f"{called}; the logits",
        logits,
        right,
        mistakes={
            "every token at the same place: position does not grow": said(
                np.full_like(at, len(prompt)), token, np.full_like(at, prompt[-1])
            ),
            "places counted from 0, over the prompt": said(
                at - len(prompt), token, np.where(at == len(prompt), 0, earlier)
            ),
            "places that begin one too late": said(at + 1, token, skipped),
            "places that begin one too early": said(at - 1, token, np.concatenate([[prompt[-2]], earlier[1:]])),
            "a cache that is not handed on: each step begins with that of the prompt": said(at, token, kept_empty),
            "the logits of the next step, not those that drew the token": np.concatenate([right[1:], last[None]]),
            "the same logits at each step: the new ones are not handed on": np.broadcast_to(right[0], right.shape),
        },
        rtol=1e-3,
        atol=1e-3,
    )


def expect_keys(called: str, tokens: np.ndarray, others: np.ndarray) -> None:
    """With all logits 0 the draws show the keys."""
    called = f"{called}, where all logits are 0"
    expect(
        len(set(tokens.tolist())) > 1 or len(set(others.tolist())) > 1 or tokens[0] != others[0],
        called=called,
        expected="tokens that are drawn",
        got=f"token {tokens[0]} at each step, with another key too",
        mistake="the likeliest, or a key that is made here",
    )
    expect(
        len(set(tokens.tolist())) > 1 and len(set(others.tolist())) > 1,
        called=called,
        expected="other tokens at other steps",
        got=f"token {tokens[0]} at each step",
        mistake="one key for all steps: jax.random.fold_in(key, i) gives each its own",
    )
    expect(
        not np.array_equal(tokens, others),
        called=f"{called}, with two keys",
        expected="two texts",
        got="the same text",
        mistake="a key that does not come from the one given",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (token, logits)
""",
    hints=(
        "Three things: draw, ask the model, return (the carry, what was drawn).",
        "Token i stands at place len(prompt) + i. token[None, None] makes [1, 1] of it.",
        'next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=…), '
        "then return (next_logits[0, 0], cache), (token, logits).",
    ),
    holds="A text is written token by token, each from all before it, at the cost of one row.",
    stands_in="sampling.generate_chunk",
    check=check,
    planted=(
        Planted(
            "one key",
            """\
        token = next_token(logits, key)
        place = len(prompt) + i
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (token, logits)
""",
            says="one key for all steps",
        ),
        Planted(
            "likeliest",
            """\
        token = jnp.argmax(logits)
        place = len(prompt) + i
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (token, logits)
""",
            says="the likeliest, or a key",
        ),
        Planted(
            "position does not grow",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=len(prompt))
        return (next_logits[0, 0], cache), (token, logits)
""",
            says="position does not grow",
        ),
        Planted(
            "position from 0",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=i)
        return (next_logits[0, 0], cache), (token, logits)
""",
            says="over the prompt",
        ),
        Planted(
            "position too late",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i + 1
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (token, logits)
""",
            says="places that begin one too late",
        ),
        Planted(
            "cache not handed on",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i
        next_logits, _ = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (token, logits)
""",
            says="a cache that is not handed on",
        ),
        Planted(
            "logits not handed on",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i
        _, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (logits, cache), (token, logits)
""",
            says="the new ones are not handed on",
        ),
        Planted(
            "next logits returned",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (token, next_logits[0, 0])
""",
            says="not those that drew the token",
        ),
        Planted(
            "other order",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits[0, 0], cache), (logits, token)
""",
            says="in the other order",
        ),
        Planted(
            "axes left",
            """\
        token = next_token(logits, jax.random.fold_in(key, i))
        place = len(prompt) + i
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=place)
        return (next_logits, cache), (token, logits)
""",
            says="TypeError",
        ),
    ),
    right={
        "keys that are split": """\
        token = next_token(logits, jax.random.split(key, num_new)[i])
        after, cache = model.apply({"params": params}, jnp.array([[token]]), cache=cache, position=i + prompt.size)
        return (after[0, -1], cache), (token, logits)
""",
        "a draw of its own": """\
        token = jax.random.categorical(jax.random.fold_in(key, 1 + i), logits)
        answer = model.apply({"params": params}, token.reshape(1, 1), cache, prompt.shape[0] + i)
        return (answer[0].squeeze(axis=(0, 1)), answer[1]), (token, logits)
""",
        "noise added, the largest taken": """\
        noise = jax.random.gumbel(jax.random.fold_in(key, i), logits.shape)
        token = jnp.argmax(logits + noise)
        said, filled = model.apply({"params": params}, token[None][None], cache=cache, position=len(prompt) + i)
        return (said.reshape(-1), filled), (token, logits)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "params": draw_params(rng, 9),
            "prompt": rng.integers(9, size=5),
            "seed": int(rng.integers(1000)),
        },
        learner=MODEL + "out = learner.generate(_Model(), params, prompt, 7, jax.random.key(seed))\n",
        lesson=MODEL.replace("cache, position):", "cache, position=0):")
        + "out = lesson.generate_chunk(_Model(), 7, params, prompt, 5, 0, jax.random.key(seed), 1.0, 9, 1.0)\n",
    ),
)
