"""What is printed and where: results on standard output, news on standard error, nothing that drives the terminal."""

import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from ailearn_jax.app.course import ROOT


def escape(text: str) -> str:
    """`text` with control characters, and what else has no picture, shown as escapes; newline and tab stay.

    >>> escape("red: \\x1b[31m")
    'red: \\\\x1b[31m'
    """
    return "".join(
        character if character.isprintable() or character in "\n\t\N{NO-BREAK SPACE}" else _escape_sequence(character)
        for character in text
    )


def one_line(text: str) -> str:
    """`text` escaped, newlines too."""
    return escape(text).replace("\n", "\\n")


def say(text: str = "", copied: bool = False) -> None:
    """News for the person who waits, on standard error. What will be `copied` is one line in a narrow terminal too."""
    wrapped = sys.stderr.isatty() and not copied
    print(paragraph(escape(text)) if wrapped else escape(text), file=sys.stderr, flush=True)


def tell(text: str = "") -> None:
    """A result, on standard output."""
    print(escape(text))


def number(value: float) -> str:
    """`value` as it is read best: one decimal from 10 on, else three; by its power of ten where it is tiny or
    huge; a count as it is.

    >>> [number(value) for value in (75.7342, 1.6129, 4, 0.0000012, 7.21e15)]
    ['75.7', '1.613', '4', '1.2e-06', '7.2e+15']
    """
    if isinstance(value, int):
        return str(value)
    if 0 < abs(value) < 0.0005 or abs(value) >= 1e6:
        return f"{value:.1e}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def width() -> int:
    """Columns of the terminal, 80 where there is none; never so many that lines are hard to read."""
    return min(shutil.get_terminal_size().columns, 100)


def columns(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what they mean, side by side; one below the other where the terminal is narrow."""
    rows = list(rows)
    indent = max(len(name) for name, _ in rows) + 4
    lines = []
    for name, meaning in rows:
        if width() < 72:
            lines += [f"  {name}", textwrap.fill(meaning, width(), initial_indent=" " * 4, subsequent_indent=" " * 4)]
        else:
            first = f"  {name}".ljust(indent)
            lines.append(textwrap.fill(meaning, width(), initial_indent=first, subsequent_indent=" " * indent))
    return "\n".join(lines)


def paragraph(text: str) -> str:
    """`text` in lines no longer than the terminal is wide."""
    return textwrap.fill(text, width(), break_long_words=False, break_on_hyphens=False)


def place(path: Path) -> str:
    """`path` as it is shortest from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def command(*words: str) -> str:
    """This program with `words`, such that it can be copied into a shell; with the Python that runs now."""
    found = shutil.which("python")
    # Compared as they are called: in a virtual environment both are links to the interpreter that has no packages.
    active = found is not None and Path(found).absolute().parent == Path(sys.executable).absolute().parent
    python = "python" if active else place(Path(sys.executable))
    return shlex.join([python, place(ROOT / "scripts" / "run.py"), *words])


def _escape_sequence(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
