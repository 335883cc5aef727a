"""Language models by counting, the baselines that a GPT has to beat; and how much of a text another one knows.
Introduced in lesson 8.

Each model is scored like the GPT: in nats a character, over all of `valid_ids` but its first, which is only context.
"""

import string
from collections.abc import Iterator

import numpy as np
import pandas as pd


def uniform_loss(vocab_size: int) -> float:
    """A guess among all symbols alike: ln(V), what an untrained model should start at."""
    return float(np.log(vocab_size))


def add_one_loss(train_ids: np.ndarray, valid_ids: np.ndarray, vocab_size: int, order: int) -> float:
    """The n-gram model with n = `order` and one added to every count (Laplace).

    The probability of the character c after the n - 1 characters h is (count(h c) + 1) / (count(h) + V).
    """
    *_, (grams, contexts, _) = _counts(train_ids, valid_ids, vocab_size, order)
    return _mean_loss((grams + 1) / (contexts + vocab_size))


def witten_bell_loss(train_ids: np.ndarray, valid_ids: np.ndarray, vocab_size: int, order: int) -> float:
    """The interpolated n-gram model of Witten and Bell (1991) with n = `order`.

    It mixes all orders from 0 (every symbol alike) to n. Of a context h that was followed by t(h) different characters,
    a part t(h) / (count(h) + t(h)) of the probability is left to the context h' that is one character shorter:
    p(c | h) = (count(h c) + t(h) p(c | h')) / (count(h) + t(h)).
    """
    probability = np.full(len(valid_ids), 1 / vocab_size)
    for grams, contexts, followers in _counts(train_ids, valid_ids, vocab_size, order):
        mixed = (grams + followers * probability) / np.maximum(contexts + followers, 1)
        probability = np.where(contexts > 0, mixed, probability)
    return _mean_loss(probability)


def known_words(sample: str, text: str) -> float:
    """The share of the words of `sample` that stand in `text` too, whatever their case: has it learned to spell?

    >>> known_words("To be, or not to bee!", "to be or not to be")
    0.8333333333333334
    """
    known = set(_words(text))
    return _share([word in known for word in _words(sample)])


def known_runs(sample: str, text: str, length: int) -> float:
    """The share of the runs of `length` characters of `sample` that stand in `text` too: does it write, or copy?

    >>> known_runs("abcx", "abcabc", 3)
    0.5
    """
    return _share([sample[i : i + length] in text for i in range(len(sample) - length + 1)])


def _words(text: str) -> list[str]:
    """What stands between spaces, without the punctuation around it."""
    return [stripped for word in text.casefold().split() if (stripped := word.strip(string.punctuation))]


def _share(truths: list[bool]) -> float:
    """How many of them are true, 0 to 1; of none, 0."""
    return sum(truths) / max(len(truths), 1)


def _counts(
    train_ids: np.ndarray, valid_ids: np.ndarray, vocab_size: int, order: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For n = 1 to `order`: count(h c), count(h) and t(h) in `train_ids`, of each character c of `valid_ids` after its
    context h; three arrays [len(valid_ids)]. The first contexts reach back into the training text, as a reader's do.
    """
    ids = np.concatenate([train_ids, valid_ids])
    valid = slice(len(train_ids), None)
    contexts = np.zeros(len(ids), np.int64)  # each place's context, as its number among the different ones
    for n in range(1, order + 1):
        grams, distinct = pd.factorize(contexts * vocab_size + ids, size_hint=1000)  # without the hint 30 MB more
        train = slice(n - 1, len(train_ids))  # nearer to the start there is no whole context
        gram_counts = np.bincount(grams[train], minlength=len(distinct))
        context_counts = np.bincount(contexts[train], minlength=contexts.max() + 1)
        followers = np.bincount(distinct // vocab_size, weights=gram_counts > 0)
        yield gram_counts[grams[valid]], context_counts[contexts[valid]], followers[contexts[valid]]
        contexts[1:] = grams[:-1]  # one character longer: the gram that ends just before the place


def _mean_loss(probability: np.ndarray) -> float:
    return float(-np.log(probability[1:]).mean())
