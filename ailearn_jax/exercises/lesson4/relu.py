"""ReLU."""

import numpy as np

from ailearn_jax.exercises.checking import different_sizes, explaining
from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 4, exercise 1: ReLU.

A sum of lines is a line. To bend, a model needs a function that is not a line. A very simple one is enough, the
rectified linear unit: 0 where x is below 0, and x itself where it is above.

Write `relu` for an array of any shape: it does the same to each number.
"""

import jax
import jax.numpy as jnp


def relu(x):
    """0 where x is below 0, else x; the shape of x."""
@hole@
'''

EXPLAINED = {
    "is ambiguous": "an if or max of Python, for one number; jnp.maximum takes arrays",
    "Only integer scalar arrays": "jnp.max, which takes one array; jnp.maximum compares two values",
    "arrays are immutable": "an array changed in place; make a new one of it",
}
NO_SLOPES = {"TracerArrayConversion": "numpy, which jax.grad cannot look through; jnp does the same"}
SLOPES = "slopes = jax.grad(lambda x: learner.relu(x).sum())(x)"


def check(learner: Learner, rng: np.random.Generator) -> None:
    shape = tuple(different_sizes(rng, 2))
    x = 3 * rng.choice([-1, 1], shape) * rng.uniform(0.1, 1.0, shape)
    x.flat[:2] = -2.5, 2.5  # one of each side, always
    called = f"relu(x), x [{shape[0]}, {shape[1]}]"
    with explaining(called, EXPLAINED):
        got = learner.call("relu", x)
    mistakes = {
        "x itself, with what is below 0": x,
        "the absolute value; below 0 it should be 0": np.abs(x),
        "jnp.max, the largest of each column; jnp.maximum compares with 0": x.max(axis=0),
        "true or false; the number itself is wanted, or 0": x > 0,
        "a small slope below 0, as in leaky ReLU; here it is 0": np.maximum(x, 0.01 * x),
        "the wrong half: what is below 0 is kept, what is above is lost": np.minimum(x, 0),
        "a step from 0 to 1; above 0 the number itself is wanted": np.where(x > 0, 1.0, 0.0),
        "numbers cut off at 1; ReLU has no upper end": np.clip(x, 0, 1),
        "the largest number of all; each number is to be compared with 0": np.maximum(x.max(), 0),
        "only the numbers above 0; the others must be there too, as 0": x[x > 0],
    }
    expect_close(called, got, np.maximum(x, 0), mistakes)
    with explaining("the slope of relu at x, by jax.grad", NO_SLOPES):
        slopes = learner.run(SLOPES, x=x)["slopes"]
    expect_close("the slope of relu at x, by jax.grad", slopes, (x > 0).astype(float))


def given(rng: np.random.Generator) -> dict:
    return {"x": rng.normal(size=(5, 3))}


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return jnp.maximum(x, 0)\n",
    hints=(
        "Which of the two is it, x or 0? Always the larger one.",
        "Python's max compares single numbers; jnp.maximum compares each number of an array with 0.",
    ),
    holds="Below 0 the function is flat, above 0 it rises with slope 1: it bends at 0.",
    stands_in="lesson4.Neural",
    check=check,
    planted=(
        Planted("Python's max", "    return max(x, 0)\n", says="for one number"),
        Planted("the size", "    return jnp.abs(x)\n", says="below 0 it should"),
        Planted("the other half", "    return jnp.minimum(x, 0)\n", says="the wrong half"),
        Planted("a step", "    return jnp.where(x > 0, 1.0, 0.0)\n", says="a step from 0 to 1"),
        Planted("cut off at 1", "    return jnp.clip(x, 0, 1)\n", says="no upper end"),
        Planted("the largest of all", "    return jnp.max(x, initial=0)\n", says="the largest number of all"),
        Planted("jnp.max", "    return jnp.max(x, 0)\n", says="the largest of each column"),
        Planted("jnp.max of two", "    return jnp.max(0, x)\n", says="which takes one array"),
        Planted("a comparison", "    return x > 0\n", says="true or false; the number"),
        Planted("in place", "    x[x < 0] = 0\n    return x\n", says="changed in place"),
        Planted("leaky", "    return jnp.where(x > 0, x, 0.01 * x)\n", says="leaky ReLU"),
        Planted(
            "numpy",
            """\
    import numpy as np

    return np.maximum(x, 0)
""",
            says="jnp does the same",
        ),
        Planted("the others left out", "    return x[x > 0]\n", says="only the numbers above"),
    ),
    right={
        "chosen": "    return jnp.where(x > 0, x, 0.0)\n",
        "multiplied": "    return x * (x > 0)\n",
        "half of two": "    return (x + jnp.abs(x)) / 2\n",
        "a loop": """\
    rows = [jnp.clip(row, 0, None) for row in x]
    return jnp.stack(rows)
""",
        "the library's": "    return jax.nn.relu(x)\n",
    },
    twin=Twin(
        given=given,
        learner="out = jax.vjp(learner.relu, x)[0], jax.grad(lambda x: learner.relu(x).sum())(x)",
        lesson="out = jax.vjp(lesson.nn.relu, x)[0], jax.grad(lambda x: lesson.nn.relu(x).sum())(x)",
    ),
)
