"""How much memory training takes, told from a config before anything is computed. Introduced in lesson 6.

It is arithmetic, as in `ranges.py`, so that a model too large is told before JAX is loaded.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from ailearn_jax.errors import InputError

# What a large desktop or a large GPU has. A model that takes more is a slip in a config far more often than a plan, and
# asking the machine for it ends in a library's words or, worse, in the end of other programs.
MOST = 64  # GB
ACTIVATIONS = {"relu": 1, "silu": 3, "gelu": 10}  # arrays that each makes on its way
BIKE_INPUTS = 58  # columns of data.features=all_by_hour, the most


class Numbers(NamedTuple):
    """How many numbers a model has to do with, each of 4 bytes."""

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

    Counted are 16 bytes a weight (itself, its gradient, AdamW's two means), every array of the way forward, because the
    way back reads them again, and the inputs and targets of two calls, since one call's are made during the other.
    """
    train = config["train"]
    numbers = _of_mlp(**config["model"]) if "hidden" in config["model"] else _of_gpt(vocab_size, **config["model"])
    num_rows = train["batch_size"] // train["accumulate"]  # at a time
    num_ready = train["batch_size"] * min(train["steps_per_call"], train.get("num_steps", train["steps_per_call"]))
    num_bytes = 16 * numbers.weights + 4 * num_rows * numbers.computed + 16 * num_ready * numbers.inputs
    return numbers.weights, num_bytes / 1e9


def _of_mlp(hidden: tuple[int, ...]) -> Numbers:
    sizes = [BIKE_INPUTS, *hidden, 1]
    weights = sum((before + 1) * after for before, after in pairwise(sizes))
    return Numbers(weights, BIKE_INPUTS, 4 * sum(sizes))


def _of_gpt(
    vocab_size: int,
    context_length: int,
    num_layers: int,
    num_heads: int,
    embed_dim: int,
    activation: str,
    use_bias: bool,
    use_positions: bool,
    tied_head: bool,
    **_: Any,
) -> Numbers:
    norm = embed_dim * (1 + use_bias)
    dense_biases = (4 + 5) * embed_dim * use_bias  # of attention's four layers, and of the feed-forward's 4 D and D
    block = 2 * norm + (4 + 8) * embed_dim**2 + dense_biases
    embeddings = vocab_size * (2 - tied_head) + context_length * use_positions
    scores = num_heads * context_length
    # For each token, and a little more than lesson 8's program has; two arrays of its output layer are the loss's.
    in_block = (50 + 4 * ACTIVATIONS[activation]) * embed_dim + 7 * scores
    computed = num_layers * in_block + 20 * embed_dim + 4 * vocab_size
    return Numbers(embeddings * embed_dim + num_layers * block + norm, context_length, context_length * computed)
