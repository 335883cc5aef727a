"""Without arguments: what this is, where one stands, the command to go on with."""

from ailearn_jax.app import bands, outcome, runs
from ailearn_jax.app.command_line import Arguments
from ailearn_jax.app.course import MY_EXERCISES, ROOT, TITLES
from ailearn_jax.app.notebook import Notebook
from ailearn_jax.app.terminal import columns, command, paragraph, tell
from ailearn_jax.errors import InputError
from ailearn_jax.exercises import catalogue

UNTRAINED, UNFINISHED = "Not trained yet", "Not at its end"


def run(arguments: Arguments) -> int:
    states = {f"lesson{number}": _state(f"lesson{number}") for number in TITLES}
    tell(paragraph("A course in eight lessons, from gradients worked out by hand to a small GPT, in JAX and Flax."))
    tell()
    tell(columns((name, f"{title}. {states[name]}.") for name, title in zip(states, TITLES.values(), strict=True)))
    tell()
    following = next((name for name, state in states.items() if state in (UNTRAINED, UNFINISHED)), None)
    if following:
        tell(f"Read what comes next, then run it:\n  {command('read', following)}")
        tell(f"  {command(f'--config={following}')}")
    else:
        tell(f"All are trained. Write text:\n  {command('generate', '--config=lesson8')}")
    passed = sum(map(Notebook(MY_EXERCISES).has_passed, catalogue.entries()))
    tell(f"Exercises, {passed} of {len(catalogue.entries())} passed:\n  {command('exercises')}")
    tell(f"All commands:\n  {command('--help')}")
    return 0


def _state(name: str) -> str:
    """Whether the shipped config `name` is trained, and what came of it."""
    workdir = ROOT / "checkpoints" / name
    if not (workdir / runs.CONFIG).exists():
        return UNTRAINED
    if not (workdir / runs.RESULT).exists():
        return UNFINISHED if runs.has_checkpoints(workdir) else UNTRAINED
    try:
        fields, result = runs.saved_result(workdir)
    except InputError:
        return f"Damaged: {command('doctor')} says more"
    judgement = bands.judge(result.figures[0], fields)
    return f"Trained: {outcome.line(result.figures[0])}" + (f" ({judgement.word})" if judgement else "")
