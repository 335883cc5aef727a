"""The parts of a transformer by numpy, in float64, for the checks to compare with.

Shape letters: B batch, T tokens, S tokens that can be looked at, D embed_dim, H heads, K head_dim, V vocabulary.
"""

from typing import Any

import numpy as np


def softmax(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    """Shares that sum to 1 along `axis`; where all scores are -inf there is no number."""
    with np.errstate(invalid="ignore"):
        shares = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return shares / shares.sum(axis=axis, keepdims=True)


def layer_norm(x: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Mean 0 and variance 1 along the last axis, times a learned scale."""
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-6) * scale


def scores_of(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """How much each query [B, T, H, K] has to do with each key [B, S, H, K]: [B, H, T, S]."""
    return np.einsum("bthk,bshk->bhts", queries, keys) / np.sqrt(queries.shape[-1])


def mix(attention: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The values [B, S, H, K] in the shares [B, H, T, S]: [B, T, H, K]."""
    return np.einsum("bhts,bshk->bthk", attention, values)


def attend(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Attention [B, T, H, K] to what is visible [T, S]."""
    return mix(softmax(np.where(visible, scores_of(queries, keys), -np.inf)), values)


def self_attention(params: dict[str, Any], x: np.ndarray, num_heads: int) -> np.ndarray:
    """Causal self-attention [B, T, D] without biases."""
    B, T, D = x.shape
    queries, keys, values = (
        (x @ params[name]["kernel"]).reshape(B, T, num_heads, -1) for name in ("queries", "keys", "values")
    )
    return attend(queries, keys, values, np.tri(T, dtype=bool)).reshape(B, T, D) @ params["out"]["kernel"]


def feed_forward(params: dict[str, Any], x: np.ndarray) -> np.ndarray:
    return np.maximum(x @ params["hidden"]["kernel"], 0.0) @ params["out"]["kernel"]
