"""Text as numbers, and where it comes from."""

import numpy as np
import pytest

from ailearn_jax import corpora, text
from ailearn_jax.errors import InputError


@pytest.mark.parametrize("sample", ["hello", "äöü €\n\t", "𝄞 and \U0010ffff", "a"])
def test_there_and_back(sample):
    """An id that stands for another character, or a lost one, changes the text."""
    tokenizer = text.CharTokenizer.of(sample)
    assert tokenizer.decode(tokenizer.encode(sample)) == sample
    assert tokenizer.vocab_size == len(set(sample))


def test_unknown_characters_are_named():
    """A KeyError, or a position counted from the wrong end, leaves the user searching."""
    tokenizer = text.CharTokenizer.of("abc")
    with pytest.raises(InputError, match=r"--prompt: .* got 'x' at position 3"):
        tokenizer.encode("abxc", source="--prompt")
    with pytest.raises(InputError, match="position 1"):
        tokenizer.encode("\udcff")  # a byte of a command line that is no UTF-8


def test_targets_are_the_next_characters():
    """Targets that equal the inputs would be learned at once, and for nothing."""
    ids = np.arange(100, dtype=np.uint8)
    batch = next(text.windows(ids, context_length=8, batch_size=50, seed=0)(0))
    assert np.array_equal(batch["targets"], batch["inputs"] + 1)
    assert batch["inputs"].shape == (50, 8) and batch["inputs"].dtype == np.int32


def test_windows_reach_both_ends():
    """An off-by-one in the last start leaves out the last character, or reads behind it."""
    ids = np.arange(10)
    batches = text.windows(ids, context_length=8, batch_size=100, seed=0)(0)
    assert sorted(set(next(batches)["inputs"][:, 0])) == [0, 1]


def test_windows_are_a_function_of_seed_and_step():
    """A resumed run must see the batches that it would have seen."""
    ids = np.arange(1000)
    stream = text.windows(ids, 8, 4, seed=0)(0)
    for step in range(3):
        batch = next(stream)
        assert np.array_equal(batch["inputs"], next(text.windows(ids, 8, 4, seed=0)(step))["inputs"])
        assert not np.array_equal(batch["inputs"], next(text.windows(ids, 8, 4, seed=1)(step))["inputs"])


def test_consecutive_windows_cover_the_text():
    """A validation that skips characters, or counts some twice, is not that of the whole text."""
    windows = text.consecutive_windows(np.arange(30), 8)
    assert windows["inputs"].ravel().tolist() == list(range(24))
    assert windows["targets"].ravel().tolist() == list(range(1, 25))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "expected a text file"), (b"", "an empty file"), (b"caf\xe9!", "got byte 0xe9 at 3")],
)
def test_bad_files(tmp_path, content, message):
    """Each is one line that names the file."""
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=message):
        corpora.load_text("shakespeare", str(file))


def test_a_download_that_fails_or_differs(tmp_path):
    """What is not whole must not stand under the corpus's name, nor be believed."""
    source, file = tmp_path / "source.txt", tmp_path / "corpus.txt"
    source.write_text("something else")
    with pytest.raises(InputError, match=f"put the file at {file}"):
        corpora.download((tmp_path / "nowhere.txt").as_uri(), file, corpora.TINY_SHAKESPEARE_SHA256)
    with pytest.raises(InputError, match="expected SHA-256 86c4e6aa9db7"):
        corpora.download(source.as_uri(), file, corpora.TINY_SHAKESPEARE_SHA256)
    assert not file.exists()
