"""What an exercise is made of, and what its check says where the learner's code is not right yet.

A check runs here, in the process that judges, which knows numpy and nothing else. The learner's code runs in another
process (child.py), so nothing that it does, patches or prints can touch the judgement.
"""

import dataclasses
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

HOLE = "@hole@\n"


class Failure(Exception):
    """What is not right yet, in at most five lines, each a label and a text.

    >>> print(Failure(("called", "loss_fn(w, b, x, y)"), ("expected", "0.84"), ("got", "7.57")))
    called      loss_fn(w, b, x, y)
    expected    0.84
    got         7.57
    """

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.lines = lines
        super().__init__("\n".join(_labelled(label, text) for label, text in lines))


def _labelled(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        76,
        initial_indent=label.ljust(12),
        subsequent_indent=" " * 12,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


# --- The learner's file, as a check sees it ---------------------------------------------------------------------------


class Learner:
    """The learner's file, loaded in a process of its own.

    Args:
        ask: runs code there, with names for it, and answers {"values", "others"} or {"error"}; the third is what to say
            was called where no answer comes.
    """

    def __init__(self, ask: Callable[[str, dict[str, Any], str], dict[str, Any]]) -> None:
        self._ask = ask

    def call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """What the learner's `function` returns, with numpy arrays for JAX's.

        Raises:
            Failure: the function raises, never ends, or returns something else than a tree of arrays.
        """
        values = self._run(
            f"out = learner.{function}(*args, **kwargs)",
            {"args": args, "kwargs": kwargs},
            called=_one_line(f"{function}({_arguments(args, kwargs)})"),
        )
        return values["out"]

    def run(self, code: str, **given: Any) -> dict[str, Any]:
        """Runs a few lines with the learner's module as `learner`, and jax, jnp, np, nn, optax and all of `given`.

        What the code assigns to names without a leading underscore comes back, if it is a tree of arrays.

        Raises:
            Failure: the code raises or never ends; asked for by name, a value is no tree of arrays.
        """
        return self._run(textwrap.dedent(code), given, called=None)

    def _run(self, code: str, given: dict[str, Any], called: str | None) -> dict[str, Any]:
        reply = self._ask(code, given, called or _last_line(code))
        if error := reply.get("error"):
            raise Failure(("called", called or _plain(error["called"])), *map(tuple, error["lines"]))
        return _Values(reply["values"], called or _last_line(code), reply["others"])


class _Values(dict[str, Any]):
    """What came back, by name. To ask for a name that did not is a failure of the learner, told as any other."""

    def __init__(self, values: dict[str, Any], called: str, others: dict[str, str]) -> None:
        super().__init__(values)
        self.called, self.others = called, others

    def __missing__(self, name: str) -> Any:
        raise Failure(
            ("called", self.called),
            ("expected", "numbers, arrays or text"),
            ("got", f"a value of type {self.others[name]}"),
        )


def _last_line(code: str) -> str:
    return _plain(code.strip().splitlines()[-1].strip())


def _plain(line: str) -> str:
    """A line of a check's code as a learner would write it: no `learner.`, no `_name`, and no name for the result.

    >>> _plain("_first = next(learner.batches_of(_rows))")
    'next(batches_of(rows))'
    """
    line = re.sub(r"\b_(?=[a-z])", "", line.replace("learner.", ""))
    return _one_line(re.sub(r"^[\w, ]+ = ", "", line))


def _one_line(text: str) -> str:
    """`text`, cut off where a line of a message ends."""
    return text if len(text) <= 64 else f"{text[:61]}..."


def _arguments(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    return ", ".join([*map(brief, args), *(f"{name}={brief(value)}" for name, value in kwargs.items())])


# --- Expectations -----------------------------------------------------------------------------------------------------


def expect(condition: object, called: str, expected: str, got: str, mistake: str | None = None) -> None:
    """Raises Failure unless `condition` holds; `mistake` is the kind that gives just that, where it is known."""
    if not condition:
        likely = (("looks like", mistake),) if mistake else ()
        raise Failure(("called", called), ("expected", expected), ("got", got), *likely)


def expect_close(
    called: str,
    got: Any,
    expected: Any,
    mistakes: Mapping[str, Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    names: Mapping[str, str] | None = None,
) -> None:
    """Raises Failure unless `got` is a tree like `expected`, of arrays of the same shapes, kinds and values.

    `mistakes` says what a known kind of mistake would give: where `got` is that, the failure says so. `names` are words
    for places in the tree, such as {"[0]": "train", "[1]": "valid"}.
    """
    difference = _difference(got, expected, rtol, atol)
    if difference:
        for place, name in (names or {}).items():
            difference = difference[0].replace(f" at {place}", f" at {name}"), difference[1]
        alike = (kind for kind, value in (mistakes or {}).items() if not _difference(got, value, rtol, atol))
        expect(False, called, *difference, next(alike, None))


def brief(value: Any) -> str:
    """A value in a few characters: a number by its digits, an array by its shape once it is long.

    >>> brief(2 / 3), brief(np.arange(3.0)), brief(np.zeros((3, 4))), brief({"w": np.zeros(9)})
    ('0.6667', '[0, 1, 2]', 'array[3, 4]', '{w: array[9]}')
    """
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {brief(member)}" for key, member in value.items()) + "}"
        case list() | tuple() if len(value) > 6:
            return f"a {type(value).__name__} of {len(value)} values"
        case list() | tuple():
            members = ", ".join(map(brief, value))
            comma = "," if len(value) == 1 else ""
            return f"({members}{comma})" if isinstance(value, tuple) else f"[{members}]"
        case np.ndarray() if value.ndim == 1 and value.size <= 6:
            return "[" + ", ".join(map(brief, value)) + "]"
        case np.ndarray() if value.ndim:
            return f"array{list(value.shape)}"
        case float() | np.floating() | np.ndarray():
            return f"{float(value):.4g}" if np.asarray(value).dtype.kind == "f" else str(value)
    return repr(value) if isinstance(value, str) else str(value)


_KINDS = {"b": "true or false", "i": "whole numbers", "u": "whole numbers", "f": "floating point"}


def _difference(got: Any, expected: Any, rtol: float, atol: float, where: str = "") -> tuple[str, str] | None:
    """What was expected and what came, at the first place where they differ; None if they do not."""
    at = f" at {where}" if where else ""
    if got is None and expected is not None:
        return brief(expected) + at, "None: nothing is returned"
    if isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            found = f"the keys {', '.join(map(str, got))}" if isinstance(got, dict) else _one_line(brief(got))
            return f"a dict with the keys {', '.join(map(str, expected))}{at}", found
        members = [(got[key], value, f"{where}[{key!r}]") for key, value in expected.items()]
    elif isinstance(expected, list | tuple):
        if isinstance(got, np.ndarray) and got.ndim:
            got = list(got)  # an array is unpacked as a tuple is
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return f"{_values(len(expected))}{at}", _values(len(got)) if isinstance(got, list | tuple) else _found(got)
        members = [(*pair, f"{where}[{i}]") for i, pair in enumerate(zip(got, expected, strict=True))]
    elif isinstance(expected, str) or expected is None or isinstance(got, str):
        alike = type(got) is type(expected) and got == expected
        return None if alike else (brief(expected) + at, _found(got))
    elif isinstance(got, dict | list | tuple):
        return _shape(np.asarray(expected)) + at, _found(got)
    else:
        return _array_difference(np.asarray(got), np.asarray(expected), rtol, atol, at)
    differences = (_difference(one, other, rtol, atol, place) for one, other, place in members)
    return next(filter(None, differences), None)


def _array_difference(
    got: np.ndarray, expected: np.ndarray, rtol: float, atol: float, at: str
) -> tuple[str, str] | None:
    if got.shape != expected.shape:
        return f"{_shape(expected)}{at}", _shape(got)
    if _KINDS.get(got.dtype.kind) != _KINDS.get(expected.dtype.kind):
        return f"{_KINDS[expected.dtype.kind]}{at}", f"{_KINDS.get(got.dtype.kind, 'no numbers')} ({got.dtype})"
    wrong = ~np.isclose(got, expected, rtol, atol, equal_nan=True)
    if not wrong.any():
        return None
    if expected.ndim == 0:
        return f"{brief(expected)}{at}", brief(got)
    if expected.ndim == 1 and expected.size <= 6:
        return f"{brief(expected)}{at}", brief(got)
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    some = f"{wrong.sum()} of {wrong.size} values differ"
    return f"{brief(expected[index])} at {where_in(at, index)}", f"{brief(got[index])}; {some}"


def where_in(at: str, index: tuple[int, ...]) -> str:
    """The place of a value: the path to its array, if there is one, and its index."""
    return at.removeprefix(" at ") + f"[{', '.join(map(str, index))}]"


def _found(value: Any) -> str:
    """What came where something else was expected, in one line."""
    match value:
        case dict():
            return _one_line(f"a dict with the keys {', '.join(map(str, value))}")
        case list() | tuple():
            return f"a {type(value).__name__} of {_values(len(value))}"
    return _one_line(brief(value))


def _values(count: int) -> str:
    return f"{count} value" if count == 1 else f"{count} values"


def _shape(array: np.ndarray) -> str:
    return f"an array of shape {array.shape}" if array.ndim else "a single number, shape ()"


# --- An exercise ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Planted:
    """A mistake that a learner would make.

    Attributes:
        name: what it is.
        hole: what the hole then holds.
        says: a piece of the message that the check must give for it, and for no other mistake.
    """

    name: str
    hole: str
    says: str


@dataclasses.dataclass(frozen=True)
class Twin:
    """How the solution is held against the lesson's own code.

    Attributes:
        given: draws the names that both pieces of code are run with.
        learner: code that makes `out` with the `learner`'s module.
        lesson: code that makes `out` with the module that the exercise `stands_in`, named `lesson`.
    """

    given: Callable[[np.random.Generator], dict[str, Any]]
    learner: str
    lesson: str


@dataclasses.dataclass(frozen=True)
class Exercise:
    """A short file with a task and one hole, and what knows whether the hole is filled rightly.

    Attributes:
        source: the file; its line `@hole@` stands for the hole.
        starter: the hole's lines as the learner gets them. They fail.
        solution: the lines that the hole had in the lesson.
        hints: one to three, from a nudge to nearly there.
        holds: the sentence said on a pass: what now holds.
        stands_in: the lesson's or toolbox's name where the same stands, such as `lesson1.loss_fn`.
        check: raises Failure where the learner's code is not right, on inputs drawn from the generator.
        planted: mistakes that the check must find.
        right: other right holes, each by what makes it other.
        twin: how the solution is held against the lesson's code.
        arrays: what arrays of numpy arrive as in the learner's code, "jax" or "numpy"; float64 as float32 in both.
    """

    source: str
    starter: str
    solution: str
    hints: tuple[str, ...]
    holds: str
    stands_in: str
    check: Callable[[Learner, np.random.Generator], None]
    planted: tuple[Planted, ...]
    right: Mapping[str, str]
    twin: Twin
    arrays: str = "jax"

    def filled(self, hole: str) -> str:
        """The whole file, with these lines in the hole."""
        before, found, after = self.source.partition(HOLE)
        assert found and hole.endswith("\n"), "a source has one line @hole@, and a hole is whole lines"
        return before + hole + after
