"""Encode and decode."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 8, exercise 2: encode and decode.

A character's id is its place among the sorted symbols, counted from 0: of "ehlo", h is 1 and o is 3. To encode is to
write a text as such ids, to decode is the way back, and both together change nothing.

A character that is no symbol has no id: let Python raise its error, and no other id take its place.
"""

import numpy as np


class CharTokenizer:
    """A character is a token. Its id is its place among the sorted symbols, a string."""

    def __init__(self, symbols):
        self.symbols = symbols

@hole@
'''

CHARACTERS = " \nabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?'éüß€𝄞"
UNKNOWN = """\
try:
    came = learner.CharTokenizer(symbols).encode(text)
    raised = False
except (LookupError, ValueError, TypeError, ArithmeticError):
    came, raised = 0, True
"""


def check(learner: Learner, rng: np.random.Generator) -> None:
    symbols = "".join(sorted(rng.permutation([*CHARACTERS])[: int(rng.integers(12, 17))].tolist()))
    text = symbols[0] + "".join(rng.choice([*symbols], int(rng.integers(5, 9)))) + symbols[-1]
    ids = np.array([symbols.index(character) for character in text])
    own = sorted(set(text))
    got = learner.run("ids = learner.CharTokenizer(symbols).encode(text)", symbols=symbols, text=text)
    expect_close(
        f"CharTokenizer({symbols!r}).encode({text!r})",
        got["ids"],
        ids,
        mistakes={
            "the characters' numbers in Unicode, not their places among the symbols": np.array([*map(ord, text)]),
            "ids that are counted from 1": ids + 1,
            "places among the characters of this text, not among all symbols": np.array([*map(own.index, text)]),
            "places in the text, not among the symbols": np.array([text.index(character) for character in text]),
            "a list; asked for is an array": ids.tolist(),
            "ids that are counted from the end": len(symbols) - 1 - ids,
        },
    )
    got = learner.run("text = learner.CharTokenizer(symbols).decode(ids)", symbols=symbols, ids=ids)
    expect_close(
        f"CharTokenizer({symbols!r}).decode(ids)",
        got["text"],
        text,
        mistakes={
            "a list of characters; asked for is one string": [*text],
            "a space between the characters": " ".join(text),
            "the characters with these numbers in Unicode": "".join(map(chr, ids)),
            "the text backwards": text[::-1],
            "the symbol before each": "".join(symbols[i - 1] for i in ids),
            "the first character alone": text[0],
        },
    )
    stranger = next(character for character in CHARACTERS[::-1] if character not in symbols)
    got = learner.run(UNKNOWN, symbols=symbols, text=text[:3] + stranger)
    expect(
        got["raised"],
        called=f"CharTokenizer({symbols!r}).encode({text[:3] + stranger!r})",
        expected=f"an error: {stranger!r} is no symbol",
        got=f"{got['came']}",
        mistake="str.find, which gives -1 for what it does not find; -1 is also the place of the last symbol"
        if np.size(got["came"]) == 4 and np.ravel(got["came"])[-1] == -1
        else "an id that belongs to something else, or none: the text would come back changed",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="""\
    def encode(self, text):
        \"\"\"The ids [N] of the characters of `text`, an array of whole numbers.\"\"\"
        raise NotImplementedError  # your turn

    def decode(self, ids):
        \"\"\"The characters of `ids`, in one string.\"\"\"
        raise NotImplementedError  # your turn
""",
    solution="""\
    def encode(self, text):
        return np.array([self.symbols.index(character) for character in text], np.int32)

    def decode(self, ids):
        return "".join(self.symbols[i] for i in ids)
""",
    hints=(
        "For each character: where does it stand in self.symbols? For each id: which character stands there?",
        "self.symbols.index(character) is its place and raises an error where there is none. "
        "The array should hold whole numbers, np.int32.",
        'decode: "".join(self.symbols[i] for i in ids).',
    ),
    holds="A text becomes numbers and comes back as it was.",
    stands_in="text.CharTokenizer.encode",
    check=check,
    planted=(
        Planted(
            "ord and chr",
            """\
    def encode(self, text):
        return np.array([ord(character) for character in text])

    def decode(self, ids):
        return "".join(chr(i) for i in ids)
""",
            says="the characters' numbers in Unicode",
        ),
        Planted(
            "counted from 1",
            """\
    def encode(self, text):
        return np.array([self.symbols.index(character) + 1 for character in text])

    def decode(self, ids):
        return "".join(self.symbols[i - 1] for i in ids)
""",
            says="counted from 1",
        ),
        Planted(
            "symbols of this text",
            """\
    def encode(self, text):
        return np.array([sorted(set(text)).index(character) for character in text])

    def decode(self, ids):
        return "".join(self.symbols[i] for i in ids)
""",
            says="places among the characters of this text",
        ),
        Planted(
            "find",
            """\
    def encode(self, text):
        return np.array([self.symbols.find(character) for character in text])

    def decode(self, ids):
        return "".join(self.symbols[i] for i in ids)
""",
            says="str.find",
        ),
        Planted(
            "unknown left out",
            """\
    def encode(self, text):
        return np.array([self.symbols.index(character) for character in text if character in self.symbols])

    def decode(self, ids):
        return "".join(self.symbols[i] for i in ids)
""",
            says="the text would come back changed",
        ),
        Planted(
            "list of ids",
            """\
    def encode(self, text):
        return [self.symbols.index(character) for character in text]

    def decode(self, ids):
        return "".join(self.symbols[i] for i in ids)
""",
            says="asked for is an array",
        ),
        Planted(
            "list of characters",
            """\
    def encode(self, text):
        return np.array([self.symbols.index(character) for character in text])

    def decode(self, ids):
        return [self.symbols[i] for i in ids]
""",
            says="a list of characters",
        ),
        Planted(
            "spaces between",
            """\
    def encode(self, text):
        return np.array([self.symbols.index(character) for character in text])

    def decode(self, ids):
        return " ".join(self.symbols[i] for i in ids)
""",
            says="a space between",
        ),
    ),
    right={
        "a dict": """\
    def encode(self, text):
        ids = {symbol: i for i, symbol in enumerate(self.symbols)}
        return np.array([ids[character] for character in text])

    def decode(self, ids):
        symbols = dict(enumerate(self.symbols))
        return "".join(symbols[int(i)] for i in ids)
""",
        "loops": """\
    def encode(self, text):
        ids = np.zeros(len(text), np.uint8)
        for place, character in enumerate(text):
            ids[place] = self.symbols.index(character)
        return ids

    def decode(self, ids):
        text = ""
        for i in np.asarray(ids).tolist():
            text += self.symbols[i]
        return text
""",
        "numpy": """\
    def encode(self, text):
        found = np.array([*text])[:, None] == np.array([*self.symbols])[None]
        if not found.any(axis=1).all():
            raise ValueError("an unknown character")
        return found.argmax(axis=1)

    def decode(self, ids):
        return "".join(np.array([*self.symbols])[ids])
""",
    },
    twin=Twin(
        given=lambda rng: {
            "symbols": "".join(sorted(CHARACTERS)),
            "text": "".join(rng.choice([*CHARACTERS], int(rng.integers(1, 60)))),
        },
        learner="""\
_tokenizer = learner.CharTokenizer(symbols)
out = _tokenizer.encode(text).astype(np.int32), _tokenizer.decode(_tokenizer.encode(text))
""",
        lesson="""\
_tokenizer = lesson.CharTokenizer(symbols)
out = _tokenizer.encode(text).astype(np.int32), _tokenizer.decode(_tokenizer.encode(text))
""",
    ),
    arrays="numpy",
)
