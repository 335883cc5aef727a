"""The models by counting."""

import math
from collections import Counter, defaultdict

import numpy as np

from ailearn_jax import ngrams


def slow_witten_bell(train, valid, vocab_size, order):
    """The same recursion, written with dictionaries, a character at a time."""
    counts = defaultdict(Counter)
    for n in range(order):
        for i in range(n, len(train)):
            counts[tuple(train[i - n : i])][train[i]] += 1
    everything = train + valid

    def probability(context, c):
        value = 1 / vocab_size
        for n in range(len(context) + 1):
            seen = counts.get(context[len(context) - n :])
            if seen:
                value = (seen[c] + len(seen) * value) / (seen.total() + len(seen))
        return value

    first = len(train)
    losses = [
        -math.log(probability(tuple(everything[i - order + 1 : i]), everything[i]))
        for i in range(first + 1, len(everything))
    ]
    return sum(losses) / len(losses)


def test_witten_bell_by_dictionaries():
    """A context counted where it does not belong, or followers counted in the validated text, changes the loss."""
    rng = np.random.default_rng(0)
    ids = (rng.integers(0, 4, 600) * rng.integers(0, 2, 600)).tolist()
    train, valid = ids[:500], ids[500:]
    found = ngrams.witten_bell_loss(np.array(train), np.array(valid), 4, order=3)
    assert abs(found - slow_witten_bell(train, valid, 4, 3)) < 1e-9


def test_add_one_by_hand():
    """In abab a is followed by b twice, b by a once: after a, b has (2 + 1) / (2 + 2)."""
    found = ngrams.add_one_loss(np.array([0, 1, 0, 1]), np.array([0, 1]), 2, order=2)
    assert abs(found + math.log(3 / 4)) < 1e-12


def test_longer_contexts_help_on_real_text():
    """On the course's own text the ladder goes down: an order that is off by one would not."""
    from ailearn_jax.corpora import load_text
    from ailearn_jax.text import CharTokenizer

    text = load_text("shakespeare", None)
    ids = CharTokenizer.of(text).encode(text)
    parts = (ids[: len(ids) * 9 // 10], ids[len(ids) * 9 // 10 :], 62)
    ladder = [ngrams.uniform_loss(62), *(ngrams.add_one_loss(*parts, order=n) for n in (1, 2, 3))]
    ladder.append(ngrams.witten_bell_loss(*parts, order=5))
    assert [round(loss, 2) for loss in ladder] == [4.13, 3.33, 2.49, 2.1, 1.8]


def test_a_planted_copy_is_found():
    """Runs that are counted apart from their place, or off by one at the end, miss a sentence that was copied."""
    text = "the quality of mercy is not strained; it droppeth as the gentle rain from heaven\n" * 3
    copied, own = "it droppeth as the gentle rain", "zz qq xx jj kk vv ww yy zz qq "
    assert ngrams.known_runs(copied, text, 20) == 1
    assert ngrams.known_runs(own, text, 20) == 0
    # Of the 41 runs of 20 characters in 60, the first 11 lie within the copied 30.
    assert ngrams.known_runs(copied + own, text, 20) == 11 / 41
    assert ngrams.known_runs("too short", text, 20) == 0


def test_words_are_known_by_their_spelling():
    """A capital, a full stop or a hyphen at its end makes no other word; a word within a word is none."""
    text = "The quality of mercy is not strained;"
    assert ngrams.known_words("Mercy! of strained\nquality--", text) == 1
    assert ngrams.known_words("merc cy strain THE", text) == 1 / 4
    assert ngrams.known_words(" -- ", text) == 0
