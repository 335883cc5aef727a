"""`read`: a lesson as a text to read beside the code."""

import sys

from ailearn_jax.app import pages
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.terminal import columns, command, paragraph, tell, width
from ailearn_jax.app.values import nearest
from ailearn_jax.errors import InputError, shown


def run(arguments: Arguments) -> int:
    titles = pages.titles()
    if not arguments.words:
        tell(paragraph("Each is one to three screens, to be read before the lesson is run and again after it."))
        tell()
        tell(columns(titles.items()))
        tell()
        tell(f"Begin with:\n  {command('read', next(iter(titles)))}")
        return 0
    [name] = arguments.words
    if name not in titles:
        guess = nearest(name, titles)
        raise InputError(f"read: expected one of {', '.join(titles)}, got {shown(name)}; did you mean {guess}?")
    show(pages.page(name))
    return 0


def show(text: str) -> None:
    """Dressed up where someone watches, as it stands in a pipe."""
    if not sys.stdout.isatty():
        tell(text.rstrip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console(width=width()).print(Markdown(text))
