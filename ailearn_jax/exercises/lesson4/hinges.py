"""Counting hinges."""

import numpy as np

from ailearn_jax.exercises.checking import explaining, random_layer
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 4, exercise 4: counting hinges.

How often can a network bend? Let the first input, the minutes, vary and leave the second, the calls, at its mean, which
is 0 when normalized. Before ReLU hidden unit u then has the value

    kernel[0, u] * minutes + bias[u]

and at the minutes where that is 0 the unit bends: there is its hinge. Between two hinges the network is straight.

Write `count_hinges`: how many of the hinges lie between `low` and `high`.
"""

import jax.numpy as jnp


def count_hinges(params, low, high):
    """How many hidden units bend between the (normalized) minutes `low` and `high`, with the calls at 0."""
    kernel, bias = params["hidden"]["kernel"], params["hidden"]["bias"]  # [2, U], [U]
@hole@
'''

EXPLAINED = {
    "is ambiguous": "low < hinges < high, which is for one number; join two with &",
    "incompatible shapes": "a column of kernel, one unit's; the minutes' weights are kernel[0]",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    for _ in range(3):
        layer, low, high, count, mistakes = example(rng)
        params = {"hidden": layer, "dense": random_layer(rng, len(layer["bias"]), 1)}
        called = f"count_hinges(params, {low:.2f}, {high:.2f}), {len(layer['bias'])} hidden units"
        with explaining(called, EXPLAINED):
            got = learner.call("count_hinges", params, low, high)
        hinges = -layer["bias"] / layer["kernel"][0]
        added_up = hinges[(hinges > low) & (hinges < high)].sum()
        kinds = {"the hinges' places added up; how many there are is wanted": added_up}
        kinds |= {kind: np.int32(value) for kind, value in mistakes.items()}
        expect_close(called, got, np.int32(count), kinds)


def example(rng: np.random.Generator) -> tuple[dict, float, float, int, dict[str, int]]:
    """A layer, two ends, how many hinges lie between them, and what mistakes would count: nothing twice."""
    while True:
        layer = random_layer(rng, 2, int(rng.integers(20, 40)))
        low, high = -rng.uniform(0.2, 0.5), rng.uniform(1.0, 1.5)
        (minutes, calls), bias = layer["kernel"], layer["bias"]
        hinges = -bias / minutes

        def inside(places: np.ndarray, low: float = low, high: float = high) -> int:
            return int(((places > low) & (places < high)).sum())

        mistakes = {
            "the minus left out: w * x + b is 0 at x = -b / w": inside(-hinges),
            "the fraction upside down: w * x + b is 0 at x = -b / w": inside(1 / hinges),
            "the calls' weights, kernel[1]; the minutes are the first input": inside(-bias / calls),
            "all hidden units: one of two comparisons always holds; use &": len(bias),
            "the hinges above `low`; `high` is not asked": int((hinges > low).sum()),
            "the hinges below `high`; `low` is not asked": int((hinges < high).sum()),
            "the hinges outside, where those between are asked for": len(bias) - inside(hinges),
        }
        counts = [inside(hinges), *mistakes.values()]
        is_near_an_end = np.abs(hinges[:, None] - [low, high]).min() < 1e-3  # where rounding would decide
        if len(set(counts)) == len(counts) and not is_near_an_end:
            return layer, low, high, inside(hinges), mistakes


def given(rng: np.random.Generator) -> dict:
    layer, low, high, _, _ = example(rng)
    return {"params": {"hidden": layer, "dense": random_layer(rng, len(layer["bias"]), 1)}, "low": low, "high": high}


HINGES = "    hinges = -bias / kernel[0]\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=HINGES + "    return jnp.sum((hinges > low) & (hinges < high))\n",
    hints=(
        "First solve kernel[0, u] * minutes + bias[u] = 0 for the minutes; that can be done for all units at once.",
        "hinges = -bias / kernel[0]; then hinges > low is an array of True and False, one a unit.",
        "& joins two such arrays, with brackets around each comparison, and jnp.sum counts what is True.",
    ),
    holds="A network of U hidden units has at most U bends along a line, and only those in view can follow the data.",
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
        Planted("one end", HINGES + "    return jnp.sum(hinges < high)\n", says="`low` is not asked"),
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
