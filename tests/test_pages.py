"""The pages of the course: they are found and shown, point to code that exists, and what they say to try comes out."""

import contextlib
import io
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ailearn_jax.app import pages
from ailearn_jax.app.commands import read
from ailearn_jax.app.course import ROOT
from ailearn_jax.app.main import main
from ailearn_jax.exercises import catalogue

LESSONS = [f"lesson{number}" for number in range(1, 9)]
SECTIONS = [
    "The question",
    "Guess before you run",
    "The idea",
    "Where it stands in the code",
    "What you should see",
    "What to try",
    "Exercises",
    "In the Rust course",
]
THREE_SCREENS = 3 * 50  # lines
SLOW = ("lesson6", "lesson7", "lesson8")

# --- What a page says to try ------------------------------------------------------------------------------------------


class Expected(NamedTuple):
    """A figure that a page tells, `**name: value unit** (low to high)`."""

    name: str
    value: float
    low: float
    high: float


class Try(NamedTuple):
    """A block of code in a page, and what the paragraph after it expects."""

    language: str
    code: str
    expected: list[Expected]


NUMBER = r"(-?\d[\d.e+-]*)"
EXPECTED = re.compile(rf"\*\*([^*:]+): {NUMBER}[^*]*\*\* \({NUMBER} to {NUMBER}\b")


def tries(text: str) -> Iterator[Try]:
    """The blocks of a page's text, from top to bottom."""
    for language, code, after in re.findall(r"^```(\w+)\n(.*?)^```\n(.*?)(?=^```|\Z)", text, re.M | re.S):
        paragraph = after.strip().split("\n\n")[0].replace("\n", " ")
        found = EXPECTED.findall(paragraph) if paragraph.startswith("Expect") else []
        assert len(found) == paragraph.count("**") // 2, f"a figure without its range: {paragraph}"
        yield Try(language, code, [Expected(name, *map(float, numbers)) for name, *numbers in found])


def run(trial: Try, namespace: dict[str, object]) -> str:
    """What a block prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        if trial.language == "python":
            exec(trial.code, namespace)
        else:
            python, script, *words = shlex.split(trial.code.replace("\\\n", ""))
            assert (python, script) == ("python", "scripts/run.py")
            assert main(words) == 0
    return output.getvalue()


def check(output: str, expected: Expected) -> None:
    """Finds the figure among the lines of `output`; it and the one that the page tells are within the page's range."""
    [reached] = re.findall(rf"^\s*{re.escape(expected.name)}: {NUMBER}", output, re.MULTILINE)
    assert expected.low <= float(reached) <= expected.high, f"{expected}, got {reached}"
    assert expected.low <= expected.value <= expected.high


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in pages.titles()]
)
def test_what_a_page_tells_comes_out(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A flag that was renamed, a default that changed, a figure that was true once."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "checkpoints").mkdir()
    namespace: dict[str, object] = {}
    for trial in tries(pages.page(name)):
        output = run(trial, namespace)
        for expected in trial.expected:
            check(output, expected)


def test_a_page_without_truth_is_found():
    """A reader of the pages that takes what is not said, or nothing, for true."""
    text = "```python\nprint('a loss: 2.5 MB')\n```\n\nExpect **a loss: 2.4\nMB** (2.3\nto 2.6 for any).\n\nMore.\n"
    [trial] = tries(text)
    assert trial.expected == [Expected("a loss", 2.4, 2.3, 2.6)]
    output = run(trial, {})
    check(output, trial.expected[0])
    for wrong in (Expected("a loss", 2.4, 2.3, 2.45), Expected("a loss", 2.7, 2.3, 2.6), Expected("loss", 2.5, 2, 3)):
        with pytest.raises((AssertionError, ValueError)):
            check(output, wrong)
    with pytest.raises(AssertionError, match="without its range"):
        list(tries(text.replace("(2.3", "2.3")))


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_three_things_to_try_by_flag(name: str):
    """A lesson whose page has nothing to do in it."""
    by_flag = [trial for trial in tries(pages.page(name)) if trial.language == "bash" and "--config." in trial.code]
    assert sum(bool(trial.expected) for trial in by_flag) >= 3


# --- The text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_has_its_sections_in_order(name: str):
    """A page that forgot the question, or what the Rust course calls it."""
    text = pages.page(name)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    assert text.startswith(f"# Lesson {name[-1]}: ")


@pytest.mark.parametrize("name", pages.titles())
def test_a_page_fits_three_screens(name: str):
    """A page that nobody reads to its end; a line that a terminal of 80 columns breaks."""
    lines = pages.page(name).splitlines()
    assert len(lines) <= THREE_SCREENS
    assert [line for line in lines if len(line) > 80] == []


@pytest.mark.parametrize("name", pages.titles())
def test_what_a_page_points_to_exists(name: str):
    """A function that was renamed: the page would point to nothing. One with a decorator begins a line above."""
    text = pages.page(name)
    pointers = re.findall(r"^- .*: `([\w.]+)`,\n  ([\w/.]+):(\d+)$", text, re.MULTILINE)
    assert len(pointers) >= 4 or name not in LESSONS
    assert not re.search(r"^- .*: `[\w.]+`$", text, re.MULTILINE)
    for pointer, file, line in pointers:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(line) - 1 : int(line) + 1]
        assert pointer.rpartition(".")[2] in " ".join(lines), pointer


def test_the_exercises_stand_in_the_page():
    """Titles of another lesson, or in another order than they are to be done in."""
    for name in LESSONS:
        section = pages.page(name).partition("## Exercises\n\n")[2].partition("\n\n")[0]
        entries = [entry for entry in catalogue.entries() if str(entry).startswith(name)]
        assert section.replace("\n", " ") == "; ".join(entry.title for entry in entries)


# --- Showing it -------------------------------------------------------------------------------------------------------


def test_read_alone_lists_all_pages(capsys: pytest.CaptureFixture[str]):
    """A page that nobody finds."""
    assert main(["read"]) == 0
    output = capsys.readouterr().out
    listed = [line.split()[0] for line in output.splitlines() if line.startswith("  ")]
    assert listed[:-1] == [*LESSONS, "nnx", "scale"] and "read lesson1" in output


def test_a_page_in_a_pipe_is_plain(capsys: pytest.CaptureFixture[str]):
    """Escape sequences or drawn boxes in a file."""
    assert main(["read", "lesson6"]) == 0
    assert capsys.readouterr().out == pages.page("lesson6")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_page_in_a_terminal_is_dressed_up(monkeypatch: pytest.MonkeyPatch):
    """Markdown's own signs on a screen, or lines wider than it."""
    screen = Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", screen)
    read.show(pages.page("lesson6"))
    plain = re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue())
    assert "\x1b[" in screen.getvalue() and "## " not in plain and "```" not in plain
    assert max(map(len, plain.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "message"),
    [(["read", "lesson9"], "did you mean lesson"), (["read", "lesson1", "lesson2"], "got read and 'lesson2'")],
)
def test_a_page_that_is_not_there_is_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    """A traceback for a mistyped name."""
    assert main(words) == 2
    output, errors = capsys.readouterr()
    assert message in errors and errors.count("\n") == 1 and not output


def test_reading_imports_nothing_heavy(tmp_path: Path):
    """A page that takes a second to appear, since JAX is loaded for it."""
    heavy = "{'jax', 'flax', 'pandas', 'numpy', 'rich'}"
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ailearn_jax.app.main import main; "
        f"main(['read', 'lesson8']); print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert loaded.stderr == "[]\n"


# --- The pages beside the lessons -------------------------------------------------------------------------------------


def test_the_table_of_nnx_is_the_code_that_ran():
    """A table that shows other code than the blocks below it, which are run."""
    text = pages.page("nnx")
    code = "".join(trial.code for trial in tries(text))
    cells = re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|.*$", text, re.MULTILINE)))
    assert len(cells) == 14
    for cell in cells:
        assert cell in code


SCALE_ROW = re.compile(r"^\| (\d+) \| ([\d,]+) \| ([\d,]+) \| (\S+) \| (\d\.\d+) \|$", re.MULTILINE)
SCALE = SCALE_ROW.findall(pages.page("scale"))


@pytest.mark.slow
def test_the_table_of_scale_holds():
    """A model that became better or worse at one width: 0.05 is more than seeds differ by in lesson 8."""
    script = [sys.executable, ROOT / "scripts" / "compare_widths.py", "--seeds=1"]
    output = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    rows = SCALE_ROW.findall(output)
    assert [row[:4] for row in rows] == [row[:4] for row in SCALE] and len(rows) == 4
    for (*_, loss), (*_, told) in zip(rows, SCALE, strict=True):
        assert abs(float(loss) - float(told)) < 0.05


def test_the_chart_is_drawn_with_both_axes_logarithmic():
    """A point in the wrong place: on such axes equal ratios are equal distances; a chart or power of another table."""
    script = runpy.run_path(str(ROOT / "scripts" / "compare_widths.py"))
    expected = """\
4.000 |o
      |
2.000 |    o
      |
1.000 |        o
      +---------
       16  32  64"""
    assert script["chart"]([16, 32, 64], [4.0, 2.0, 1.0], height=4, length=8) == expected
    widths, losses = [int(row[0]) for row in SCALE], [float(row[4]) for row in SCALE]
    assert script["chart"](widths, losses) in pages.page("scale")
    [power] = re.findall(r"goes with N to the\npower (-0\.\d+)", pages.page("scale"))
    weights = [int(row[1].replace(",", "")) for row in SCALE]
    assert abs(np.polyfit(np.log(weights), np.log(losses), 1)[0] - float(power)) < 0.001
