"""Drawing text from a language model, one compiled call for a chunk of it. Introduced in lesson 8."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ailearn_jax.errors import check_number


def check_sampling(length: int, temperature: float, top_k: int | None, top_p: float) -> None:
    """Raises InputError where a value is outside its range: length from 1, temperature from 0, top_k from 1 or None
    for all symbols, top_p in (0, 1]."""
    check_number("--length", length, 1, 10_000_000)
    check_number("--temperature", temperature, 0.0, 1000.0)
    if top_k is not None:
        check_number("--top_k", top_k, 1, 10_000_000)
    check_number("--top_p", top_p, 1e-9, 1.0)


def rank(logits: jax.Array, temperature: float, top_k: int, top_p: float) -> tuple[jax.Array, jax.Array]:
    """The symbols of `logits` [V] from the likeliest on, and their logits at this temperature; -inf if never drawn.

    Low temperatures favour what is likely; 0 takes the likeliest. `top_k` leaves only the k likeliest symbols; of
    these, `top_p` leaves the smallest set that holds this share of the probability (Holtzman and others 2020).
    """
    order = jnp.argsort(-logits)
    scaled = logits[order] / jnp.where(temperature > 0, temperature, 1.0)
    scaled = jnp.where(jnp.arange(len(scaled)) < top_k, scaled, -jnp.inf)
    probabilities = jax.nn.softmax(scaled)
    likelier = jnp.cumsum(probabilities) - probabilities  # the share of all symbols before this one
    return order, jnp.where(likelier < top_p, scaled, -jnp.inf)


def next_token(logits: jax.Array, key: jax.Array, temperature: float, top_k: int, top_p: float) -> jax.Array:
    """Draws one token from `logits` [V], by `rank`."""
    order, kept = rank(logits, temperature, top_k, top_p)
    drawn = jax.random.categorical(key, kept)
    return order[jnp.where(temperature > 0, drawn, 0)]


@partial(jax.jit, static_argnames=("model", "num_new"))
def generate_chunk(
    model: Any,
    num_new: int,
    params: Any,
    prompt: jax.Array,
    num_given: int,
    first: int,
    key: jax.Array,
    temperature: float,
    top_k: int,
    top_p: float,
) -> tuple[jax.Array, jax.Array]:
    """The `num_new` tokens after the first `num_given` of `prompt` [P], and the logits [num_new, V] that drew them.

    One forward pass over the prompt fills the cache of keys and values; each new token then costs one of its own row.
    """
    logits, cache = model.apply({"params": params}, prompt[None], cache=model.empty_cache(1))

    def draw(carry, i):
        logits, cache = carry
        token = next_token(logits, jax.random.fold_in(key, first + i), temperature, top_k, top_p)
        next_logits, cache = model.apply({"params": params}, token[None, None], cache=cache, position=num_given + i)
        return (next_logits[0, 0], cache), (token, logits)

    _, drawn = jax.lax.scan(draw, (logits[0, num_given - 1], cache), jnp.arange(num_new))
    return drawn


def generate(
    model: Any, params: Any, prompt: np.ndarray, length: int, *, temperature: float, top_k: int, top_p: float, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Chunks of `length` new tokens after `prompt` [N], N at least 1: (tokens [C], logits [C, V]).

    A learned position belongs to one place of the window, so a full cache cannot slide on by one. Each chunk therefore
    begins anew with the last half of a context and draws the other half: what a token sees is between a half and a
    whole context long. The draw of token i is a function of (seed, i).
    """
    num_kept = (model.context_length + 1) // 2
    num_new = max(1, model.context_length - num_kept)
    key = jax.random.key(seed)
    for first in range(0, length, num_new):
        given = prompt[-num_kept:]
        padded = np.zeros(num_kept, np.int32)
        padded[: len(given)] = given
        tokens, logits = jax.device_get(
            generate_chunk(model, num_new, params, padded, len(given), first, key, temperature, top_k, top_p)
        )
        yield tokens[: length - first], logits[: length - first]
        prompt = np.concatenate([given, tokens])
