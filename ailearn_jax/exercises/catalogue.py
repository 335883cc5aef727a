"""Which exercises there are, and where the lines stand that they are about. None is run until it is asked for."""

import ast
import functools
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ailearn_jax.exercises.kit import Exercise

HERE = Path(__file__).parent
PACKAGE = HERE.parent


class Entry(NamedTuple):
    """An exercise by its place in the course, such as lesson 1's `forward_pass`."""

    lesson: int
    name: str

    def __str__(self) -> str:
        return f"lesson{self.lesson}/{self.name}"

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        source = (HERE / f"{self}.py").read_text(encoding="utf-8")
        return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0].removesuffix(".")

    @property
    def exercise(self) -> "Exercise":
        return importlib.import_module(f"{__package__}.lesson{self.lesson}.{self.name}").EXERCISE


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All exercises, in the order in which to do them."""
    lessons = sorted(int(path.parent.name.removeprefix("lesson")) for path in HERE.glob("lesson*/__init__.py"))
    orders = {number: importlib.import_module(f"{__package__}.lesson{number}").ORDER for number in lessons}
    return tuple(Entry(number, name) for number, order in orders.items() for name in order)


# --- Where the same stands --------------------------------------------------------------------------------------------


def module_of(stands_in: str) -> str:
    """The module that `stands_in` begins with.

    >>> module_of("lesson1.loss_fn"), module_of("text.CharTokenizer.encode")
    ('ailearn_jax.lessons.lesson1', 'ailearn_jax.text')
    """
    name = stands_in.partition(".")[0]
    return f"ailearn_jax.lessons.{name}" if (PACKAGE / "lessons" / f"{name}.py").exists() else f"ailearn_jax.{name}"


def lines_of(stands_in: str) -> tuple[Path, int, int]:
    """File, first and last line of what `stands_in` names. The file is read and not run."""
    path = PACKAGE.parent.joinpath(*module_of(stands_in).split(".")).with_suffix(".py")
    body = ast.parse(path.read_text(encoding="utf-8")).body
    first, last = 1, 1
    for name in stands_in.split(".")[1:]:
        node = next(node for node in body if name in _names(node))
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
        last, body = node.end_lineno or first, getattr(node, "body", [])
    return path, first, last


def _names(node: ast.stmt) -> list[str]:
    """What a statement defines."""
    match node:
        case ast.FunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def imports_of(source: str) -> list[str]:
    """The modules that a learner's file imports at its top, so that they can be loaded ahead."""
    statements = ast.parse(source).body
    plain = [alias.name for node in statements if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module or "" for node in statements if isinstance(node, ast.ImportFrom)]
