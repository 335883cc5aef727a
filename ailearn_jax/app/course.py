"""What the app knows of the eight lessons without importing one of them."""

from pathlib import Path
from types import ModuleType

from ailearn_jax.app.environment import load

ROOT = Path(__file__).resolve().parents[2]  # of the project: configs/, data/ and checkpoints/ are here
MY_EXERCISES = ROOT / "my_exercises"  # where a learner writes

TITLES = {
    1: "Gradients by hand: the line y = 2x + 1",
    2: "Autodiff: memory usage from a session's length and calls",
    3: "Modules and optimizers: the same with Flax and Optax",
    4: "A hidden layer and ReLU: memory usage that bends",
    5: "All together: XOR on one page",
    6: "Real data: bikes rented in an hour",
    7: "Batched loading: the same, fed by Grain",
    8: "Tiny GPT: a text, character by character",
}
PREDICTING = (6, 7)
GENERATING = (8,)
ON_CPU = (5,)  # whatever the machine has
RESUMABLE = (6, 7, 8)  # the lessons with checkpoints


def lesson_module(lesson: int) -> ModuleType:
    """The chapter itself. It brings JAX with it, so import it only when all else is known to be right."""
    return load(f"ailearn_jax.lessons.lesson{lesson}")
