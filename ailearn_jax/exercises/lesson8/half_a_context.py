"""Texts longer than the context."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 8, exercise 21: texts longer than the context.

The positions are learned, from 0 to context_length - 1, so a full window cannot move on by one token: each token would
stand at another position, and none of the keys and values in the cache would be right any more.

So a text is drawn in chunks. Each begins anew with the last tokens that there are, half a context of them or all where
there are fewer, and draws the other half: `draw_chunk(given, num_new)` returns the `num_new` tokens that follow the
tokens `given`. The last chunk, too, is drawn as a whole, but only as much of it is yielded as is still wanted.
"""

import numpy as np


def chunks(draw_chunk, prompt, length, context_length):
    """Yields the `length` tokens that follow `prompt` (an array, at least one token), each chunk once it is drawn."""
    num_kept = (context_length + 1) // 2  # at most so many tokens are given
    num_new = context_length - num_kept
    for first in range(0, length, num_new):  # `first` tokens have been yielded
@hole@
'''

DRAW = """
_calls = []


def _draw_chunk(given, num_new):
    _calls.append((np.array(given), num_new))
    places = np.arange(1, len(given) + 1)
    return (int(np.sum(places * given)) + 7 * np.arange(num_new)) % 1009


pieces, calls = [], []
for _piece in learner.chunks(_draw_chunk, prompt, length, context_length):
    pieces.append(np.array(_piece))
    calls.append(len(_calls))
given, asked = [given for given, _ in _calls], [num_new for _, num_new in _calls]
"""


def draw_chunk(given: np.ndarray, num_new: int) -> np.ndarray:
    """Tokens that tell from which tokens, in which order, they were drawn."""
    return (int(np.sum(np.arange(1, len(given) + 1) * given)) + 7 * np.arange(num_new)) % 1009


def check(learner: Learner, rng: np.random.Generator) -> None:
    half = int(rng.integers(3, 6))
    odd = 2 * half + 1  # first, since a chunk is then shorter than what is kept of it
    for context_length, num_given, length in (
        (odd, odd + int(rng.integers(3, 9)), 3 * half + int(rng.integers(1, half))),
        (odd, half, 3 * half),  # a token less than is kept, and whole chunks
        (odd + 1, odd + 4, 2 * (half + 1) + 1),  # even, and a token more than whole chunks
    ):
        num_kept, num_new = (context_length + 1) // 2, context_length // 2
        prompt = rng.integers(1, 1000, num_given)
        called = f"chunks(draw_chunk, {num_given} tokens, length={length}, context_length={context_length})"
        with explaining(called, {"'NoneType' object is not iterable": "nothing is yielded"}):
            got = learner.run(DRAW, prompt=prompt, length=length, context_length=context_length)
            pieces = got["pieces"]
        drawn: list[np.ndarray] = []
        for _ in range(0, length, num_new):
            drawn.append(draw_chunk(np.concatenate([prompt, *drawn])[-num_kept:], num_new))
        expect(
            len(got["given"]) == len(drawn),
            called,
            f"{len(drawn)} calls of draw_chunk",
            str(len(got["given"])),
            "an end after the first chunk, as `return` makes it" if len(got["given"]) == 1 else None,
        )
        expect(
            set(map(int, got["asked"])) == {num_new},
            f"{called}; num_new in the calls",
            f"{num_new} each time",
            ", ".join(str(int(number)) for number in got["asked"]),
            "what is still wanted; a chunk is drawn as a whole, then cut" if sum(got["asked"]) == length else None,
        )
        for i, here in enumerate(got["given"]):
            expect_last(f"{called}; tokens given in call {i + 1}", here, prompt, drawn[:i], num_kept)
        whole = np.concatenate(drawn)
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
        expect(len(pieces) == len(drawn), called, f"{len(drawn)} chunks", f"{len(pieces)}")
        expect(got["calls"][0] == 1, called, "the first chunk after 1 call of draw_chunk", f"after {got['calls'][0]}")


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
            "a place below 0, which counts from the end": before[len(before) - num_kept :],
            "a token too many": before[-(num_kept + 1) :],
            "as many tokens as are new, not as many as are kept": before[-(num_kept - 1) :],
        },
    )


SOLUTION = """\
        given = prompt[-num_kept:]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([given, tokens])
"""

EXERCISE = Exercise(
    source=SOURCE,
    starter="        raise NotImplementedError  # your turn\n",
    solution=SOLUTION,
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
        Planted(
            "an end one token early",
            SOLUTION
            + """\
        if first + num_new >= length - 1:
            break
""",
            says="calls of draw_chunk",
        ),
        Planted(
            "a place below 0",
            """\
        given = prompt[len(prompt) - num_kept :]
        tokens = draw_chunk(given, num_new)
        yield tokens[: length - first]
        prompt = np.concatenate([given, tokens])
""",
            says="counts from the end",
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
