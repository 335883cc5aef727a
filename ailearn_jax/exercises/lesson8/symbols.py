"""The symbols of a text."""

from collections import Counter

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 8, exercise 1: the symbols of a text.

A network takes numbers, so each character of a text gets one: its place among all symbols of the text. For that to be
the same on any machine and in any year, the symbols stand in a fixed order, sorted as Python sorts characters, each
once, in one string. "hello" has the symbols "ehlo".
"""


def symbols_of(text):
    """The characters of `text`, each once, sorted: a string."""
@hole@
'''

CHARACTERS = " \nabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?'éüß€𝄞"


def check(learner: Learner, rng: np.random.Generator) -> None:
    known = rng.permutation([*CHARACTERS])[:8]
    text = "z a, Z" + "".join(rng.choice(known, 30))
    expected = "".join(sorted(set(text)))
    called = f"symbols_of(text) of {len(text)} characters"
    with explaining(called, {"a value of type set": "a set, which has no order; asked for is one string"}):
        got = learner.call("symbols_of", text)
    mistakes = {
        "a list of the symbols; asked for is one string": sorted(set(text)),
        "each character as often as it comes; each is to stand there once": "".join(sorted(text)),
        "the symbols in the order in which they first come; they are to be sorted": "".join(dict.fromkeys(text)),
        "the symbols sorted by how often they come": "".join(symbol for symbol, _ in Counter(text).most_common()),
        "small letters for capitals; those are symbols of their own": "".join(sorted(set(text.lower()))),
        "letters alone; a space, a comma, a line break are symbols too": "".join(
            sorted(filter(str.isalpha, set(text)))
        ),
        "the symbols sorted backwards": expected[::-1],
    }
    if isinstance(got, str) and got not in mistakes.values():
        expect(
            got == expected or sorted(got) != sorted(expected),
            called=called,
            expected=repr(expected),
            got=repr(got),
            mistake="the order of a set, which is another in each run of Python",
        )
    expect_close(called, got, expected, mistakes)


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution='    return "".join(sorted(set(text)))\n',
    hints=(
        "Three steps: each character once, in order, as one string.",
        "set(text) has each character once, sorted(...) makes a sorted list of it.",
        '"".join(list) makes one string of a list of characters.',
    ),
    holds="A text has one list of symbols, whoever makes it.",
    stands_in="text.CharTokenizer.of",
    check=check,
    planted=(
        Planted("a set", "    return set(text)\n", says="a set, which has no order"),
        Planted("a list", "    return sorted(set(text))\n", says="a list of the symbols"),
        Planted("not once each", '    return "".join(sorted(text))\n', says="each is to stand there once"),
        Planted("first come", '    return "".join(dict.fromkeys(text))\n', says="in which they first come"),
        Planted("set order", '    return "".join(set(text))\n', says="another in each run of Python"),
        Planted("small letters", '    return "".join(sorted(set(text.lower())))\n', says="small letters for capitals"),
        Planted(
            "letters alone",
            '    return "".join(sorted({character for character in text if character.isalpha()}))\n',
            says="letters alone",
        ),
    ),
    right={
        "a loop": """\
    symbols = []
    for character in text:
        if character not in symbols:
            symbols.append(character)
    symbols.sort()
    return "".join(symbols)
""",
        "code points": """\
    return "".join(map(chr, sorted({ord(character) for character in text})))
""",
        "numpy": """\
    import numpy as np
    return "".join(np.unique([*text]).tolist())
""",
    },
    twin=Twin(
        given=lambda rng: {"text": "".join(rng.choice([*CHARACTERS], int(rng.integers(1, 80))))},
        learner="out = learner.symbols_of(text)",
        lesson="out = lesson.CharTokenizer.of(text).symbols",
    ),
    arrays="numpy",
)
