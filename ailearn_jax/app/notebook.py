"""The learner's folder: a file an exercise, and progress.json beside them, which follows the files."""

import enum
import hashlib
import json
from pathlib import Path
from typing import Any

from ailearn_jax.app import whole
from ailearn_jax.app.course import MY_EXERCISES
from ailearn_jax.app.terminal import command, place
from ailearn_jax.errors import InputError, StorageError, shown
from ailearn_jax.exercises.catalogue import Entry

PROGRESS = "progress.json"


class State(enum.StrEnum):
    """Where an exercise stands."""

    MISSING = "no file"
    TO_DO = "to do"
    BEGUN = "begun"
    PASSED = "passed"
    CHANGED = "changed"  # since it passed


class Notebook:
    """What a learner has written in `folder`, and what is known of it.

    progress.json holds for each exercise how many hints were given and the SHA-256 of the file that passed: whoever
    changes a file that passed has one to check again, and whoever takes the change back has passed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, entry: Entry) -> Path:
        return self.folder / f"{entry}.py"

    def text(self, entry: Entry) -> str | None:
        """What the learner's file says; None where there is no file."""
        try:
            return self.path(entry).read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
        except FileNotFoundError:
            return None

    def command(self, *words: str) -> str:
        """This program with `exercises` and `words`, for this folder."""
        folder = () if self.folder == MY_EXERCISES else (f"--dir={place(self.folder)}",)
        return command("exercises", *words, *folder)

    def state(self, entry: Entry) -> State:
        text, passed = self.text(entry), self._notes(entry).get("passed")
        if text is None:
            return State.MISSING
        if passed == _digest(text):
            return State.PASSED
        if text == given(entry):
            return State.TO_DO
        return State.CHANGED if passed else State.BEGUN

    def has_passed(self, entry: Entry) -> bool:
        """As `state`, but quick: no exercise is loaded for it."""
        text, passed = self.text(entry), self._notes(entry).get("passed")
        return text is not None and passed == _digest(text)

    def hints(self, entry: Entry) -> int:
        """How many were given."""
        return self._notes(entry).get("hints", 0)

    # --- What changes the folder --------------------------------------------------------------------------------------

    def write(self, entry: Entry) -> None:
        """Gives out the exercise's file. What is there already is never written over."""
        try:
            self.path(entry).parent.mkdir(parents=True, exist_ok=True)
            with self.path(entry).open("x", encoding="utf-8", newline="\n") as file:
                file.write(given(entry))
        except OSError as error:
            raise _storage_error(self.path(entry), error) from error

    def move_aside(self, entry: Entry) -> Path:
        """Gives the learner's file another name, which is returned, and forgets what was known of it."""
        path, number = self.path(entry), 1
        while (aside := path.with_name(f"{path.stem}.old{number}.py")).exists():
            number += 1
        try:
            path.rename(aside)
        except OSError as error:
            raise _storage_error(path, error) from error
        self._note(entry, passed=None, hints=None)
        return aside

    def note_check(self, entry: Entry, text: str, passed: bool) -> None:
        """Keeps that the file, when it said `text`, has passed; or that it has not after all."""
        if passed:
            self._note(entry, passed=_digest(text))
        elif self._notes(entry).get("passed") == _digest(text):
            self._note(entry, passed=None)

    def note_hints(self, entry: Entry, number: int) -> None:
        self._note(entry, hints=number)

    # --- progress.json ------------------------------------------------------------------------------------------------

    def _notes(self, entry: Entry) -> dict[str, Any]:
        return self._read().get(str(entry), {})

    def _note(self, entry: Entry, **notes: Any) -> None:
        """Changes the notes of an exercise; None takes one away. The file is there as it was, or as it will be."""
        progress = self._read()
        kept = {name: value for name, value in (self._notes(entry) | notes).items() if value is not None}
        progress[str(entry)] = kept
        path = self.folder / PROGRESS
        try:
            whole.write(path, (json.dumps(progress, indent=1, sort_keys=True) + "\n").encode())
        except OSError as error:
            raise _storage_error(path, error) from error

    def _read(self) -> dict[str, dict[str, Any]]:
        path = self.folder / PROGRESS
        try:
            progress = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            raise _damaged(path) from error
        if not isinstance(progress, dict) or not all(map(_are_notes, progress.values())):
            raise _damaged(path)
        return progress


def given(entry: Entry) -> str:
    """The file as a learner gets it."""
    return entry.exercise.filled(entry.exercise.starter)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _are_notes(notes: Any) -> bool:
    return isinstance(notes, dict) and isinstance(notes.get("passed", ""), str) and type(notes.get("hints", 0)) is int


def _damaged(path: Path) -> InputError:
    return InputError(
        f"{place(path)}: expected the exercises that passed, as JSON, got {shown(path.read_bytes()[:80])}; "
        f"remove it, and {command('exercises', 'check', 'all')} finds out anew"
    )


def _storage_error(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{place(path)}: expected to read and write it, got {error.strerror}; make room or choose --dir"
    )
