"""How values cross from one process to the other: trees of numbers, texts and arrays, as a line of JSON.

No pickle: reading one runs code that the other side wrote.
"""

import base64
import json
from typing import Any

import numpy as np


def encode(tree: Any) -> str:
    """`tree` as one line.

    Raises:
        TypeError: it holds something else than None, bool, int, float, str, arrays, list, tuple and dict.
    """
    return json.dumps(_packed(tree))


def decode(line: str | bytes) -> Any:
    """The tree that `line` stands for."""
    return _unpacked(json.loads(line))


def _packed(tree: Any) -> Any:
    if tree is None or isinstance(tree, bool | int | float | str) and not isinstance(tree, np.generic):
        return tree
    if isinstance(tree, np.ndarray | np.generic):
        array = np.asarray(tree)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"expected numbers, got an array of {array.dtype}")
        return {"array": [array.dtype.str, array.shape, base64.b64encode(array.tobytes()).decode("ascii")]}
    if isinstance(tree, list):
        return [_packed(member) for member in tree]
    if isinstance(tree, tuple):
        return {"tuple": [_packed(member) for member in tree]}
    if isinstance(tree, dict):
        return {"dict": [[_packed(key), _packed(value)] for key, value in tree.items()]}
    raise TypeError(f"expected numbers, texts and arrays, got {type(tree).__name__}")


def _unpacked(tree: Any) -> Any:
    match tree:
        case {"array": [dtype, shape, text]}:
            return np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy()
        case {"tuple": members}:
            return tuple(_unpacked(member) for member in members)
        case {"dict": pairs}:
            return {_unpacked(key): _unpacked(value) for key, value in pairs}
        case list():
            return [_unpacked(member) for member in tree]
    return tree
