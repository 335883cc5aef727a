"""Where a text comes from: the committed one, Tiny Shakespeare by download, any file. Introduced in lesson 8."""

import hashlib
import os
import sys
import urllib.request
from pathlib import Path

from ailearn_jax.datasets import DATA
from ailearn_jax.errors import InputError, StorageError

TINY_SHAKESPEARE_URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
TINY_SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
CORPORA = {"shakespeare": DATA / "shakespeare.txt", "tiny_shakespeare": DATA / "tinyshakespeare.txt"}


def load_text(corpus: str, path: str | None) -> str:
    """The text of a named corpus, or of the UTF-8 file at `path` if one is given.

    Raises:
        InputError: no such corpus or file, a file that is empty or not UTF-8, or a download that failed.
        StorageError: a download cannot be written to data/.
    """
    if path is not None:
        return read_text(Path(path).expanduser())
    file = CORPORA[corpus]
    if corpus == "tiny_shakespeare":
        if not file.exists():
            download(TINY_SHAKESPEARE_URL, file, TINY_SHAKESPEARE_SHA256)
        check_sha256(file.read_bytes(), file, TINY_SHAKESPEARE_SHA256)
    return read_text(file)


def read_text(file: Path) -> str:
    """The text of a UTF-8 file. Line ends stay as they are."""
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{file}: expected a text file, got {error.strerror}; check config.data.path") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file}: expected UTF-8 text, got byte {file.read_bytes()[error.start]:#04x} at {error.start}; convert it"
        ) from error
    if not text:
        raise InputError(f"{file}: expected text, got an empty file; choose another one")
    return text


def download(url: str, file: Path, sha256: str) -> None:
    """Fetches `url` to `file`, which appears under its name only when it is whole and has the right SHA-256."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            content = _read_with_progress(response, file.name)
    except OSError as error:  # urllib's own errors are of this kind
        raise InputError(
            f"{file.name}: expected to download it from {url}, got {error}; put the file at {file} yourself"
        ) from error
    check_sha256(content, file, sha256)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(file)
    except OSError as error:
        raise StorageError(
            f"{file}: expected to keep the download there, got {error.strerror}; "
            f"save {url} where you can write, and name it by --config.data.path"
        ) from error


def check_sha256(content: bytes, file: Path, sha256: str) -> None:
    """Raises InputError if `content` is not what was expected under the name `file`."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InputError(f"{file}: expected SHA-256 {sha256[:12]}…, got {found[:12]}…; remove it and try again")


def _read_with_progress(response, name: str) -> bytes:
    total = int(response.headers.get("Content-Length", 0))
    content = bytearray()
    while piece := response.read(1 << 16):
        content += piece
        print(f"\rdownloading {name}: {len(content) // 1024} of {total // 1024} KiB", end="", file=sys.stderr)
    print(file=sys.stderr)
    return bytes(content)
