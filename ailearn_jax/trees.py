"""What tells one tree of arrays from another: its shapes and its values. Introduced in lesson 6."""

import contextlib
import hashlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def signature(state: Any) -> dict[str, str]:
    """Path -> dtype and shape of every array of `state`. Orbax would cast another dtype without a word."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(state)
    return {jax.tree_util.keystr(path): f"{leaf.dtype}{list(leaf.shape)}" for path, leaf in leaves}


def digest(tree: Any) -> str:
    """The SHA-256 of all values of a tree of arrays."""
    sha256 = hashlib.sha256()
    for leaf in jax.tree.leaves(tree):
        is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        sha256.update(np.asarray(jax.random.key_data(leaf) if is_key else leaf).tobytes())
    return sha256.hexdigest()


class Unreadable(contextlib.AbstractContextManager):
    """Makes a ValueError of the bare Exception that orbax raises for an array whose bytes cannot be unpacked.

    A context manager, since an `except` for it would catch everything.
    """

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is Exception:
            raise ValueError(str(error)) from error
