"""`exercises`: what a learner writes, file by file, and what says whether it is right."""

from collections.abc import Sequence
from pathlib import PurePath

from ailearn_jax.app import marking
from ailearn_jax.app.command_line import EXERCISE_ACTIONS, FLAGS, Arguments
from ailearn_jax.app.course import TITLES
from ailearn_jax.app.notebook import Notebook, State, given
from ailearn_jax.app.terminal import paragraph, place, tell
from ailearn_jax.app.values import nearest
from ailearn_jax.errors import InputError, shown
from ailearn_jax.exercises import catalogue
from ailearn_jax.exercises.catalogue import Entry

OWNERS = {"give_up": "solution", "inputs": "check"}  # the one action that takes the flag


def run(arguments: Arguments) -> int:
    action = arguments.words[0] if arguments.words else "list"
    name = arguments.words[1] if len(arguments.words) > 1 else None
    if action not in EXERCISE_ACTIONS:
        guess = nearest(action, [*EXERCISE_ACTIONS, *names()])
        guess = guess if guess in EXERCISE_ACTIONS else f"check {guess}"  # a name without an action
        raise InputError(
            f"exercises: expected {', '.join(EXERCISE_ACTIONS)}, got {shown(action)}; did you mean {guess}?"
        )
    for flag, owner in OWNERS.items():
        if arguments[flag] is not FLAGS[flag].default and action != owner:
            raise InputError(f"--{flag}: expected with {owner}, got it with {action}; leave it out")
    notebook = Notebook(arguments.dir)
    if action == "list":
        marking.overview(notebook)
        return 0
    if action == "start":
        return start(notebook, named(name or "all"))
    entries: Sequence[Entry] = named(name) if name else catalogue.entries()
    following = marking.next_entry(notebook, among=entries)
    if name is None and following is None:
        tell("You have passed them all. To take one again, name it.")
        return 0
    if action == "check" and name is not None and len(entries) > 1:
        return check_several(notebook, entries)
    entry = following or next(iter(entries))
    match action:
        case "check":
            return check(notebook, entry, arguments["inputs"])
        case "watch":
            from ailearn_jax.app.watching import watch

            watch(notebook, entry)
        case "hint":
            marking.hint(notebook, entry)
        case "solution":
            solution(notebook, entry, arguments["give_up"])
        case "reset":
            reset(notebook, entries)
    return 0


def named(name: str) -> Sequence[Entry]:
    """The exercises that a user means: by name, by lesson, by file, or all.

    Raises:
        InputError: there are none of this name, or several lessons have one.
    """
    path = PurePath(name.removesuffix(".py").replace("\\", "/"))
    wanted = f"{path.parent.name}/{path.name}" if path.parent.name.startswith("lesson") else path.name
    entries = catalogue.entries()
    found = [entry for entry in entries if wanted in ("all", str(entry), entry.name, f"lesson{entry.lesson}")]
    if not found:
        guess = nearest(path.name, names())
        raise InputError(f"exercises: expected an exercise, a lesson or all, got {shown(name)}; did you mean {guess}?")
    if len(found) > 1 and wanted == found[0].name:
        alike = " or ".join(map(str, found))
        raise InputError(f"exercises: expected one exercise, got {shown(name)}; did you mean {alike}?")
    return found


def names() -> list[str]:
    """What a user may name: the lessons and the exercises."""
    return [f"lesson{number}" for number in TITLES] + [marking.called(entry) for entry in catalogue.entries()]


# --- The actions ------------------------------------------------------------------------------------------------------


def start(notebook: Notebook, entries: Sequence[Entry]) -> int:
    """Gives out the files that are not there yet."""
    new = [entry for entry in entries if notebook.text(entry) is None]
    for entry in new:
        notebook.write(entry)
    others = "; the others were there and stay as they are" if len(new) < len(entries) else ""
    tell(paragraph(f"{len(new)} of {len(entries)} files written to {place(notebook.folder)}{others}."))
    following = marking.next_entry(notebook, among=entries)
    if following:
        tell("\nGo on with:")
        marking.introduce(notebook, following)
        tell("\nOpen that file in your editor. Then let this check it each time you save:")
        tell(f"  {notebook.command('watch', marking.called(following))}")
    return 0


def check(notebook: Notebook, entry: Entry, seed: int | None) -> int:
    """Checks one exercise. Returns the exit code."""
    text = marking.text_of(notebook, entry)
    if text == given(entry):
        marking.introduce(notebook, entry)
        tell(paragraph("It is as you got it. Open it in your editor, and replace what is marked `your turn`."))
        return 1
    with marking.new_child(entry) as child:
        passes = marking.mark(notebook, entry, text, child, seed)
    if not passes:
        tell(f"For a hint:\n  {notebook.command('hint', marking.called(entry))}")
        return 1
    marking.tell_end_of_lesson(notebook, entry)
    if following := marking.next_entry(notebook, after=entry):
        tell("\nNext:")
        marking.introduce(notebook, following)
    else:
        tell("\nThat was the last one: you have written the whole course.")
    return 0


def check_several(notebook: Notebook, entries: Sequence[Entry]) -> int:
    """Checks each exercise that has been begun. Returns the exit code."""
    for entry in entries:
        text = notebook.text(entry)
        if text is None or text == given(entry):
            tell(f"{entry} is still to do.\n")
            continue
        with marking.new_child(entry) as child:
            marking.mark(notebook, entry, text, child)
        tell()
    passed = sum(map(notebook.has_passed, entries))
    tell(f"{passed} of {len(entries)} pass.")
    return 0 if passed == len(entries) else 1


def solution(notebook: Notebook, entry: Entry, give_up: bool) -> None:
    """Tells a solution to whoever has one, or gives up."""
    if not give_up and notebook.state(entry) != State.PASSED:
        command = notebook.command("solution", marking.called(entry), "--give_up")
        raise InputError(
            f"exercises solution: expected an exercise that passes, got {entry}, which does not yet; "
            f"to see the solution all the same: {command}"
        )
    tell(f"{entry}: a solution, in place of `your turn`\n\n{entry.exercise.solution}")
    marking.compare(entry)


def reset(notebook: Notebook, entries: Sequence[Entry]) -> None:
    """Gives the file out anew, and keeps what was there beside it."""
    if len(entries) > 1:
        raise InputError(
            "exercises reset: expected the name of one exercise, got none; for example " + marking.called(entries[0])
        )
    entry = entries[0]
    text = notebook.text(entry)
    if text == given(entry):
        tell(f"{place(notebook.path(entry))} is as you got it.")
        return
    if text is not None:
        tell(f"Your file is kept as {place(notebook.move_aside(entry))}.")
    notebook.write(entry)
    tell(f"{place(notebook.path(entry))} is as you first got it.")
