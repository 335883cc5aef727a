"""`report`: a run, or all lessons, on a page for the browser."""

from ailearn_jax.app import runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import ROOT, TITLES
from ailearn_jax.app.report.page import render
from ailearn_jax.app.report.section import of_course, of_run
from ailearn_jax.app.terminal import place, tell
from ailearn_jax.app.trained import trained_fields

COURSE = "Eight lessons, from gradients by hand to a small GPT"


def run(arguments: Arguments) -> int:
    if arguments["config"] is None and arguments["workdir"] is None and not arguments.overrides:
        folder, title = ROOT / "checkpoints", COURSE
        sections = of_course(folder)
    else:
        trained_fields(arguments, tuple(TITLES))  # refuses what was not trained, or not like this
        folder = arguments.workdir
        sections = [of_run(folder)]
        title = sections[0].title
    path = folder / "report.html"
    runs.write(path, render(title, sections))
    tell(place(path))
    return 0
