"""The process that runs a learner's file: it reports what happens there, and nothing that happens there can pass."""

import time
from pathlib import Path

import numpy as np
import pytest

from ailearn_jax.exercises import wire
from ailearn_jax.exercises.catalogue import Entry
from ailearn_jax.exercises.kit import Failure, brief, expect_close
from ailearn_jax.exercises.process import Child, judge

EXERCISE = Entry(2, "inputs_and_targets").exercise  # its file needs no JAX, so its process is there at once
SOLUTION = EXERCISE.filled(EXERCISE.solution)
HOLE_LINE = EXERCISE.source.splitlines().index("@hole@") + 1
FILE = Path("my_exercises") / "inputs_and_targets.py"


def check(source: str, limit: float = 20.0) -> tuple[Failure | None, str]:
    """What the check says of a file, and what the file has printed."""
    with Child(limit=limit) as child:
        return judge(EXERCISE, source, FILE, 0, child), child.printed()


def message(source: str, limit: float = 20.0) -> str:
    failure, _ = check(source, limit)
    assert failure is not None, "it passes"
    assert len(str(failure).splitlines()) <= 5
    return str(failure)


def test_the_solution_passes():
    """Without this, the refusals below would say nothing."""
    assert check(SOLUTION) == (None, "")


def test_an_error_is_told_with_the_learners_line():
    """The solution run in the learner's place; an error told with a line of ours."""
    text = message(EXERCISE.filled("    rows = table\n    return rows.no_such_thing\n"))
    assert f"line {HOLE_LINE + 1}" in text and "return rows.no_such_thing" in text and "AttributeError" in text
    assert "child.py" not in text


def test_a_file_that_raises_is_told_as_such():
    """A check that goes on with something else where the file cannot be loaded."""
    text = message(SOLUTION + "\nraise ValueError('in the file')\n")
    assert "ValueError: in the file" in text and f"line {len(SOLUTION.splitlines()) + 2}" in text


def test_a_syntax_error_is_told_with_its_line():
    """A traceback of ours for a bracket that is not closed."""
    text = message(EXERCISE.filled("    return {(\n"))
    assert "SyntaxError" in text and f"line {HOLE_LINE}" in text and "return {(" in text


@pytest.mark.parametrize(
    "line", ["import sys; sys.exit(0)", "raise SystemExit", "import os; os._exit(0)", "raise KeyboardInterrupt"]
)
@pytest.mark.parametrize("place", ["file", "function"])
def test_an_exit_is_no_pass(line: str, place: str):
    """A file that ends its process with success taken for one that is right."""
    source = SOLUTION + f"\n{line}\n" if place == "file" else EXERCISE.filled(f"    {line}\n")
    assert any(word in message(source) for word in ("SystemExit", "exit code 0", "KeyboardInterrupt"))


@pytest.mark.parametrize("loop", ["    while True:\n        pass\n", "    import time\n    time.sleep(1000)\n"])
def test_an_endless_loop_ends(loop: str):
    """A check that never comes back."""
    started = time.monotonic()
    assert "no answer within 1 seconds" in message(EXERCISE.filled(loop), limit=1.0)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "patch",
    [
        "np.allclose = np.isclose = np.array_equal = lambda *_, **__: True",
        "import builtins; builtins.abs = builtins.all = builtins.isinstance = lambda *_: True",
        "np.ndarray.__eq__ = lambda *_: True",
        "import numpy.testing; numpy.testing.assert_allclose = lambda *_, **__: None",
        "class Same(dict):\n    def __eq__(self, other): return True\n    __hash__ = None",
    ],
)
def test_a_patched_comparison_changes_nothing(patch: str):
    """A judgement made in the process that the learner's file has in its hands."""
    assert message(EXERCISE.filled('    return {"inputs": table, "targets": table}\n') + f"\n{patch}\n")


@pytest.mark.parametrize(
    "taken",
    [
        "from ailearn_jax.lessons.lesson2 import batch_of",
        "import ailearn_jax",
        "import importlib; batch_of = importlib.import_module('ailearn_jax.lessons.lesson2').batch_of",
        "from ailearn_jax.exercises.lesson2 import inputs_and_targets",
        "from ailearn_jax import text",
        f"exec(open({str(Path(__file__).parents[1] / 'ailearn_jax' / 'lessons' / 'lesson2.py')!r}).read())",
    ],
)
def test_the_lesson_cannot_be_taken(taken: str):
    """The lesson's own function passed off as the learner's."""
    text = message(EXERCISE.filled("    return None\n") + f"\nimport sys; sys.path.insert(0, '.')\n{taken}\n")
    assert "closed to an exercise" in " ".join(text.split())


def test_a_hard_coded_answer_fails():
    """Inputs that are the same at each call."""
    rng = np.random.default_rng(0)  # the inputs of one seed, known by heart
    table = rng.normal(size=(7, 3)).tolist()
    hole = f'    table = np.array({table})\n    return {{"inputs": table[:, :-1], "targets": table[:, -1]}}\n'
    assert message(EXERCISE.filled(hole))


def test_a_file_that_closes_everything_ends():
    """A wait without end for a process that runs on and can no longer answer."""
    hole = "    import os\n    os.closerange(3, 100)\n    while True:\n        pass\n"
    assert "before it gave an answer" in " ".join(message(EXERCISE.filled(hole)).split())


def test_what_the_file_prints_is_kept_and_breaks_nothing():
    """A print between the answers that is read as one; a print that is lost."""
    printing = '    print("seen", table.shape)\n    import os; os.write(1, b"null\\n")\n' + EXERCISE.solution
    failure, printed = check("print('loaded')\n" + EXERCISE.filled(printing))
    assert failure is None
    assert printed.startswith("loaded") and "seen" in printed and "null" in printed


def test_prints_before_an_endless_loop_are_kept():
    """What a learner printed to find the loop lost with the process."""
    _, printed = check(EXERCISE.filled("    print('here')\n    while True:\n        pass\n"), limit=3.0)
    assert printed == "here\n"


@pytest.mark.parametrize(
    ("hole", "words"),
    [
        ("    pass\n", "None: nothing is returned"),
        ("    return lambda: 0\n", "a value of type function"),
        ("    return np.array([None])\n", "a value of type ndarray"),
        ('    return {"inputs": table[:, :-1]}\n', "the keys inputs, targets"),
        ('    return {"inputs": table[:, :-1], "targets": table[:, -1] > 0}\n', "true or false"),
        ('    return {"inputs": table[:, :-1] * np.nan, "targets": table[:, -1]}\n', "nan"),
    ],
)
def test_what_comes_back_is_named(hole: str, words: str):
    """A traceback of ours where the learner's function returns something odd."""
    assert words in " ".join(message(EXERCISE.filled(hole)).split())


def test_values_cross_unchanged():
    """An array that loses its dtype, shape or order; a tuple that comes as a list."""
    tree = {
        "a": np.arange(6, dtype=np.int16).reshape(2, 3).T,
        "b": (1, 2.5, None, True, "text"),
        3: [np.float32(1.5), np.zeros((0, 2)), np.array(True)],
    }
    back = wire.decode(wire.encode(tree))
    assert list(back) == ["a", "b", 3] and back["b"] == tree["b"]
    for got, sent in zip((back["a"], *back[3]), (tree["a"], *tree[3]), strict=True):
        np.testing.assert_array_equal(got, sent)
        assert got.dtype == sent.dtype
    with pytest.raises(TypeError):
        wire.encode({"f": len})


@pytest.mark.parametrize(
    ("got", "expected", "words"),
    [
        (np.zeros(3), np.zeros((3, 1)), ("shape (3, 1)", "shape (3,)")),
        (np.zeros(9), np.r_[np.zeros(8), 1.0], ("1 at [8]", "1 of 9 values differ")),
        (np.zeros(3, int), np.zeros(3), ("floating point", "whole numbers (int64)")),
        ({"w": 1.0}, {"w": 2.0}, ("2 at ['w']", "1")),
        ({"v": 1.0}, {"w": 2.0}, ("a dict with the keys w", "the keys v")),
        ((1.0, 2.0), (1.0, 2.0, 3.0), ("3 values", "2 values")),
        (None, 1.0, ("1", "nothing is returned")),
        ("1", 1.0, ("1", "'1'")),
        (np.nan, 1.0, ("1", "nan")),
        (3.0, 1.0, ("looks like", "three times it")),
    ],
)
def test_a_difference_is_named(got: object, expected: object, words: tuple[str, ...]):
    """A message that does not say in what the two differ."""
    with pytest.raises(Failure) as caught:
        expect_close("f(x)", got, expected, mistakes={"three times it": 3.0})
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_what_is_close_passes():
    """A tolerance below float32's rounding; an array refused where a tuple is unpacked."""
    expect_close("f(x)", np.float32(1 / 3), 1 / 3)
    expect_close("f(x)", np.array([1.0, 2.0]), (1.0, 2.0))
    expect_close("f(x)", [1.0, {"a": np.ones(2)}], (1.0, {"a": np.ones(2)}))
    assert brief((np.ones((2, 2)), 0.5)) == "(array[2, 2], 0.5)"
