"""One exercise: what is said when its file is checked, when a hint is asked for, and when it is the next one."""

import secrets
from collections.abc import Sequence

from ailearn_jax.app.course import TITLES
from ailearn_jax.app.notebook import Notebook, State
from ailearn_jax.app.terminal import columns, command, paragraph, place, tell
from ailearn_jax.errors import InputError
from ailearn_jax.exercises import catalogue
from ailearn_jax.exercises.catalogue import Entry
from ailearn_jax.exercises.process import Child, judge

PRINTED = 10  # lines of what the learner's file prints that are shown


def new_child(entry: Entry) -> Child:
    """A process that loads what the exercise's file imports, while something else is done here."""
    exercise = entry.exercise
    return Child(catalogue.imports_of(exercise.filled(exercise.starter)))


def mark(notebook: Notebook, entry: Entry, text: str, child: Child, seed: int | None = None) -> bool:
    """Checks the learner's file, which says `text`, by a new `child`; tells what came of it and keeps it."""
    seed = secrets.randbelow(10_000) if seed is None else seed
    exercise, path = entry.exercise, notebook.path(entry)
    failure = judge(exercise, text, path, seed, child)
    notebook.note_check(entry, text, passed=failure is None)
    printed = child.printed().rstrip().splitlines()
    if printed:
        tell("Your file printed:")
        tell("\n".join(f"  {line[:200]}" for line in printed[-PRINTED:]))
        tell()
    if failure:
        tell(f"{entry} does not pass yet.\n")
        tell(f"{failure}\n")
        tell(paragraph(f"The inputs are drawn at random; check with --inputs={seed} for the same ones."))
        return False
    tell(paragraph(f"{entry} passes. {exercise.holds}"))
    compare(entry)
    return True


def compare(entry: Entry) -> None:
    """Says where the course's own code is that the exercise is about."""
    file, first, last = catalogue.lines_of(entry.exercise.stands_in)
    tell("Compare it with the course's own code:")
    tell(f"  {place(file)}:{first}" + (f"-{last}" if last > first else ""))


def tell_end_of_lesson(notebook: Notebook, entry: Entry) -> None:
    """Says so where all exercises of the lesson pass."""
    lesson = [other for other in catalogue.entries() if other.lesson == entry.lesson]
    if next_entry(notebook, among=lesson) is None:
        tell(f"\nYou have written all that lesson {entry.lesson} teaches. See it run:")
        tell(f"  {command(f'--config=lesson{entry.lesson}')}")


def introduce(notebook: Notebook, entry: Entry) -> None:
    """Says what the exercise is about and where its file is."""
    tell(f"{entry}: {entry.title}")
    tell(f"  {place(notebook.path(entry))}")


def hint(notebook: Notebook, entry: Entry) -> None:
    """Tells the hints so far and one more."""
    hints = entry.exercise.hints
    number = min(notebook.hints(entry) + 1, len(hints))
    notebook.note_hints(entry, number)
    for i, text in enumerate(hints[:number], 1):
        tell(paragraph(f"Hint {i} of {len(hints)}: {text}"))
    if number < len(hints):
        tell("Ask again for one more.")
    else:
        tell(f"No hints are left. To see a solution:\n  {notebook.command('solution', called(entry), '--give_up')}")


def overview(notebook: Notebook) -> None:
    """Tells of each exercise how it stands, and where to go on."""
    entries = catalogue.entries()
    states = {entry: notebook.state(entry) for entry in entries}
    passed = sum(state == State.PASSED for state in states.values())
    tell(f"{passed} of {len(entries)} exercises pass.")
    for lesson in sorted({entry.lesson for entry in entries}):
        tell(f"\nLesson {lesson}. {TITLES[lesson]}")
        rows = [(f"{states[entry]:8} {entry.name}", entry.title) for entry in entries if entry.lesson == lesson]
        tell(columns(rows))
    tell()
    if State.CHANGED in states.values():
        tell(paragraph("changed: the file passed, and was edited since; check it again."))
    following = next_entry(notebook)
    if following is None:
        tell("You have written the whole course.")
    elif states[following] == State.MISSING:
        tell(f"To get the files:\n  {notebook.command('start')}")
    else:
        tell("Go on with:")
        introduce(notebook, following)
        tell(f"Check it once, or each time you save:\n  {notebook.command('check')}\n  {notebook.command('watch')}")


def next_entry(notebook: Notebook, after: Entry | None = None, among: Sequence[Entry] | None = None) -> Entry | None:
    """The first of the exercises that does not pass, from `after` on and then from the beginning; None if all do."""
    entries = list(among or catalogue.entries())
    first = entries.index(after) + 1 if after else 0
    return next((entry for entry in entries[first:] + entries[:first] if not notebook.has_passed(entry)), None)


def called(entry: Entry) -> str:
    """The exercise's name, with its lesson where another lesson has one of the same name."""
    alike = [other for other in catalogue.entries() if other.name == entry.name]
    return entry.name if len(alike) == 1 else str(entry)


def text_of(notebook: Notebook, entry: Entry) -> str:
    """What the learner's file says.

    Raises:
        InputError: there is none.
    """
    text = notebook.text(entry)
    if text is None:
        start = notebook.command("start", called(entry))
        raise InputError(f"{place(notebook.path(entry))}: expected your file, got none; get it by {start}")
    return text
