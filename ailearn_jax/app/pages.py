"""The course as a text: a page a lesson, and some beside them.

A page points to code by its name and leaves room for the titles of the exercises. Where both stand today is filled in
when the page is read, so that no page can be wrong about it.
"""

import re
import textwrap
from pathlib import Path

from ailearn_jax.app.course import ROOT
from ailearn_jax.exercises import catalogue

PAGES = Path(__file__).resolve().parents[1] / "pages"
EXERCISES = "<!-- exercises -->"
WIDTH = 80  # columns


def titles() -> dict[str, str]:
    """Page -> its heading, the lessons first."""
    files = sorted(PAGES.glob("*.md"))
    return {file.stem: file.read_text(encoding="utf-8").split("\n")[0].strip("# ") for file in files}


def page(name: str) -> str:
    """The text of a page as it is to be read, in Markdown."""
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    text = re.sub(r"^(- .*: `([\w.]+)`)$", lambda found: f"{found[1]},\n  {place(found[2])}", text, flags=re.MULTILINE)
    exercises = [entry.title for entry in catalogue.entries() if f"lesson{entry.lesson}" == name]
    return text.replace(EXERCISES, textwrap.fill("; ".join(exercises), WIDTH, break_on_hyphens=False))


def place(name: str) -> str:
    """File and line of a name in a lesson or the toolbox, such as `lesson4.Neural` or `text.CharTokenizer.encode`."""
    file, line, _ = catalogue.lines_of(name)
    return f"{file.relative_to(ROOT).as_posix()}:{line}"
