"""Checks an exercise each time its file is saved. The file is looked at again and again: any editor will do."""

from ailearn_jax.app import marking
from ailearn_jax.app.keyboard import Key, keys
from ailearn_jax.app.notebook import Notebook, State
from ailearn_jax.app.terminal import tell
from ailearn_jax.exercises.catalogue import Entry

PAUSE = 0.2  # seconds between two looks
KEYS = "Keys: h for a hint, n for the next exercise, l for the list, q to quit."


def watch(notebook: Notebook, entry: Entry) -> None:
    """Watches `entry`, then the ones that the learner goes on to, until there are no more or `q` is pressed."""
    following: Entry | None = entry
    with keys() as key:
        while following is not None:
            following = _watch_one(notebook, following, key)


def _watch_one(notebook: Notebook, entry: Entry, key: Key) -> Entry | None:
    """Returns the exercise to go on to; None to end."""
    state = notebook.state(entry)
    if state == State.MISSING:
        notebook.write(entry)
    seen = marking.text_of(notebook, entry)  # before a word is said: a save right after it counts
    marking.introduce(notebook, entry)
    tell(f"Open it in your editor. It is checked here each time you save.\n{KEYS}\n")
    checked = seen if state in (State.MISSING, State.TO_DO, State.PASSED) else None
    child = marking.new_child(entry)  # it loads JAX while the learner writes
    try:
        while True:
            text = notebook.text(entry)
            if text is not None and text == seen and text != checked:  # an editor that was writing has come to its end
                checked = text
                if marking.mark(notebook, entry, text, child):
                    marking.tell_end_of_lesson(notebook, entry)
                    tell("Press n for the next exercise.\n")
                else:
                    tell(f"{KEYS}\n")
                child.close()
                child = marking.new_child(entry)
            seen = text
            match key(PAUSE):
                case "h":
                    marking.hint(notebook, entry)
                    tell()
                case "l":
                    marking.overview(notebook)
                    tell(f"{KEYS}\n")  # the list has scrolled them away
                case "n":
                    following = marking.next_entry(notebook, after=entry)
                    tell("" if following else "There are no more: you have written the whole course.")
                    return following
                case "q":
                    return None
    finally:
        child.close()
