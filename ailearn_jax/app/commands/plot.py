"""`plot`: draws the pictures of a trained lesson, and with `--study` trains first what some of them compare."""

from ailearn_jax.app import configs, drawing, environment, runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import TITLES, lesson_module
from ailearn_jax.app.terminal import place, say, tell
from ailearn_jax.app.trained import trained_fields
from ailearn_jax.errors import InputError


def run(arguments: Arguments) -> int:
    fields = trained_fields(arguments, tuple(TITLES))
    runs.saved_result(arguments.workdir)  # it is at its end, or says so
    environment.prepare()
    lesson = lesson_module(fields["lesson"])
    if arguments["study"]:
        if not hasattr(lesson, "study"):
            raise InputError(
                f"--study: expected a lesson whose pictures compare runs, got lesson {fields['lesson']}; leave it out"
            )
        say("Trains what the pictures compare: a minute or more.")
        runs.save_study(arguments.workdir, lesson.study(configs.for_lesson(fields)))
    for path in drawing.draw(fields["lesson"], arguments.workdir):
        tell(place(path))
    return 0
