"""A learning rate that diverges."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect, expect_close

SOURCE = '''\
"""Lesson 1, exercise 7: a learning rate that diverges, and why.

Along w the loss is a parabola. Its derivative is 2 mean(x²) times the distance of w from the best w (where the mean of
x is 0, so that w and b do not disturb each other), and 2 times the distance of b from the best b. So a step multiplies
each distance by a factor: 1 - learning_rate * 2 mean(x²) for w, and 1 - learning_rate * 2 for b.

A factor of 0.5 halves the distance. One of -0.5 oversteps the best place, and still comes nearer. One of -1.2 oversteps
it by more than it was away: the distance grows without end. Write `factors`, then `diverges`, which uses it.
"""

import jax.numpy as jnp


@hole@


if __name__ == "__main__":
    x = jnp.linspace(-1.0, 1.0, 20)  # lesson 1's inputs: their mean is 0
    for learning_rate in (0.1, 0.5, 0.9, 1.1):
        print(learning_rate, factors(x, learning_rate), diverges(x, learning_rate))  # of these, only 1.1 diverges
'''

FACTORS = '''\
def factors(x, learning_rate):
    """By what a step multiplies the distance of w from the best w, and of b from the best b."""
'''
DIVERGES = '''\
def diverges(x, learning_rate):
    """Whether one of the distances grows from step to step."""
'''


def hole(factors: str, diverges: str) -> str:
    """Both functions, with these bodies."""
    return f"{FACTORS}    {factors}\n\n\n{DIVERGES}    {diverges}\n"


RIGHT_FACTORS = "return 1 - learning_rate * 2 * jnp.mean(x**2), 1 - learning_rate * 2"
RIGHT_DIVERGES = "return max(abs(factor) for factor in factors(x, learning_rate)) > 1"


def check(learner: Learner, rng: np.random.Generator) -> None:
    x = rng.normal(size=rng.integers(5, 12))
    x -= x.mean()
    rate = rng.uniform(0.1, 0.4)
    w_factor, b_factor = 1 - 2 * rate * np.mean(x**2), 1 - 2 * rate
    expect_close(
        f"factors(x, {rate:.3f}), mean(x²) = {np.mean(x**2):.3f}",
        learner.call("factors", x, rate),
        (w_factor, b_factor),
        mistakes={
            "b's factor first: w's factor comes first": (b_factor, w_factor),
            "without the 2": (1 - rate * np.mean(x**2), 1 - rate),
            "what is taken away, not what is left": (1 - w_factor, 1 - b_factor),
            "the sum of x², where the mean is asked for": (1 - 2 * rate * np.sum(x**2), b_factor),
            "the square of the mean of x, which is 0": (1.0, b_factor),
        },
    )
    # On either side of where each of the two begins to grow, and with either of them the first to do so.
    for size in (0.6, 1.7):
        x *= size / np.sqrt(np.mean(x**2))
        for beyond in (0.7, 0.95, 1.05, 1.4):
            rate = beyond / max(1, size**2)
            error = np.array([1 - 2 * rate * size**2, 1 - 2 * rate])
            got = learner.call("diverges", x, rate)
            expect(
                np.ndim(got) == 0 and not isinstance(got, str) and got is not None and bool(got) == (beyond > 1),
                f"diverges(x, {rate:.3f}), where mean(x²) = {size**2:.2f}",
                f"{beyond > 1}: the factors are {error[0]:.2f} and {error[1]:.2f}",
                f"{got}",
                mistake(got, error),
            )


def mistake(got: object, factors: np.ndarray) -> str | None:
    """What may have led to a wrong answer."""
    if got and not (abs(factors) > 1).any():
        return "an overstep of less than the distance still comes nearer"
    if not got and (factors < -1).any():
        if (factors > -1).any():
            return "only one of the two has to grow"
        return "a factor below -1 lets the distance grow too"
    return None


EXERCISE = Exercise(
    source=SOURCE,
    starter=hole("raise NotImplementedError  # your turn", "raise NotImplementedError  # your turn"),
    solution=hole(RIGHT_FACTORS, RIGHT_DIVERGES),
    hints=(
        "`factors` returns the two formulas of the text above, first the one for w.",
        "A distance grows where its factor is above 1 or below -1: where its size, `abs`, is above 1.",
        "One of the two is enough: compare the larger of their sizes with 1.",
    ),
    holds="Training diverges where the learning rate is above 1 / max(1, mean(x²)).",
    stands_in="lesson1.train_step",
    check=check,
    planted=(
        Planted(
            "swapped",
            hole("return 1 - learning_rate * 2, 1 - learning_rate * 2 * jnp.mean(x**2)", RIGHT_DIVERGES),
            says="w's factor comes first",
        ),
        Planted(
            "factor 2",
            hole("return 1 - learning_rate * jnp.mean(x**2), 1 - learning_rate", RIGHT_DIVERGES),
            says="without the 2",
        ),
        Planted(
            "what is taken",
            hole("return learning_rate * 2 * jnp.mean(x**2), learning_rate * 2", RIGHT_DIVERGES),
            says="what is taken away",
        ),
        Planted(
            "overstepping at all",
            hole(RIGHT_FACTORS, "return min(factors(x, learning_rate)) < 0"),
            says="still comes nearer",
        ),
        Planted(
            "both must grow",
            hole(RIGHT_FACTORS, "return min(abs(factor) for factor in factors(x, learning_rate)) > 1"),
            says="only one of the two has to grow",
        ),
    ),
    right={
        "by the rate": hole(RIGHT_FACTORS, "return learning_rate * jnp.maximum(jnp.mean(x**2), 1) > 1"),
        "an or": hole(
            "w_factor = 1 - 2 * learning_rate * jnp.mean(x * x)\n    return w_factor, 1 - 2 * learning_rate",
            "w_factor, b_factor = factors(x, learning_rate)\n    return abs(w_factor) > 1 or abs(b_factor) > 1",
        ),
        "einsum": hole(
            'mean_square = jnp.einsum("n,n->", x, x) / len(x)\n'
            "    return tuple(1 - 2 * learning_rate * jnp.array([mean_square, 1.0]))",
            "return bool(jnp.any(jnp.abs(jnp.array(factors(x, learning_rate))) > 1))",
        ),
    },
    twin=Twin(
        given=lambda rng: {
            "x": np.linspace(-1, 1, 11) * rng.uniform(0.5, 1.5),
            "rate": rng.choice([0.3, 0.9, 1.1, 1.3]),
        },
        learner="out = bool(learner.diverges(x, rate))",
        lesson="""\
w, b = 1.0, 1.0
distances = []
for _ in range(200):
    w, b = lesson.train_step(w, b, x, 0 * x, rate)
    distances.append(max(abs(w), abs(b)))
out = bool(distances[-1] > 10)
""",
    ),
)
