"""What the checks of several exercises share: sizes, weights and their description, and the arithmetic in numpy.

Nothing here is what a learner's code runs: a check computes for itself what should come.

Shape letters: N rows, F features.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ailearn_jax.exercises.kit import Failure, expect, expect_close

Layer = dict[str, np.ndarray]  # a kernel [inputs, outputs] and a bias [outputs]


def different_sizes(rng: np.random.Generator, count: int) -> list[int]:
    """Sizes of which no two are equal, so that a swapped axis shows."""
    return rng.choice([3, 5, 7, 9, 11], count, replace=False).tolist()


def alike(one: Any, other: Any) -> bool:
    """Whether two trees are the same, whatever a learner's code has put into them."""
    try:
        expect_close("", one, other)
    except Failure:
        return False
    return True


def is_number(value: Any) -> bool:
    """Whether it is one number, Python's or numpy's."""
    return isinstance(value, int | float | np.ndarray) and np.ndim(value) == 0


@contextmanager
def explaining(called: str, kinds: Mapping[str, str]) -> Iterator[None]:
    """Says what was called in fewer words, and, where a library raised, which kind of mistake makes it raise just that.

    Args:
        called: what to say.
        kinds: a piece of what is raised, and the kind.
    """
    try:
        yield
    except Failure as failure:
        lines = [(label, text) for label, text in failure.lines if label != "called"]
        found = [kind for piece, kind in kinds.items() if any(piece in text for _, text in lines)]
        if found:  # a line each, so that the kind has room
            lines = [(label, text if len(text) <= 64 else f"{text[:61]}...") for label, text in lines]
        raise Failure(("called", called), *lines, *(("looks like", kind) for kind in found[:1])) from None


# What the learner's `result` is made of: the types' names.
KINDS = """
_parts = result if isinstance(result, list | tuple) else [result]
kinds = ["array" if isinstance(part, jax.Array) else type(part).__name__ for part in _parts]
is_pair = kinds[:1] == ["TrainState"] and len(kinds) == 2 and kinds[1] != "TrainState"
"""


def expect_state_and(other: str, called: str, kinds: list[str]) -> None:
    """Raises Failure unless the learner's code returned a TrainState and the `other`, a loss or losses.

    Args:
        kinds: as KINDS gives them.
    """
    match kinds:
        case ["TrainState", kind] if kind != "TrainState":
            return
        case ["TrainState"]:
            mistake = f"the state alone; the {other} must come with it"
        case ["array"]:
            mistake = f"the {other} alone; the state must come first"
        case ["TrainState", "TrainState"]:
            mistake = f"two states; the second value must be the {other}"
        case [_, "TrainState"]:
            mistake = "the pair the other way around"
        case ["tuple", _]:
            mistake = "the values of a state; TrainState(...) makes one state of them"
        case ["tuple", "tuple", *_]:
            mistake = "a pair for each; one pair of a TrainState and an array is wanted"
        case _:
            mistake = None
    got = f"({', '.join(kinds)})" if len(kinds) <= 4 else f"{len(kinds)} values"
    if len(kinds) == 1:
        got = described_kind(kinds[0])
    expect(False, called, f"(TrainState, {other})", got, mistake)


def described_kind(name: str) -> str:
    """A value by its type's name."""
    return {"NoneType": "None: nothing is returned", "ndarray": "an array", "array": "an array"}.get(
        name, f"a value of type {name}"
    )


# --- Layers and networks ----------------------------------------------------------------------------------------------


def random_layer(rng: np.random.Generator, num_inputs: int, num_outputs: int) -> Layer:
    return {"kernel": rng.normal(size=(num_inputs, num_outputs)), "bias": rng.normal(size=num_outputs)}


def dense(layer: Layer, inputs: np.ndarray) -> np.ndarray:
    return inputs @ layer["kernel"] + layer["bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    """What learners take for ReLU, as `nn.gelu` computes it."""
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def described(params: dict) -> str:
    """The names and shapes in a tree of weights: "dense (bias 1, kernel 3x1)"."""
    return ", ".join(
        f"{name} ({described(member)})"
        if isinstance(member, dict)
        else f"{name} {'x'.join(map(str, np.shape(member)))}"
        for name, member in sorted(params.items())
    )


# --- Optimizers -------------------------------------------------------------------------------------------------------


def adam(
    weights: np.ndarray,
    grads: np.ndarray,
    memory: tuple | None,
    learning_rate: float,
    b1: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[np.ndarray, tuple]:
    """One step of AdamW: the new weights and what the next step wants to know, None before the first."""
    steps, mean, square = memory or (0, 0.0, 0.0)
    steps, mean, square = steps + 1, b1 * mean + (1 - b1) * grads, 0.999 * square + 0.001 * grads**2
    direction = mean / (1 - b1**steps) / (np.sqrt(square / (1 - 0.999**steps)) + 1e-8)
    return weights - learning_rate * (direction + weight_decay * weights), (steps, mean, square)


# --- Lesson 3: a linear model, its weights as one vector [F + 1], the bias last ---------------------------------------


def linear_loss(weights: np.ndarray, batch: dict) -> float:
    return float(np.mean((batch["inputs"] @ weights[:-1] + weights[-1] - batch["targets"]) ** 2))


def linear_grads(weights: np.ndarray, batch: dict) -> np.ndarray:
    error = batch["inputs"] @ weights[:-1] + weights[-1] - batch["targets"]
    return np.append(2 * error @ batch["inputs"], 2 * error.sum()) / len(error)


def linear_params(weights: np.ndarray) -> dict[str, Layer]:
    """The vector as the tree that `nn.Dense(1, name="dense")` has."""
    return {"dense": {"kernel": weights[:-1, None], "bias": weights[-1:]}}
