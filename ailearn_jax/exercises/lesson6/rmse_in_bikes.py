"""The RMSE in bikes."""

import numpy as np

from ailearn_jax.exercises.kit import Exercise, Learner, Planted, Twin, expect_close

SOURCE = '''\
"""Lesson 6, exercise 10: the RMSE in bikes.

While the model trains, all it sees is normalized. So its loss is the mean of (prediction - target)², where the mean of
the training targets was subtracted from both, and both were divided by the standard deviation of the training targets.
What is that loss in bikes?

If the same number is subtracted from both, their difference stays the same. If both are divided by a number, their
difference is divided by it, too. Return the root of the mean squared error in bikes; no row is needed for it.
"""

import numpy as np


def rmse_in_bikes(loss, target_mean, target_std):
    """The RMSE in bikes of a model whose mean squared error on normalized targets is `loss`."""
@hole@
'''


def check(learner: Learner, rng: np.random.Generator) -> None:
    mean, std = rng.uniform(100, 300), rng.uniform(50, 250)
    predictions, targets = rng.uniform(0, 900, (2, 15))
    normalized = np.mean(((predictions - mean) / std - (targets - mean) / std) ** 2)
    for loss in (float(normalized), float(rng.uniform(0.05, 0.9)), 0.0):
        expect_close(
            f"rmse_in_bikes(loss={loss:.3f}, target_mean={mean:.1f}, target_std={std:.1f})",
            learner.call("rmse_in_bikes", loss, float(mean), float(std)),
            std * loss**0.5,
            mistakes={
                "the root alone, not turned back into bikes": loss**0.5,
                "the loss times the standard deviation: the root is missing": std * loss,
                "the mean squared error in bikes squared: the root is missing": std**2 * loss,
                "the loss itself, neither its root nor in bikes": loss,
                "the root times the square of the standard deviation": std**2 * loss**0.5,
                "the mean added, as for a prediction; but it cancels in a difference": std * loss**0.5 + mean,
                "the loss turned back into bikes as if it were a prediction: the root is missing": std * loss + mean,
                "a division by the standard deviation; the normalizer has divided already": loss**0.5 / std,
                "the mean in the place of the standard deviation": mean * loss**0.5,
                "the standard deviation under the root, where its square belongs": (std * loss) ** 0.5,
            },
        )


EXERCISE = Exercise(
    source=SOURCE,
    starter="    raise NotImplementedError  # your turn\n",
    solution="    return target_std * loss**0.5\n",
    hints=(
        "First the root of the loss: the typical error, normalized. How many bikes is an error of 1 there?",
        "An error of 1 is one standard deviation of the targets, target_std bikes. The mean plays no part.",
    ),
    holds="The root of the validation loss, times the standard deviation of the targets, is an error in bikes.",
    stands_in="lesson6.train_model",
    check=check,
    planted=(
        Planted("root alone", "    return loss**0.5\n", says="not turned back"),
        Planted("no root", "    return target_std * loss\n", says="the loss times the standard deviation"),
        Planted("squared", "    return target_std**2 * loss\n", says="in bikes squared"),
        Planted("mean added", "    return target_std * loss**0.5 + target_mean\n", says="it cancels in a difference"),
        Planted("inverted loss", "    return target_std * loss + target_mean\n", says="as if it were a prediction"),
        Planted("divided", "    return loss**0.5 / target_std\n", says="has divided already"),
    ),
    right={
        "the square under the root": "    return (loss * target_std**2) ** 0.5\n",
        "numpy": "    return np.sqrt(loss) * target_std\n",
        "two rows turned back": """\
    def invert(prediction):
        return prediction * target_std + target_mean

    return invert(loss**0.5) - invert(0.0)
""",
    },
    twin=Twin(
        given=lambda rng: {
            "predictions": rng.uniform(0, 900, 17),
            "targets": rng.uniform(0, 900, 17),
            "mean": float(rng.uniform(100, 300)),
            "std": float(rng.uniform(50, 250)),
        },
        learner="""\
_loss = np.mean(((predictions - mean) / std - (targets - mean) / std) ** 2)
out = learner.rmse_in_bikes(float(_loss), mean, std)
""",
        lesson="out = lesson.bikes.rmse(predictions, targets)",
    ),
    arrays="numpy",
)
