"""Counting hinges."""

import numpy as np

from ailearn_jax.exercises.checking import alike, explaining, random_layer
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 4, exercise 4: counting hinges.

How often can a network bend? Let the first input, the minutes, vary, and leave the second, the calls, at its mean,
which is 0 when normalized. Before ReLU, hidden unit u then has the value

    kernel[0, u] * minutes + bias[u]

Where that is 0, the unit bends: there it has its hinge. Between two hinges the network is straight.

Write `count_hinges`: how many of the hinges are between `low` and `high`.
"""

import jax.numpy as jnp


def count_hinges(params, low, high):
    """How many hidden units bend between the (normalized) minutes `low` and `high`, with the calls at 0."""
    kernel, bias = params["hidden"]["kernel"], params["hidden"]["bias"]  # [2, U], [U]
@hole@
'''

EXPLAINED = {
    "is ambiguous": "low < hinges < high, or `and`: for one number; join two with &",
    "does not accept dtype": "& without brackets: (hinges > low) & (hinges < high)",
    "incompatible shapes": "a column of kernel, for one unit; the minutes' weights are kernel[0]",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    runs = []
    for _ in range(3):
        layer, low, high = example(rng)
        params = {"hidden": layer, "dense": random_layer(rng, len(layer["bias"]), 1)}
        called = f"count_hinges(params, {low:.2f}, {high:.2f}), {len(layer['bias'])} hidden units"
        with explaining(called, EXPLAINED):
            runs.append((called, learner.call("count_hinges", params, low, high), *counts(layer, low, high)))
    # A count may be right or another mistake's by chance: a kind of mistake has to give all three.
    kinds = [kind for kind in runs[0][3] if all(alike(got, mistakes[kind]) for _, got, _, mistakes in runs)]
    for called, got, count, mistakes in runs:
        expect_close(called, got, count, {kind: mistakes[kind] for kind in kinds})


def example(rng: np.random.Generator) -> tuple[dict, float, float]:
    """A layer and two ends."""
    while True:
        layer = random_layer(rng, 2, int(rng.integers(20, 40)))
        low, high = -rng.uniform(0.2, 0.5), rng.uniform(1.0, 1.5)
        hinges = -layer["bias"] / layer["kernel"][0]
        is_near_an_end = np.abs(hinges[:, None] - [low, high]).min() < 1e-3  # where rounding would decide
        if not is_near_an_end:
            return layer, low, high


def counts(layer: dict, low: float, high: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """How many hinges are between the ends, and what mistakes would give."""
    (minutes, calls), bias = layer["kernel"], layer["bias"]
    hinges = -bias / minutes

    def inside(places: np.ndarray) -> np.ndarray:
        return (places > low) & (places < high)

    mistakes = {
        "the minus left out: w * x + b is 0 at x = -b / w": inside(-hinges),
        "the fraction upside down: w * x + b is 0 at x = -b / w": inside(1 / hinges),
        "the calls' weights, kernel[1]; the minutes are the first input": inside(-bias / calls),
        "hinges for both inputs; the minutes' weights are kernel[0]": inside(-bias / layer["kernel"]),
        "one unit's weight for all; kernel[0] has one for each unit": inside(-bias / minutes[0]),
        "all hidden units: one of two comparisons always holds; use &": np.ones(len(bias)),
        "the hinges above `low`; `high` is not used": hinges > low,
        "the hinges below `high`; `low` is not used": hinges < high,
        "the hinges outside, where those between are wanted": ~inside(hinges),
    }
    values = {kind: np.count_nonzero(mask) for kind, mask in mistakes.items()} | {
        "the hinges' places added up; how many there are is wanted": hinges[inside(hinges)].sum(),
        "which hinges are between, not how many; jnp.sum counts them": inside(hinges),
        "the hinges themselves, not how many there are": hinges[inside(hinges)],
    }
    return np.asarray(inside(hinges).sum()), {kind: np.asarray(value) for kind, value in values.items()}


def given(rng: np.random.Generator) -> dict:
    layer, low, high = example(rng)
    return {"params": {"hidden": layer, "dense": random_layer(rng, len(layer["bias"]), 1)}, "low": low, "high": high}


HINGES = "    hinges = -bias / kernel[0]\n"
COUNTED = "    return jnp.sum((hinges > low) & (hinges < high))\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=HINGES + COUNTED,
    hints=(
        "First solve kernel[0, u] * minutes + bias[u] = 0 for the minutes; that can be done for all units at once.",
        "hinges = -bias / kernel[0]; then hinges > low is an array of True and False, one for each unit.",
        "& joins two such arrays, with brackets around each comparison, and jnp.sum counts what is True.",
    ),
    holds="A network with U hidden units bends at most U times along a line, and only at its hinges.",
    stands_in="lesson4.Neural",
    check=check,
    planted=(
        Planted(
            "no minus",
            "    hinges = bias / kernel[0]\n    return jnp.sum((hinges > low) & (hinges < high))\n",
            says="the minus left out",
        ),
        Planted(
            "upside down",
            "    hinges = -kernel[0] / bias\n    return jnp.sum((hinges > low) & (hinges < high))\n",
            says="upside down",
        ),
        Planted(
            "the other input",
            "    hinges = -bias / kernel[1]\n    return jnp.sum((hinges > low) & (hinges < high))\n",
            says="the calls' weights",
        ),
        Planted(
            "a column",
            "    hinges = -bias / kernel[:, 0]\n    return jnp.sum((hinges > low) & (hinges < high))\n",
            says="a column of kernel",
        ),
        Planted(
            "or for and",
            HINGES + "    return jnp.sum((hinges > low) | (hinges < high))\n",
            says="always holds; use &",
        ),
        Planted("a chain", HINGES + "    return jnp.sum(low < hinges < high)\n", says="join two with &"),
        Planted("one end", HINGES + "    return jnp.sum(hinges < high)\n", says="`low` is not used"),
        Planted(
            "no brackets", HINGES + "    return jnp.sum(hinges > low & hinges < high)\n", says="& without brackets"
        ),
        Planted("a mask", HINGES + "    return (hinges > low) & (hinges < high)\n", says="jnp.sum counts them"),
        Planted(
            "the hinges", HINGES + "    return hinges[(hinges > low) & (hinges < high)]\n", says="the hinges themselves"
        ),
        Planted("both rows", HINGES.replace("[0]", "") + COUNTED, says="hinges for both inputs"),
        Planted("one weight", HINGES.replace("[0]", "[0, 0]") + COUNTED, says="one unit's weight for all"),
        Planted("outside", HINGES + "    return jnp.sum((hinges < low) | (hinges > high))\n", says="hinges outside"),
        Planted(
            "places for their number",
            HINGES + "    return jnp.sum(jnp.where((hinges > low) & (hinges < high), hinges, 0))\n",
            says="places added up",
        ),
    ),
    right={
        "a loop": """\
    count = 0
    for unit in range(len(bias)):
        if low < -bias[unit] / kernel[0, unit] < high:
            count += 1
    return count
""",
        "by the signs at the ends": """\
    at_ends = jnp.array([[low], [high]]) * kernel[0] + bias
    return jnp.count_nonzero(at_ends[0] * at_ends[1] < 0)
""",
        "what is left": """\
    hinges = -bias / kernel[0, :]
    return len(hinges) - jnp.sum(jnp.logical_or(hinges <= low, hinges >= high))
""",
        "sorted": """\
    hinges = jnp.sort(-bias / kernel[0])
    return jnp.searchsorted(hinges, high) - jnp.searchsorted(hinges, low)
""",
    },
    twin=Twin(
        given=given,
        learner="out = learner.count_hinges(params, low, high)",
        lesson="""
_model, _ends = lesson.Neural(len(params["hidden"]["bias"])), jnp.array([[low, 0.0], [high, 0.0]])
_, _seen = _model.apply({"params": params}, _ends, capture_intermediates=True)
_low, _high = _seen["intermediates"]["hidden"]["__call__"][0]  # before ReLU
out = jnp.sum((_low > 0) != (_high > 0))
""",
    ),
)
