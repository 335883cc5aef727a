"""Weights in original units."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 2, exercise 8: weights in original units.

The trained weights speak of normalized columns. A person asks for MB a minute. With w and b of the normalized problem,

    (y - mean_y) / std_y = Σ w (x - mean_x) / std_x + b

Solve this for y, and it reads y = Σ slope x + intercept. Write `in_original_units`, which returns the slopes [F] and
the intercept. In `mean` and `std` [F + 1] the columns of x come first, and that of y last.
"""

import numpy as np


def in_original_units(weights, bias, mean, std):
    """The slopes [F], such as MB a minute and MB a call, and the intercept: MB to begin with."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    columns = int(rng.integers(2, 5))
    weights, bias = rng.normal(size=columns), rng.normal()
    mean, std = rng.normal(0, 3, columns + 1), rng.uniform(0.5, 4, columns + 1)
    slopes = weights * std[-1] / std[:-1]
    intercept = mean[-1] + std[-1] * bias - slopes @ mean[:-1]
    expect_close(
        f"in_original_units(weights, bias, mean, std), {columns} weights",
        learner.call("in_original_units", weights, np.array(bias), mean, std),
        (slopes, intercept),
        mistakes={
            "the slopes as they were normalized": (weights, mean[-1] + std[-1] * bias - weights @ mean[:-1]),
            "the ratio of the stds turned over": (
                weights * std[:-1] / std[-1],
                mean[-1] + std[-1] * bias - (weights * std[:-1] / std[-1]) @ mean[:-1],
            ),
            "y's std is missing in the slopes": (
                weights / std[:-1],
                mean[-1] + std[-1] * bias - (weights / std[:-1]) @ mean[:-1],
            ),
            "the slopes are right; the mean of x is not taken away": (slopes, mean[-1] + std[-1] * bias),
            "the slopes are right; the bias alone is no intercept": (slopes, bias),
            "the slopes are right; b wants the std of y": (slopes, mean[-1] + bias - slopes @ mean[:-1]),
            "the slopes are right; the mean of y is missing": (slopes, std[-1] * bias - slopes @ mean[:-1]),
            "the slopes are right; their part is to be subtracted": (slopes, intercept + 2 * slopes @ mean[:-1]),
            "the mean of x with w, where the slopes belong": (slopes, mean[-1] + std[-1] * bias - weights @ mean[:-1]),
        },
        rtol=1e-3,
        atol=1e-4,
    )


SLOPES = "    slopes = weights * std[-1] / std[:-1]\n"
RETURN = "    return slopes, mean[-1] + std[-1] * bias - slopes @ mean[:-1]\n"

EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution=SLOPES + RETURN,
    hints=(
        "Multiply both sides by std_y and add mean_y. What now stands before each x is its slope.",
        "The slopes are w std_y / std_x: weights * std[-1] / std[:-1].",
        "The rest is mean_y + std_y b, less the sum of slope times mean_x, which is slopes @ mean[:-1].",
    ),
    holds="The same plane, in MB: it predicts what the normalized weights predict.",
    stands_in="lesson2.in_original_units",
    check=check,
    planted=(
        Planted("not undone", "    slopes = weights\n" + RETURN, says="as they were normalized"),
        Planted("turned over", "    slopes = weights * std[:-1] / std[-1]\n" + RETURN, says="turned over"),
        Planted("no std of y", "    slopes = weights / std[:-1]\n" + RETURN, says="y's std is missing"),
        Planted("means of x", SLOPES + "    return slopes, mean[-1] + std[-1] * bias\n", says="mean of x is not"),
        Planted("bias as it is", SLOPES + "    return slopes, bias\n", says="the bias alone"),
        Planted("bias without std", SLOPES + RETURN.replace("std[-1] * bias", "bias"), says="b wants the std"),
        Planted("the wrong sign", SLOPES + RETURN.replace("- slopes", "+ slopes"), says="to be subtracted"),
    ),
    right={
        "a sum": (
            "    slopes = std[-1] * (weights / std[:-1])\n"
            "    return slopes, std[-1] * (bias - np.sum(weights * mean[:-1] / std[:-1])) + mean[-1]\n"
        ),
        "a loop": (
            "    slopes, intercept = [], mean[-1] + std[-1] * bias\n"
            "    for i, weight in enumerate(weights):\n"
            "        slopes.append(weight * std[-1] / std[i])\n"
            "        intercept = intercept - slopes[i] * mean[i]\n"
            "    return np.array(slopes), intercept\n"
        ),
        "einsum": (
            '    slopes = np.einsum("f,f->f", weights, std[-1] / std[:-1])\n'
            '    return slopes, mean[-1] + std[-1] * bias - np.einsum("f,f->", slopes, mean[:-1])\n'
        ),
        "asked of the plane": (
            "    def plane(x):\n"
            "        return (weights @ ((x - mean[:-1]) / std[:-1]) + bias) * std[-1] + mean[-1]\n"
            "    intercept = plane(np.zeros(len(weights)))\n"
            "    return np.array([plane(x) - intercept for x in np.eye(len(weights))]), intercept\n"
        ),
    },
    twin=Twin(
        given=lambda rng: {
            "weights": rng.normal(size=3),
            "bias": np.array(rng.normal()),
            "mean": rng.normal(size=4),
            "std": rng.uniform(0.5, 4, 4),
        },
        learner="out = learner.in_original_units(weights, bias, mean, std)",
        lesson="out = lesson.in_original_units(weights, bias, mean, std)",
    ),
    arrays="numpy",
)
