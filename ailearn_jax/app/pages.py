"""The course as a text: a page a lesson, and some beside them.

A page points to code by its name and leaves room for the titles of the exercises. Where both stand today is filled in
when the page is read, so that no page can be wrong about it.
"""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from ailearn_jax.app.course import ROOT

PACKAGE = Path(__file__).resolve().parents[1]
PAGES = PACKAGE / "pages"
EXERCISES = "<!-- exercises -->\n"


def titles() -> dict[str, str]:
    """Page -> its heading, the lessons first."""
    files = sorted(PAGES.glob("*.md"))
    return {file.stem: file.read_text(encoding="utf-8").split("\n")[0].strip("# ") for file in files}


def page(name: str) -> str:
    """The text of a page as it is to be read, in Markdown."""
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"^- `([\w.]+)`:$", lambda found: f"- `{found[1]}` ({place(found[1])}):", text, flags=re.MULTILINE)
    return text.replace(EXERCISES, "".join(f"- {title}\n" for title in exercises(name)))


def place(name: str) -> str:
    """File and line of what a dotted name means, such as `lesson4.Neural.hidden` or `text.CharTokenizer.encode`.

    The first part is a lesson or a file of the toolbox. Each further one is a function, a class or a variable within
    the part before it, the outermost if there are several.
    """
    module, *names = name.split(".")
    [file] = [path for path in (PACKAGE / f"{module}.py", PACKAGE / "lessons" / f"{module}.py") if path.exists()]
    node: ast.AST = ast.parse(file.read_text(encoding="utf-8"))
    for part in names:
        node = next(inner for inner in ast.walk(node) if inner is not node and part in _names(inner))
    return f"{file.relative_to(ROOT).as_posix()}:{getattr(node, 'lineno', 1)}"


def _names(node: ast.AST) -> Iterator[str]:
    """What a statement gives a name to."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def exercises(name: str) -> list[str]:
    """The titles of a lesson's exercises in their order; each is what its file says of itself in the first line."""
    folder = PACKAGE / "exercises" / name
    if not folder.is_dir():
        return []
    order = importlib.import_module(f"ailearn_jax.exercises.{name}").ORDER
    docstrings = (ast.get_docstring(ast.parse((folder / f"{exercise}.py").read_text("utf-8"))) for exercise in order)
    return [(docstring or "").split("\n")[0] for docstring in docstrings]
