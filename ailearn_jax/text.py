"""Text as numbers: characters to ids and back, windows of ids to train and validate on. Introduced in lesson 8."""

import numpy as np

from ailearn_jax.errors import InputError
from ailearn_jax.training import Batch, Batches, BatchesFrom

_CHARACTERS_A_TURN = 1 << 20  # encoding in turns keeps a 100 MB corpus from standing in memory five times
_CODE_POINTS = 0x110000


class CharTokenizer:
    """A character is a token. Its id is its place among the sorted symbols.

    >>> tokenizer = CharTokenizer.of("hello")
    >>> tokenizer.symbols
    'ehlo'
    >>> tokenizer.encode("hole").tolist()
    [1, 3, 2, 0]
    >>> tokenizer.decode(tokenizer.encode("hole"))
    'hole'
    """

    def __init__(self, symbols: str) -> None:
        self.symbols = symbols
        self._ids = np.full(_CODE_POINTS, -1, np.int32)
        self._ids[_code_points(symbols)] = np.arange(len(symbols))

    @classmethod
    def of(cls, text: str) -> "CharTokenizer":
        """The tokenizer whose symbols are the characters of `text`."""
        return cls("".join(sorted(set(text))))

    @property
    def vocab_size(self) -> int:
        return len(self.symbols)

    @property
    def line_start(self) -> str:
        """What stands before the first character of a line: a line break, or the first symbol where there is none."""
        return "\n" if "\n" in self.symbols else self.symbols[0]

    def encode(self, text: str, source: str = "the text") -> np.ndarray:
        """The ids [N] of the characters of `text`, one or two bytes each where the vocabulary allows it.

        Raises:
            InputError: a character is not among the symbols; it is named, with its position in `source`.
        """
        ids = np.empty(len(text), np.min_scalar_type(self.vocab_size))
        for start in range(0, len(text), _CHARACTERS_A_TURN):
            found = self._ids[_code_points(text[start : start + _CHARACTERS_A_TURN])]
            if (unknown := np.flatnonzero(found < 0)).size:
                position = start + int(unknown[0])
                raise InputError(
                    f"{source}: expected the {self.vocab_size} symbols of the trained text, "
                    f"got {text[position]!r} at position {position + 1}; leave it out or train on a text that has it"
                )
            ids[start : start + len(found)] = found
        return ids

    def decode(self, ids: np.ndarray) -> str:
        """The characters of `ids`, in one string."""
        return "".join(self.symbols[i] for i in ids)


def windows(ids: np.ndarray, context_length: int, batch_size: int, seed: int) -> BatchesFrom:
    """Training batches {"inputs", "targets"} [B, T]: random windows, each target the character after its input.

    The windows of a step are a function of (seed, step) alone, so that a run can start again at any step.
    """
    offsets = np.arange(context_length + 1)

    def batches_from(step: int) -> Batches:
        while True:
            rng = np.random.default_rng((seed, step))
            starts = rng.integers(len(ids) - context_length, size=batch_size)
            window = ids[starts[:, None] + offsets].astype(np.int32)
            yield {"inputs": window[:, :-1], "targets": window[:, 1:]}
            step += 1

    return batches_from


def consecutive_windows(ids: np.ndarray, context_length: int) -> Batch:
    """The whole of `ids`, cut into windows one after the other: {"inputs", "targets"} [N, T].

    The last, incomplete window (fewer than T characters) is left out.
    """
    length = (len(ids) - 1) // context_length * context_length
    inputs, targets = (ids[i : i + length].reshape(-1, context_length).astype(np.int32) for i in (0, 1))
    return {"inputs": inputs, "targets": targets}


def _code_points(text: str) -> np.ndarray:
    # "surrogatepass": a prompt may hold bytes that are no UTF-8; they are unknown symbols and no crash.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
