"""Lesson 8 at play: text written on, and what the model makes of each character."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ailearn_jax import sampling
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.play.asked import Asked, check_fields, check_text
from ailearn_jax.errors import check_number
from ailearn_jax.lessons import lesson8

MOST_PROMPT = 10_000  # characters
MOST_LENGTH = 20_000
NUM_LIKELY = 10  # symbols that are shown

DRAWING = ("temperature", "top_k", "top_p")


class Writer:
    """The model of a run of lesson 8."""

    def __init__(self, workdir: Path, fields: Fields) -> None:
        self.trained = lesson8.load(workdir, "best")

    @staticmethod
    def describe(fields: Fields) -> dict[str, Any]:
        # A text of the reader's own may lack the letters of any prompt that we could think of.
        return {"prompt": "" if fields["data.path"] else "ROMEO:", "context_length": fields["model.context_length"]}

    def write(self, asked: Asked) -> Iterator[str]:
        """What follows `prompt`, `length` characters in pieces. All is checked before this returns."""
        check_fields(asked, ("prompt", "length", "seed", *DRAWING))
        check_number("length", asked["length"], 1, MOST_LENGTH)
        check_number("seed", asked["seed"], 0, 2**32 - 1)
        drawn = sampling.generate(
            self.trained.parts.model,
            self.trained.params,
            self._ids("prompt", asked["prompt"]),
            asked["length"],
            **self._drawing(asked),
            seed=asked["seed"],
        )
        return (self.trained.tokenizer.decode(tokens) for tokens, _ in drawn)

    def look(self, asked: Asked) -> dict[str, Any]:
        """What the model looks at from the last character of `text`, and what it expects after it.

        Each of the likeliest symbols comes with two shares: as the model believes, and as it is drawn by temperature,
        top-k and top-p.
        """
        check_fields(asked, ("text", *DRAWING))
        drawing = self._drawing(asked)
        model, tokenizer = self.trained.parts.model, self.trained.tokenizer
        ids = self._ids("text", asked["text"])[-model.context_length :]
        tokens = np.zeros(model.context_length, np.int32)
        tokens[: len(ids)] = ids
        attention, order, shares = jax.device_get(
            _look(model, self.trained.params, tokens, len(ids) - 1, *drawing.values())
        )
        likely = zip(order[:NUM_LIKELY], *(share[:NUM_LIKELY] for share in shares), strict=True)
        return {
            "seen": tokenizer.decode(ids),
            "attention": attention[..., : len(ids)].round(4).tolist(),  # [layers][heads][characters seen]
            "likely": [
                (tokenizer.symbols[i], round(float(believed), 4), round(float(drawn), 4))
                for i, believed, drawn in likely
            ],
        }

    def _ids(self, name: str, text: Any) -> np.ndarray:
        check_text(name, text, MOST_PROMPT)
        tokenizer = self.trained.tokenizer
        return tokenizer.encode(text or tokenizer.line_start, source=f"the {name}")

    def _drawing(self, asked: Asked) -> dict[str, Any]:
        """How to draw, checked; no top_k stands for all symbols."""
        check_number("temperature", asked["temperature"], 0.0, 1000.0)
        if asked["top_k"] is not None:
            check_number("top-k", asked["top_k"], 1, 10_000_000)
        check_number("top-p", asked["top_p"], 1e-9, 1.0)
        return {name: asked[name] for name in DRAWING} | {"top_k": asked["top_k"] or self.trained.tokenizer.vocab_size}


@partial(jax.jit, static_argnames="model")
def _look(
    model: lesson8.TinyGPT, params: Any, tokens: jax.Array, last: int, temperature: float, top_k: int, top_p: float
) -> tuple[jax.Array, jax.Array, tuple[jax.Array, jax.Array]]:
    """The attention [layers, H, T] of token `last` of `tokens` [T], and the symbols after it, the likeliest first.

    Of the symbols: their ids [V], and their shares [V] as the model believes and as they are drawn. The mask hides what
    is behind `last`.
    """
    (logits, _), sown = model.apply({"params": params}, tokens[None], mutable=["intermediates"])
    blocks: list[Any] = [sown["intermediates"][f"block{i}"] for i in range(model.num_layers)]
    rows = [block["attention"]["attention"][0][0, :, last] for block in blocks]
    attention = jnp.stack(rows) if rows else jnp.zeros((0, model.num_heads, model.context_length))
    order, kept = sampling.rank(logits[0, last], temperature, top_k, top_p)
    first = (jnp.arange(len(order)) == 0).astype(kept.dtype)
    drawn = jnp.where(temperature > 0, jax.nn.softmax(kept), first)
    return attention, order, (jax.nn.softmax(logits[0, last])[order], drawn)
