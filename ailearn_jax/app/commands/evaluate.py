"""`evaluate`: the figures of a trained lesson."""

from ailearn_jax.app import environment, outcome, runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import RESUMABLE, TITLES, lesson_module
from ailearn_jax.app.trained import say_steps, trained_fields
from ailearn_jax.errors import InputError


def run(arguments: Arguments) -> int:
    fields = trained_fields(arguments, tuple(TITLES))
    if fields["lesson"] in RESUMABLE:  # measured anew
        environment.prepare()
        result = lesson_module(fields["lesson"]).evaluate(arguments.workdir, arguments["checkpoint"])
        say_steps(arguments.workdir, arguments["checkpoint"])
    elif arguments["checkpoint"] != "best":
        raise InputError(f"--checkpoint: expected none, lesson {fields['lesson']} keeps no checkpoints; leave it out")
    else:
        result = runs.saved_result(arguments.workdir)[1]
    if arguments["json"]:
        outcome.show_json([*result.figures, *result.baselines])
    else:
        at_end = (arguments.workdir / runs.RESULT).exists()
        outcome.show(result, fields, arguments["checkpoint"], at_end)
    return 0
