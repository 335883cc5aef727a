"""`train`: trains a lesson, or goes on with it."""

import io
import math
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from ailearn_jax import machine
from ailearn_jax.app import configs, drawing, environment, outcome, runs, together
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import ON_CPU, RESUMABLE, lesson_module
from ailearn_jax.app.next_steps import next_steps
from ailearn_jax.app.runs import Standing
from ailearn_jax.app.signals import Deferred, Interrupted
from ailearn_jax.app.terminal import command, place, say
from ailearn_jax.errors import InputError

if TYPE_CHECKING:
    from ailearn_jax.results import Result


def run(arguments: Arguments) -> int:
    fields = configs.load(arguments.config, arguments.overrides)
    workdir, restart = arguments.workdir, arguments["restart"]
    standing = Standing.NEW if restart else runs.standing(workdir, fields)
    here = _words(arguments)
    if standing is Standing.FINISHED:
        _say_command("This run is finished. To begin anew:", "train", *here, "--restart")
        outcome.show(runs.saved_result(workdir)[1], fields)
        return 0

    by_default = None if together.are_several(arguments) else configs.cpu_devices(fields)
    environment.prepare(arguments["devices"] or by_default)
    together.join(arguments)
    from ailearn_jax import sharding

    # What is wrong with the config shows here, before any file is touched.
    lesson_module(fields["lesson"]).build(configs.for_lesson(fields))
    if not sharding.is_first():
        return _help_train(fields, workdir)
    aside = runs.move_aside(workdir) if restart else None
    try:
        result = _train_alone(fields, workdir, standing, here, arguments["devices"])
    except InputError:
        if aside and not runs.has_checkpoints(workdir):
            runs.move_back(aside, workdir)
        raise
    if aside:
        say(f"The earlier run is now in {place(aside)}.")
    if result is None:
        return 1
    outcome.show(result, fields)
    _draw(fields, result, workdir, here)
    _say_what_next(fields, here, workdir, arguments.config)
    return 0


def _train_alone(
    fields: Fields, workdir: Path, standing: Standing, here: list[str], num_devices: int | None
) -> "Result | None":
    """Trains where no other process trains meanwhile, and notes what came of it; None where nothing did."""
    with runs.locked(workdir):
        try:
            runs.begin(workdir, fields)
            result = _train(fields, workdir, _opening(standing, fields["lesson"], workdir), num_devices)
        except Interrupted:
            resumable = fields["lesson"] in RESUMABLE
            _say_command("Stopped. To go on:" if resumable else "Stopped. To begin again:", "train", *here)
            raise
        if result is not None:
            runs.finish(workdir, fields, result)
        return result


def _help_train(fields: Fields, workdir: Path) -> int:
    """Trains as one of several processes, of which another one speaks and notes what came of it."""
    result = _train(fields, workdir, [], None)
    return 1 if result is None else 0


class _News(io.TextIOBase):
    """Standard output while a lesson trains: it goes to standard error, below `opening`.

    The opening waits for the first news: where there is none, what is wrong stands alone.
    """

    def __init__(self, opening: list[str]) -> None:
        self.opening = opening

    def write(self, text: str) -> int:
        while self.opening:
            say(self.opening.pop(0))
        return sys.stderr.write(text)


def _train(fields: Fields, workdir: Path, opening: list[str], num_devices: int | None) -> "Result | None":
    """Trains with all that a lesson prints on standard error; standard output is for the result.

    Returns None, and says why, where training led nowhere.
    """
    lesson, config = lesson_module(fields["lesson"]), configs.for_lesson(fields)
    if fields["lesson"] not in RESUMABLE:
        with redirect_stdout(_News(opening)):
            result = lesson.train(config, workdir)
        if all(math.isfinite(figure.value) for figure in result.figures):
            return result
        say("Training failed: the result is not finite. Try a lower --config.optimizer.learning_rate.")
        return None

    import jax

    from ailearn_jax.app.progress import SilentReporter, TerminalReporter
    from ailearn_jax.reporting import Run
    from ailearn_jax.sharding import is_first, make_mesh
    from ailearn_jax.training import NonFiniteLoss, Stopped

    deferred = Deferred()
    reporter = TerminalReporter(deferred, opening) if is_first() else SilentReporter(deferred)
    stop = together.agreed(lambda: deferred.pending)
    mesh = make_mesh(num_devices, configs.cpu_devices(fields))
    try:
        with redirect_stdout(sys.stderr):
            return lesson.train(config, workdir, Run(mesh, reporter, stop))
    except Stopped as stopped:
        reporter.finish()
        if is_first():
            say(f"Saved at step {stopped.step:,}.")
        raise Interrupted(stopped.signal) from stopped
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if jax.process_count() == 1:
            raise
        together.leave(error)
    except NonFiniteLoss as error:
        reporter.finish()
        say(f"Training failed: {error}. The last checkpoint stands as it was.")
        say("Try a lower learning rate, a lower clip_norm or more warmup_steps (--config.optimizer.…, with --restart).")
        return None
    finally:
        reporter.finish()


def _words(arguments: Arguments) -> list[str]:
    """The flags that name this run, for the next command."""
    words = [f"--{name}={arguments[name]}" for name in ("config", "workdir", "devices") if arguments[name] is not None]
    return words + [f"--config.{field}={text}" for field, text in arguments.overrides.items()]


def _opening(standing: Standing, lesson: int, workdir: Path) -> list[str]:
    """What is trained and on what, and whether it goes on from an earlier time."""
    devices = "CPU" if lesson in ON_CPU else machine.devices()
    lines = [f"lesson {lesson}, device: {devices}, {machine.num_cores()} cores"]
    if standing is Standing.UNFINISHED:
        lines.append(f"Going on with the unfinished run in {place(workdir)}.")
    elif standing is Standing.LONGER and lesson in RESUMABLE:
        lines.append("The run grows longer: the schedule of the learning rate is computed anew for all of it.")
    elif standing is Standing.LONGER:
        lines.append(f"The run grows longer; lesson {lesson} keeps no checkpoints and begins at its first step.")
    return lines


def _say_what_next(fields: Fields, here: list[str], workdir: Path, config: Path) -> None:
    say(f"Saved in {place(workdir)}.")
    run = [word for word in here if not word.startswith(("--config.", "--devices"))]
    for purpose, words in next_steps(fields, run, config.stem):
        _say_command(f"{purpose}:", *words)


def _draw(fields: Fields, result: "Result", workdir: Path, here: list[str]) -> None:
    """Draws what was learned, here and into files. The run is saved by now, whatever happens to its pictures."""
    if not drawing.wanted():
        return
    from ailearn_jax.app import charts  # brings rich with it

    try:
        charts.show(fields, result)
        pictures = drawing.draw(fields["lesson"], workdir)
    except drawing.FAILURES as error:
        say(f"No pictures could be drawn: {error}")
        run = [word for word in here if word.startswith(("--config=", "--workdir="))]
        _say_command("The run itself is whole. To draw them:", "plot", *run)
        return
    say("Drawn:")
    for path in [*sorted(workdir.rglob(runs.METRICS)), *pictures]:
        say(f"  {place(path)}", copied=True)


def _say_command(purpose: str, *words: str) -> None:
    say(purpose)
    say(f"  {command(*words)}", copied=True)
