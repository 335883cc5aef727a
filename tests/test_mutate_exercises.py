"""The script that mutates solutions: what it plants, and that it finds a check which is too weak."""

import dataclasses
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # `scripts` is no part of what is installed

from ailearn_jax.exercises.catalogue import Entry  # noqa: E402
from ailearn_jax.exercises.kit import Learner  # noqa: E402
from scripts import mutate_exercises  # noqa: E402

EXERCISE = Entry(2, "inputs_and_targets").exercise  # its file needs no JAX, so its process is there at once


def mutated(solution: str) -> set[str]:
    """What the solution, one line, is turned into."""
    exercise = dataclasses.replace(EXERCISE, solution=f"    return {solution}\n")
    return {mutant.line.partition("  ->  ")[2].removeprefix("return ") for mutant in mutate_exercises.mutants(exercise)}


def test_one_thing_is_changed_at_a_time():
    """A kind of mistake that no mutant makes, so that nobody learns whether it is found."""
    assert mutated("a + b * 2") == {"a - b * 2", "a", "b * 2", "a + b / 2", "a + (b + 2)", "a + b", "a + 2"} | {
        "a + b * 3",
        "a + b * 1",
    }
    assert mutated("np.mean(x, axis=0)") >= {"np.mean(axis=0)", "np.mean(x)", "np.mean(x, axis=1)", "x"}
    assert mutated("f(a, b)") == {"f(a)", "f(b)", "f(b, a)", "a"}
    assert mutated("x.sum() if not a < b else x[1:]") >= {
        "x[1:] if not a < b else x.sum()",
        "x.sum() if a < b else x[1:]",
        "x.sum() if not a <= b else x[1:]",
        "x if not a < b else x[1:]",
        "x.sum() if not a < b else x[:]",
    }


def test_a_weak_check_lets_mutants_pass():
    """A share of 100% for checks that look at nothing but the shapes."""

    def shapes_alone(learner: Learner, rng: np.random.Generator) -> None:
        learner.call("batch_of", rng.normal(size=(4, 3)))

    different, survivors = mutate_exercises.count(EXERCISE)
    assert different > 5 and not survivors
    _, survivors = mutate_exercises.count(dataclasses.replace(EXERCISE, check=shapes_alone))
    assert len(survivors) > 5
