"""`play`: a page for the browser, to try out what has been trained."""

from pathlib import Path

from ailearn_jax.app import environment
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import ROOT
from ailearn_jax.errors import InputError, shown


def run(arguments: Arguments) -> int:
    folder = ROOT / "checkpoints" if arguments["runs"] is None else Path(arguments["runs"]).expanduser()
    if arguments["runs"] is not None and not folder.is_dir():
        raise InputError(f"--runs: expected a folder with a folder a run, got {shown(arguments['runs'])}; correct it")
    environment.prepare()
    from ailearn_jax.app.play import server

    server.serve(folder, arguments["port"])
    return 0
