"""`generate`: what a trained lesson 8 writes after a prompt, shown as it is made."""

import sys

from ailearn_jax.app import environment
from ailearn_jax.app.command_line import DRAWING, Arguments
from ailearn_jax.app.course import GENERATING, lesson_module
from ailearn_jax.app.terminal import escape
from ailearn_jax.app.trained import say_steps, trained_fields


def run(arguments: Arguments) -> int:
    fields = trained_fields(arguments, GENERATING)
    environment.prepare()
    lesson = lesson_module(fields["lesson"])
    drawing = {name: arguments[name] for name in (*DRAWING, "checkpoint")}
    pieces = lesson.generate(arguments.workdir, **drawing)
    say_steps(arguments.workdir, arguments["checkpoint"])
    sys.stdout.write(escape(arguments["prompt"]))
    for piece in pieces:
        sys.stdout.write(escape(piece))
        sys.stdout.flush()
    sys.stdout.write("\n")
    return 0
