"""What is printed: nothing in it drives the terminal, and numbers are read at a glance."""

import io
import sys

import pytest

from ailearn_jax.app import terminal


@pytest.mark.parametrize(
    "text, printed",
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("Ünïcödé 漢字 🙂\N{NO-BREAK SPACE}", "Ünïcödé 漢字 🙂\N{NO-BREAK SPACE}"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("over\rwritten\b", "over\\rwritten\\x08"),
        ("\x9b2J", "\\x9b2J"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}txt", "\\u202etxt"),
        ("\udcff", "\\udcff"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text: str, printed: str):
    """A corpus, a prompt or a checkpoint that sets the terminal's title, clears it or hides what it says."""
    assert terminal.escape(text) == printed


def test_an_error_is_one_line_whatever_it_repeats():
    """A path with a line break in it that makes two lines of one error."""
    assert terminal.one_line("a\nb\x1b") == "a\\nb\\x1b"


def test_news_and_results_go_their_own_ways(capsys: pytest.CaptureFixture[str]):
    """News in the output that another program reads."""
    terminal.say("news")
    terminal.tell("result")
    assert capsys.readouterr() == ("result\n", "news\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_news_are_wrapped_in_a_terminal_and_commands_are_not(monkeypatch: pytest.MonkeyPatch):
    """Words broken at the edge; or a command that cannot be copied, since it is two lines."""
    monkeypatch.setenv("COLUMNS", "40")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    terminal.say("word " * 20)
    assert all(len(line) <= 40 for line in screen.getvalue().splitlines())
    terminal.say("word " * 20, copied=True)
    assert len(screen.getvalue().splitlines()[-1]) == 100


@pytest.mark.parametrize(
    "value, text",
    [
        (75.66, "75.7"),
        (-12.34, "-12.3"),
        (1.6129, "1.613"),
        (0.0, "0.000"),
        (-0.00001, "-1.0e-05"),
        (7.21e15, "7.2e+15"),
        (4, "4"),
        (9.9996, "10.000"),
    ],
)
def test_numbers_have_the_decimals_that_matter(value: float, text: str):
    """RMSE with six decimals, a loss with one, a tiny loss shown as nothing."""
    assert terminal.number(value) == text
