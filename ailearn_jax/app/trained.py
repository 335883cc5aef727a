"""Finds what an earlier `train` left behind, for the commands that use it."""

from collections.abc import Sequence
from pathlib import Path

from ailearn_jax.app import configs, runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.terminal import command, place, say
from ailearn_jax.errors import InputError, shown


def trained_fields(arguments: Arguments, lessons: Sequence[int]) -> Fields:
    """What the run that the arguments name was trained with.

    Raises:
        InputError: nothing is trained there, the lesson is none of `lessons`, or an override says otherwise.
    """
    workdir = arguments.workdir
    if not (workdir / runs.CONFIG).exists():
        if arguments["config"] is not None:  # to train it would not help where it is of a wrong lesson
            _check_lesson(arguments, configs.load(arguments.config, {})["lesson"], lessons)
        flags = [f"--config={arguments['config'] or f'lesson{lessons[0]}'}"]
        flags += [f"--workdir={arguments['workdir']}"] if arguments["workdir"] is not None else []
        raise InputError(
            f"{arguments.command}: expected a trained lesson in {place(workdir)}, got none; "
            f"train it first: {command('train', *flags)}"
        )
    fields = runs.saved_fields(workdir)
    _check_lesson(arguments, fields["lesson"], lessons)
    _check_same(arguments, fields)
    return fields


def say_steps(workdir: Path, which: str) -> None:
    """Says whose words or figures follow: the step of the checkpoint, or one for each model.

    Raises:
        InputError: see `Shelf.find`.
    """
    from ailearn_jax.shelves import Shelf

    folders = [workdir, *sorted(path for path in workdir.iterdir() if path.is_dir())]
    shelves = [shelf for folder in folders if (shelf := Shelf(folder, say=lambda _: None)).steps()]
    steps = [
        f"step {shelf.find(which):,}" + ("" if shelf.folder == workdir else f" ({shelf.folder.name})")
        for shelf in shelves
    ]
    say(f"by the checkpoint of {', '.join(steps)}")


def _check_lesson(arguments: Arguments, lesson: int, lessons: Sequence[int]) -> None:
    if lesson not in lessons:
        expected = " or ".join(map(str, lessons))
        raise InputError(
            f"{arguments.command}: expected lesson {expected}, got lesson {lesson}; choose another --config"
        )


def _check_same(arguments: Arguments, saved: Fields) -> None:
    """What was trained counts: an override may repeat it but not change it."""
    if arguments["config"] is not None:
        named = configs.load(arguments.config, {})["lesson"]
        if named != saved["lesson"]:
            raise InputError(
                f"--workdir: expected a run of lesson {named}, got one of lesson {saved['lesson']}; choose another one"
            )
    for name, value in configs.parsed(arguments.overrides, saved["lesson"]).items():
        if value != saved[name]:
            raise InputError(
                f"--config.{name}: expected {saved[name]} as in training, got {shown(value)}; leave it out"
            )
