"""Every exercise of the course: its check is right about what is wrong, and about what is right."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ailearn_jax.exercises import catalogue
from ailearn_jax.exercises.catalogue import Entry
from ailearn_jax.exercises.kit import Failure, expect_close
from ailearn_jax.exercises.process import Child, judge

ENTRIES = catalogue.entries()
MODULES = ("jax", "flax.linen", "optax")
LIMIT = 60.0  # seconds; other tests may run beside these
every_exercise = pytest.mark.parametrize("entry", ENTRIES, ids=str)


class Lab:
    """A child for many files, one after the other: a new one only where the last has ended."""

    def __init__(self, way: str) -> None:
        self.way, self._child = way, Child(MODULES, way, limit=LIMIT)

    @property
    def child(self) -> Child:
        if self._child.process.poll() is not None:
            self._child.close()
            self._child = Child(MODULES, self.way, limit=LIMIT)
        return self._child

    def judge(self, entry: Entry, hole: str, seed: int) -> Failure | None:
        return judge(entry.exercise, entry.exercise.filled(hole), Path(f"{entry.name}.py"), seed, self.child)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    lab = Lab("closed")
    yield lab
    lab.child.close()


@pytest.fixture(scope="module")
def open_lab() -> Iterator[Lab]:
    lab = Lab("open")
    yield lab
    lab.child.close()


def spoken(failure: Failure) -> str:
    """The message as it is read aloud, wherever its lines break."""
    return " ".join(str(failure).split())


def test_the_course_has_enough_of_them():
    """A lesson left without exercises, a file that no order names, or a number in the README that is no longer true."""
    for lesson in {entry.lesson for entry in ENTRIES}:
        folder = catalogue.HERE / f"lesson{lesson}"
        names = [entry.name for entry in ENTRIES if entry.lesson == lesson]
        assert len(names) >= 3
        assert sorted(names) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert {entry.lesson for entry in ENTRIES} == {*range(1, 9)} and len(ENTRIES) >= 32
    assert f" {len(ENTRIES)} exercises " in (catalogue.PACKAGE.parent / "README.md").read_text("utf-8")


@every_exercise
def test_it_is_whole(entry: Entry):
    """A title, hint, planted mistake or right answer too few; another's number; a line that has another name now."""
    exercise = entry.exercise
    number = [other.name for other in ENTRIES if other.lesson == entry.lesson].index(entry.name) + 1
    assert exercise.source.startswith(f'"""Lesson {entry.lesson}, exercise {number}: ')
    assert entry.title and exercise.holds.endswith(".") and "\n" not in exercise.holds
    assert 1 <= len(exercise.hints) <= 3
    assert len(exercise.planted) >= 4 and len({planted.says for planted in exercise.planted}) == len(exercise.planted)
    assert len(exercise.right) >= 3
    assert "your turn" in exercise.starter
    assert max(map(len, exercise.filled(exercise.starter).splitlines())) <= 120
    path, first, last = catalogue.lines_of(exercise.stands_in)
    assert path.exists() and 1 <= first <= last


@every_exercise
def test_it_fails_as_shipped(entry: Entry, lab: Lab):
    """A check that passes what nobody has written yet."""
    assert lab.judge(entry, entry.exercise.starter, seed=0)


@every_exercise
def test_the_solution_passes(entry: Entry, lab: Lab):
    """A check that refuses what is right."""
    assert lab.judge(entry, entry.exercise.solution, seed=0) is None


@pytest.mark.slow
@every_exercise
def test_the_solution_passes_with_many_seeds(entry: Entry, lab: Lab):
    """A check that now and then refuses what is right, by the inputs it has drawn."""
    for seed in range(1, 20):
        assert lab.judge(entry, entry.exercise.solution, seed) is None


@pytest.mark.slow
@every_exercise
def test_each_planted_mistake_is_found_and_named(entry: Entry, lab: Lab):
    """A mistake that passes; one that is told as another one; a message longer than five lines."""
    messages = {}
    for planted in entry.exercise.planted:
        failure = lab.judge(entry, planted.hole, seed=0)  # the same one: what is compiled for its shapes is there
        assert failure is not None, f"{planted.name}: it passes"
        assert len(str(failure).splitlines()) <= 5, f"{planted.name}: too long\n{failure}"
        assert max(map(len, str(failure).splitlines())) <= 78, f"{planted.name}: too wide\n{failure}"
        messages[planted] = spoken(failure)
    for planted, message in messages.items():
        named = [other.name for other in messages if other.says in message]
        assert named == [planted.name], f"{planted.name}: told as {named}\n{message}"


@pytest.mark.slow
@every_exercise
def test_right_answers_pass(entry: Entry, lab: Lab):
    """A check that wants the solution's words and not what it does."""
    for name, hole in entry.exercise.right.items():
        failure = lab.judge(entry, hole, seed=0)
        assert failure is None, f"{name}\n{failure}"


@pytest.mark.slow
@every_exercise
def test_the_solution_agrees_with_the_lesson(entry: Entry, open_lab: Lab):
    """An exercise that teaches something else than the lesson does."""
    exercise, child, rng = entry.exercise, open_lab.child, np.random.default_rng(0)
    child.load(exercise, exercise.filled(exercise.solution), Path(f"{entry.name}.py"))
    for _ in range(3):
        given = exercise.twin.given(rng)
        outs = []
        for code in (exercise.twin.learner, exercise.twin.lesson):
            reply = child.run(code, given, code, exercise.arrays, catalogue.module_of(exercise.stands_in))
            assert "out" in reply.get("values", {}), reply
            outs.append(reply["values"]["out"])
        expect_close("the learner's and the lesson's", *outs)
