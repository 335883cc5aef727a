"""How much memory training takes, told from a config before anything is computed. Introduced in lesson 6.

It is arithmetic, as in `ranges.py`, so that a model too large is told before JAX is loaded.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from ailearn_jax.errors import InputError
from ailearn_jax.ranges import BIKE_ROWS

# What a large desktop or a large GPU has. A model that takes more is a slip in a config far more often than a plan, and
# asking the machine for it ends in a library's words or, worse, in the end of other programs.
MOST = 64  # GB
ACTIVATIONS = {"relu": 1, "silu": 3, "gelu": 10}  # arrays that each makes on its way
BIKE_INPUTS = {"five": 5, "five_by_hour": 51, "all": 12, "all_by_hour": 58}  # columns by data.features


class Numbers(NamedTuple):
    """How many numbers a model has to do with, each counted as 4 bytes."""

    weights: int
    inputs: int  # of one row
    computed: int  # on the way forward, for one row


def check_memory(config: Mapping[str, Any], vocab_size: int = 65) -> None:
    """Raises InputError where training as `config`, of lesson 6 to 8, says takes more than MOST gigabytes."""
    num_weights, gigabytes = needed(config, vocab_size)
    if gigabytes > MOST:
        raise InputError(
            f"config.model: expected at most {MOST} GB of memory for training, got {gigabytes:,.0f} GB for "
            f"{num_weights:,} weights and {config['train']['batch_size']:,} rows a step; "
            "take smaller sizes, a lower train.batch_size or train.steps_per_call, or a higher train.accumulate"
        )


def needed(config: Mapping[str, Any], vocab_size: int) -> tuple[int, float]:
    """The number of weights, and the gigabytes that training takes, rather too many than too few.

    Counted are 28 bytes a weight (itself, its gradient, AdamW's two means, and a copy of what was saved last), every
    array of the way forward, because the way back reads them again, and the inputs and targets of two calls, since one
    call's are made during the other.
    """
    model, train = config["model"], config["train"]
    if "hidden" in model:
        numbers = _of_mlp(model, BIKE_INPUTS[config["data"]["features"]])
        num_trained_on = train["num_epochs"] * BIKE_ROWS if config["data"]["path"] is None else math.inf
    else:
        numbers, num_trained_on = _of_gpt(model, vocab_size), train["num_steps"] * train["batch_size"]
    num_rows = train["batch_size"] // train["accumulate"]  # at a time
    num_ready = min(train["batch_size"] * train["steps_per_call"], num_trained_on)
    num_bytes = 28 * numbers.weights + 4 * num_rows * numbers.computed + 16 * num_ready * numbers.inputs
    return numbers.weights, num_bytes / 1e9


def _of_mlp(model: Mapping[str, Any], num_inputs: int) -> Numbers:
    sizes = [num_inputs, *model["hidden"], 1]
    weights = sum((before + 1) * after for before, after in pairwise(sizes))
    return Numbers(weights, num_inputs, 4 * sum(sizes))


def _of_gpt(model: Mapping[str, Any], vocab_size: int) -> Numbers:
    T, D, has_bias = model["context_length"], model["embed_dim"], model["use_bias"]
    norm = D * (1 + has_bias)
    attention, feed_forward = 4 * D**2 + 4 * D * has_bias, 8 * D**2 + 5 * D * has_bias
    weights = model["num_layers"] * (2 * norm + attention + feed_forward) + norm
    weights += D * (vocab_size * (2 - model["tied_head"]) + T * model["use_positions"])
    # Arrays of each width that lesson 8's program has for a token, counted in it, and a few more for what differs.
    in_block = (50 + 4 * ACTIVATIONS[model["activation"]]) * D + 7 * model["num_heads"] * T
    computed = model["num_layers"] * in_block + 20 * D + 4 * vocab_size
    return Numbers(weights, T, T * computed)
