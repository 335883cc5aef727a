"""Texts longer than the context."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 8, exercise 21: texts longer than the context.

The positions are learned, from 0 to context_length - 1, so a full window cannot move on by one token: each token would
stand at another position, and none of the keys and values in the cache would be right any more.

So a text is drawn in chunks. Each begins anew with the last tokens that there are, half a context of them, and draws
the other half: `draw_chunk(given, num_new)` returns the `num_new` tokens that follow the tokens `given`. At the end
the last chunk may be longer than what is still wanted.
"""

import numpy as np


def chunks(draw_chunk, prompt, length, context_length):
    """Yields the `length` tokens that follow `prompt`, numpy arrays both, in chunks."""
    num_kept = (context_length + 1) // 2  # of the tokens that there are
    num_new = context_length - num_kept
    for first in range(0, length, num_new):
@hole@
'''

DRAW = """
_calls = []


def _draw_chunk(given, num_new):
    _calls.append((np.asarray(given), num_new))
    places = np.arange(1, len(given) + 1)
    return (int(np.sum(places * given)) + 7 * np.arange(num_new)) % 1009


pieces = [np.asarray(piece) for piece in learner.chunks(_draw_chunk, prompt, length, context_length)]
given, asked = [given for given, _ in _calls], [num_new for _, num_new in _calls]
"""


def draw_chunk(given: np.ndarray, num_new: int) -> np.ndarray:
    """Tokens that tell from which tokens, in which order, they were drawn."""
    return (int(np.sum(np.arange(1, len(given) + 1) * given)) + 7 * np.arange(num_new)) % 1009


def check(learner: Learner, rng: np.random.Generator) -> None:
    context_length = 2 * int(rng.integers(3, 6)) + 1  # odd, or a chunk would be as long as what is kept of it
    num_kept, num_new = (context_length + 1) // 2, context_length // 2
    length = 3 * num_new + int(rng.integers(1, num_new))
    for num_given in (context_length + int(rng.integers(2, 9)), 1):
        prompt = rng.integers(1, 1000, num_given)
        called = f"chunks(draw_chunk, {num_given} tokens, length={length}, context_length={context_length})"
        with explaining(called, {}):
            got = learner.run(DRAW, prompt=prompt, length=length, context_length=context_length)
        drawn: list[np.ndarray] = []
        for _ in range(0, length, num_new):
            drawn.append(draw_chunk(np.concatenate([prompt, *drawn])[-num_kept:], num_new))
        expect(len(got["given"]) == len(drawn), called, f"{len(drawn)} calls of draw_chunk", str(len(got["given"])))
        expect(
            set(map(int, got["asked"])) == {num_new},
            f"{called}; num_new in the calls",
            f"{num_new} each time",
            ", ".join(str(int(number)) for number in got["asked"]),
        )
        for i, here in enumerate(got["given"]):
            expect_last(f"{called}; tokens given in call {i + 1}", here, prompt, drawn[:i], num_kept)
        whole = np.concatenate(drawn)
        pieces = got["pieces"]
        flat = np.concatenate([np.ravel(piece) for piece in pieces]) if len(pieces) else np.zeros(0)
        expect_close(
            f"{called}; all tokens yielded",
            flat,
            whole[:length],
            mistakes={
                "the last chunk as a whole; only `length` tokens are wanted": whole,
                "the last chunk left out": whole[: length // num_new * num_new],
                "the prompt yielded too": np.concatenate([prompt, whole[:length]]),
            },
        )
        expect(len(pieces) == len(drawn), called, f"{len(drawn)} chunks, each as soon as it is drawn", f"{len(pieces)}")


def expect_last(called: str, got: np.ndarray, prompt: np.ndarray, drawn: list[np.ndarray], num_kept: int) -> None:
    """A chunk is drawn from the last `num_kept` of all tokens before it."""
    before = np.concatenate([prompt, *drawn])
    expect_close(
        called,
        got,
        before[-num_kept:],
        mistakes={
            "all tokens that there are: more than half a context": before,
            "the first tokens of all, not the last": before[:num_kept],
            "the tokens given before; what was drawn then comes after them": np.concatenate([prompt, *drawn[:-1]])[
                -num_kept:
            ],
            "the last chunk alone, without what was before it": drawn[-1] if drawn else prompt,
            "a token too many": before[-(num_kept + 1) :],
            "as many tokens as are new, not as many as are kept": before[-(num_kept - 1) :],
        },
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution="""\
        given = prompt[-num_kept:]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([given, tokens])
""",
    hints=(
        "The last `num_kept` tokens are prompt[-num_kept:]. A shorter prompt is given as a whole by that, too.",
        "`first` tokens have been yielded before, so tokens[: length - first] is all that is still wanted.",
        "After a chunk, the tokens that there are end with it: prompt = np.concatenate([given, tokens]).",
    ),
    holds="A text of any length comes in chunks, each drawn from the last half of a context.",
    stands_in="sampling.generate",
    check=check,
    planted=(
        Planted(
            "all tokens",
            """\
        tokens = draw_chunk(prompt, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([prompt, tokens])
""",
            says="more than half a context",
        ),
        Planted(
            "the first tokens",
            """\
        given = prompt[:num_kept]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([prompt, tokens])
""",
            says="the first tokens of all",
        ),
        Planted(
            "the prompt again",
            """\
        given = prompt[-num_kept:]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
""",
            says="what was drawn then",
        ),
        Planted(
            "the chunk alone",
            """\
        given = prompt[-num_kept:]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = tokens
""",
            says="the last chunk alone",
        ),
        Planted(
            "a token too many",
            """\
        given = prompt[-num_kept - 1 :]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([prompt, tokens])
""",
            says="a token too many",
        ),
        Planted(
            "the last chunk whole",
            """\
        given = prompt[-num_kept:]
        tokens = draw_chunk(given, num_new)
        yield tokens
        prompt = np.concatenate([given, tokens])
""",
            says="the last chunk as a whole",
        ),
        Planted(
            "as many as are new",
            """\
        given = prompt[-num_new:]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([given, tokens])
""",
            says="as many tokens as are new",
        ),
        Planted(
            "a shorter last chunk is asked for",
            """\
        given = prompt[-num_kept:]
        tokens = draw_chunk(given, min(num_new, length - first))
        yield tokens
        prompt = np.concatenate([given, tokens])
""",
            says="num_new in the calls",
        ),
    ),
    right={
        "all tokens kept, the last ones given": """\
        tokens = draw_chunk(prompt[-num_kept:], num_new)
        prompt = np.append(prompt, tokens)
        yield tokens[: length - first]
""",
        "counted from the front": """\
        begin = max(0, len(prompt) - num_kept)
        given = prompt[begin:]
        tokens = draw_chunk(given, num_new)
        wanted = min(num_new, length - first)
        yield tokens[:wanted]
        prompt = np.hstack((given, tokens))
""",
        "lists": """\
        given = np.array(list(prompt)[-num_kept:])
        tokens = list(draw_chunk(given, num_new))
        yield np.array(tokens[: length - first])
        prompt = list(given) + tokens
""",
    },
    twin=Twin(
        given=lambda rng: {
            "prompt": rng.integers(11, size=int(rng.integers(1, 12))),
            "length": int(rng.integers(5, 25)),
        },
        learner="""\
def _draw(given, num_new):
    tokens = list(given)
    for _ in range(num_new):
        tokens.append(sum((i + 1) * token for i, token in enumerate(tokens)) % 11)
    return np.array(tokens[len(given) :])


out = np.concatenate([*learner.chunks(_draw, prompt, length, 9)])
""",
        lesson="""\
class _Model:  # its likeliest next token is the one that _draw gives
    context_length = 9

    def empty_cache(self, batch_size):
        return jnp.zeros((batch_size, 9), int)

    def apply(self, params, tokens, cache, position=0):
        cache = jax.lax.dynamic_update_slice(cache, tokens, (0, position))
        sums = jnp.cumsum(jnp.arange(1, 10)[None] * cache, axis=1)
        return jax.nn.one_hot(sums[:, position + jnp.arange(tokens.shape[1])] % 11, 11), cache


_drawn = lesson.generate(_Model(), {}, prompt, length, temperature=0.0, top_k=11, top_p=1.0, seed=0)
out = np.concatenate([tokens for tokens, _ in _drawn])
""",
    ),
    arrays="numpy",
)
