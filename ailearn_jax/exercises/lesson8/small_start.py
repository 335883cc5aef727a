"""Weights that begin small."""

import numpy as np

from ailearn_jax.exercises.checking import explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect

SOURCE = '''\
"""Lesson 8, exercise 11: weights that begin small.

The first guess should be nearly even among all symbols, so weights begin small: drawn from a normal distribution with
standard deviation 0.02 (as in GPT-2).

Each block adds to x twice: what attention found, and what the feed-forward network found. So 2 * num_layers branches
add to x, and the sum of n independent numbers spreads sqrt(n) times as far as one of them. The last layer of each
branch therefore begins with a standard deviation of 0.02 / sqrt(n), n being the number of branches. A model without
layers is treated as one with one layer.

nn.initializers.normal(stddev) returns an initializer, a function from (key, shape) to an array.
"""

import flax.linen as nn
import numpy as np


def out_init(num_layers):
    """The initializer of the last layer of each branch."""
@hole@
'''

SIZE = 300  # rows and columns drawn: their deviation is then known to 0.24%


DRAW = """
_init = learner.out_init(num_layers)
out, again, other = [_init(jax.random.key(seed + i), (size, size)) for i in (0, 0, 1)]
"""
RAISED = {
    "ZeroDivision": "0 layers, which count as 1",
    "'NoneType' object is not callable": "nothing is returned",
    "object is not callable": "no initializer; nn.initializers.normal(stddev) returns one",
}


def check(learner: Learner, rng: np.random.Generator) -> None:
    for num_layers in (int(rng.integers(3, 12)), 1, 0):
        with explaining(f"out_init({num_layers})(key, ({SIZE}, {SIZE}))", RAISED):
            got = learner.run(DRAW, num_layers=num_layers, seed=int(rng.integers(2**30)), size=SIZE)
            drawn, again, other = got["out"], got["again"], got["other"]
        called = f"out_init({num_layers}), {SIZE} x {SIZE} weights"
        expect(
            isinstance(drawn, np.ndarray) and drawn.shape == (SIZE, SIZE),
            called,
            f"an array of shape ({SIZE}, {SIZE})",
            f"one of shape {np.shape(drawn)}" if isinstance(drawn, np.ndarray) else f"a {type(drawn).__name__}",
        )
        expect(
            np.isfinite(drawn).all(),
            called,
            "finite numbers",
            "infinite ones, or nan",
            None if num_layers else "a division by 0; a model without layers has one layer here",
        )
        expect_normal(called, drawn, num_layers)
        expect(
            np.array_equal(drawn, again) and not np.array_equal(drawn, other),
            f"{called}; twice by one key, once by another",
            "the same twice, then others",
            "the same for both keys" if np.array_equal(drawn, again) else "others each time",
            "weights that do not follow from the key",
        )


def expect_normal(called: str, drawn: np.ndarray, num_layers: int) -> None:
    """Raises Failure unless the weights are drawn from the right normal distribution."""
    branches = 2 * max(num_layers, 1)
    mean, deviation, expected = float(drawn.mean()), float(drawn.std()), 0.02 / np.sqrt(branches)
    expect(
        abs(mean) < 0.05 * deviation or np.ptp(drawn) == 0,
        f"{called}; their mean",
        "about 0",
        f"{mean:.5f}",
        "from 0 up, as by a uniform distribution; normal has both signs" if drawn.min() >= 0 else None,
    )
    deviations = {"one branch; one layer has two, and no layers count as one layer": 0.02}
    if num_layers > 1:  # else the deviation follows from the number of layers: an earlier one was right
        deviations = {
            "0.02 for any number of layers": 0.02,
            "0.02 divided by the number of branches, not by its square root": 0.02 / branches,
            "one branch for each block; there are two": 0.02 / np.sqrt(num_layers),
            "0.02 multiplied by the square root, not divided": 0.02 * np.sqrt(branches),
            "0.02 / sqrt(n) as the variance; it is the standard deviation": np.sqrt(expected),
            "a layer more than there are": 0.02 / np.sqrt(branches + 2),
            "a deviation that follows from the number of inputs": 1 / np.sqrt(SIZE),
        }
    expect(
        abs(deviation / expected - 1) < 0.02,
        f"{called}; their standard deviation",
        f"about {expected:.5f}",
        f"{deviation:.5f}",
        next((kind for kind, value in deviations.items() if abs(deviation / value - 1) < 0.02), None),
    )
    expect(
        float(np.abs(drawn).max()) > 3.5 * deviation,
        f"{called}; the largest",
        "some above 3.5 deviations, as a normal distribution has them",
        f"{float(np.abs(drawn).max()) / deviation:.2f} deviations",
        "another distribution than the normal one",
    )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return nn.initializers.normal(0.02 / np.sqrt(2 * max(num_layers, 1)))\n",
    hints=(
        "How many branches add to x in all? The deviation is 0.02 divided by the square root of that number.",
        "max(num_layers, 1) treats a model without layers as one with one layer.",
        "nn.initializers.normal(0.02 / np.sqrt(2 * max(num_layers, 1)))",
    ),
    holds="All branches together spread x as far as one that begins with 0.02, however many there are.",
    stands_in="lesson8.TinyGPT",
    check=check,
    planted=(
        Planted("always 0.02", "    return nn.initializers.normal(0.02)\n", says="for any number of layers"),
        Planted(
            "no square root",
            "    return nn.initializers.normal(0.02 / (2 * max(num_layers, 1)))\n",
            says="not by its square root",
        ),
        Planted(
            "one branch a block",
            "    return nn.initializers.normal(0.02 / np.sqrt(max(num_layers, 1)))\n",
            says="there are two",
        ),
        Planted(
            "multiplied",
            "    return nn.initializers.normal(0.02 * np.sqrt(2 * max(num_layers, 1)))\n",
            says="not divided",
        ),
        Planted(
            "a layer more",
            "    return nn.initializers.normal(0.02 / np.sqrt(2 * (num_layers + 1)))\n",
            says="a layer more than there are",
        ),
        Planted(
            "uniform",
            "    return nn.initializers.uniform(0.02 / np.sqrt(2 * max(num_layers, 1)))\n",
            says="by a uniform distribution",
        ),
        Planted("by the inputs", "    return nn.initializers.lecun_normal()\n", says="the number of inputs"),
        Planted(
            "no layers, no model",
            "    return nn.initializers.normal(0.02 / (2 * num_layers) ** 0.5)\n",
            says="0 layers, which count",
        ),
        Planted(
            "no layers, by numpy",
            "    return nn.initializers.normal(0.02 / np.sqrt(2 * num_layers))\n",
            says="a division by 0",
        ),
        Planted(
            "one branch at least",
            "    return nn.initializers.normal(0.02 / np.sqrt(max(2 * num_layers, 1)))\n",
            says="one branch; one layer has two",
        ),
        Planted(
            "the key left out",
            """\
    import jax

    stddev = 0.02 / np.sqrt(2 * max(num_layers, 1))
    return lambda key, shape: stddev * jax.random.normal(jax.random.key(0), shape)
""",
            says="do not follow from the key",
        ),
    ),
    right={
        "scaled afterwards": """\
    def init(key, shape, dtype=float):
        return nn.initializers.normal(0.02)(key, shape) / np.sqrt(2 * max(num_layers, 1))

    return init
""",
        "a power": """\
    branches = 2 * num_layers or 2
    return nn.initializers.normal(stddev=0.02 * branches**-0.5)
""",
        "by jax.random": """\
    import jax

    return lambda key, shape: 0.02 / np.sqrt(2 * max(num_layers, 1)) * jax.random.normal(key, shape)
""",
    },
    twin=Twin(
        given=lambda rng: {"num_layers": int(rng.integers(1, 4)), "seed": int(rng.integers(1000))},
        learner="""\
_kernel = learner.out_init(num_layers)(jax.random.key(seed), (64, 64))
out = jnp.round(_kernel.std(), 3)
""",
        lesson="""\
_model = lesson.TinyGPT(5, 4, num_layers, 1, 64, "relu", 0.0, use_bias=False, use_positions=True, tied_head=True)
_params = _model.init(jax.random.key(seed), jnp.zeros((1, 4), int))["params"]
out = jnp.round(_params["block0"]["attention"]["out"]["kernel"].std(), 3)
""",
    ),
)
