"""`exercises` as a learner uses it: what is written, shown, kept and watched."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import program
import pytest

from ailearn_jax.app.course import ROOT
from ailearn_jax.app.main import main
from ailearn_jax.app.notebook import PROGRESS, Notebook, State
from ailearn_jax.exercises import catalogue
from ailearn_jax.exercises.catalogue import Entry

ENTRY = Entry(2, "inputs_and_targets")  # its file needs no JAX, so its check is quick
SOLVED = ENTRY.exercise.filled(ENTRY.exercise.solution)
WRONG = ENTRY.exercise.filled(ENTRY.exercise.planted[0].hole)


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """A learner's folder with the exercises of lesson 2 in it."""
    notebook = Notebook(tmp_path / "mine")
    assert run(notebook, "start", "lesson2") == 0
    return notebook


def run(notebook: Notebook, *words: str) -> int:
    return main(["exercises", *words, f"--dir={notebook.folder}"])


def output(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_start_gives_out_all_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """An exercise without a file, or a first step that is not named."""
    notebook = Notebook(tmp_path)
    assert run(notebook, "start") == 0
    assert all(notebook.state(entry) == State.TO_DO for entry in catalogue.entries())
    first = catalogue.entries()[0]
    assert str(first) in output(capsys) and "watch" in notebook.command("watch")


def test_start_never_writes_over_what_is_there(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A learner's work lost to a second `start`."""
    notebook.path(ENTRY).write_text("mine", encoding="utf-8")
    notebook.path(Entry(2, "linear_model")).unlink()
    capsys.readouterr()
    assert run(notebook, "start", "lesson2") == 0
    assert "1 of 8 files written" in output(capsys)
    assert notebook.text(ENTRY) == "mine"


def test_progress_follows_the_file(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A pass that stays when the file is broken again, or one that is lost when the change is taken back."""
    path = notebook.path(ENTRY)
    path.write_text(SOLVED, encoding="utf-8")
    assert notebook.state(ENTRY) == State.BEGUN
    assert run(notebook, "check", ENTRY.name) == 0
    assert "passes." in output(capsys) and notebook.state(ENTRY) == State.PASSED
    path.write_text(WRONG, encoding="utf-8")
    assert notebook.state(ENTRY) == State.CHANGED
    assert run(notebook, "check", ENTRY.name) == 1
    assert run(notebook) == 0
    assert "changed inputs_and_targets" in output(capsys)
    path.write_bytes(SOLVED.replace("\n", "\r\n").encode())  # as an editor on Windows saves it
    assert notebook.state(ENTRY) == State.PASSED


def test_a_failure_is_told_with_its_seed_and_can_be_had_again(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A failure that nobody can look at twice, since the inputs are others each time."""
    notebook.path(ENTRY).write_text(WRONG, encoding="utf-8")
    capsys.readouterr()
    messages = []
    for _ in range(2):
        assert run(notebook, "check", ENTRY.name, "--inputs=17") == 1
        messages.append(output(capsys))
    assert messages[0] == messages[1] and "--inputs=17" in messages[0]
    assert "among the inputs" in messages[0] and "exercises hint inputs_and_targets" in messages[0]


def test_a_pass_names_the_lesson_and_the_next_one(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A learner left without a way on, or sent to a line where something else stands."""
    notebook.path(ENTRY).write_text(SOLVED, encoding="utf-8")
    capsys.readouterr()
    assert run(notebook, "check", str(notebook.path(ENTRY))) == 0
    said = output(capsys)
    file, first, last = catalogue.lines_of("lesson2.batch_of")
    assert ENTRY.exercise.holds in said and f"lesson2.py:{first}-{last}" in said and "lesson2/first_weights" in said
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[first - 1].startswith("def batch_of") and lines[last - 1].endswith('"targets": table[:, -1]}')


def test_a_file_that_raises_is_told_with_its_line(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """The solution checked in the place of the learner's file."""
    notebook.path(ENTRY).write_text(SOLVED + "\nraise ValueError('mine')\n", encoding="utf-8")
    capsys.readouterr()
    assert run(notebook, "check", ENTRY.name) == 1
    said = output(capsys)
    assert "ValueError: mine" in said and f"line {SOLVED.count(chr(10)) + 2} raise ValueError('mine')" in said
    assert notebook.state(ENTRY) == State.BEGUN


def test_the_end_of_a_lesson_is_told(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A learner who has written a whole lesson and is not told so."""
    for entry in catalogue.entries():
        if entry.lesson == 2:
            text = entry.exercise.filled(entry.exercise.solution)
            notebook.path(entry).write_text(text, encoding="utf-8")
            notebook.note_check(entry, text, passed=entry != ENTRY)
    capsys.readouterr()
    assert run(notebook, "check", ENTRY.name) == 0
    said = output(capsys)
    assert "all that lesson 2 teaches" in said and "--config=lesson2" in said


def test_a_lesson_is_checked_whole(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A lesson counted as passed of which only one exercise is."""
    notebook.path(ENTRY).write_text(SOLVED, encoding="utf-8")
    capsys.readouterr()
    assert run(notebook, "check", "lesson2") == 1
    said = output(capsys)
    assert "lesson2/linear_model is still to do" in said
    assert f"1 of {sum(entry.lesson == 2 for entry in catalogue.entries())} pass" in said


def test_what_is_not_begun_is_not_checked(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A failure told at length to whoever has not written a line yet."""
    capsys.readouterr()
    assert run(notebook, "check", ENTRY.name) == 1
    assert "as you got it" in output(capsys)


def test_hints_come_one_by_one(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """All hints at once, or the same one for ever."""
    capsys.readouterr()
    hints = ENTRY.exercise.hints
    for number in (1, 2, 3, 3):
        assert run(notebook, "hint", ENTRY.name) == 0
        said = output(capsys)
        assert [" ".join(hint.split()) in said for hint in hints] == [i < number for i in range(3)]
    assert "--give_up" in said


def test_the_solution_wants_a_pass_or_giving_up(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A solution shown by one key too many."""
    capsys.readouterr()
    assert run(notebook, "solution", ENTRY.name) == 2
    said = capsys.readouterr()
    assert "--give_up" in said.err and ENTRY.exercise.solution not in said.out
    assert run(notebook, "solution", ENTRY.name, "--give_up") == 0
    assert ENTRY.exercise.solution in capsys.readouterr().out


def test_reset_keeps_what_was_there(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A learner's lines thrown away, by one reset or by the second."""
    for i, text in enumerate(("first", "second"), 1):
        notebook.path(ENTRY).write_text(text, encoding="utf-8")
        assert run(notebook, "reset", ENTRY.name) == 0
        assert notebook.path(ENTRY).with_name(f"{ENTRY.name}.old{i}.py").read_text(encoding="utf-8") == text
    assert notebook.state(ENTRY) == State.TO_DO


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "did you mean check?"),
        (["check", "linear"], "did you mean linear_model?"),
        (["check", "lesson9"], "expected an exercise, a lesson or all, got 'lesson9'"),
        (["check", "a", "b"], "got exercises and 'b'"),
        (["hint", ENTRY.name, "--give_up"], "--give_up: expected with solution"),
        (["hint", ENTRY.name, "--inputs=0"], "--inputs: expected with check"),
        (["reset", "lesson2"], "expected the name of one exercise"),
        (["check", "lesson1/forward_pass"], "expected your file, got none"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(
    words: list[str], message: str, notebook: Notebook, capsys: pytest.CaptureFixture[str]
):
    """A mistake that does something else, or a traceback."""
    capsys.readouterr()
    assert run(notebook, *words) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and not out


def test_damaged_progress_is_told_with_the_mend(notebook: Notebook, capsys: pytest.CaptureFixture[str]):
    """A file that somebody has edited ends in a traceback, or is silently begun anew."""
    for text in ("{", "[]", '{"lesson2/linear_model": {"hints": "two"}}'):
        (notebook.folder / PROGRESS).write_text(text, encoding="utf-8")
        assert run(notebook) == 2
        assert f"{PROGRESS}: expected the exercises that passed" in capsys.readouterr().err


def test_progress_survives_a_kill(tmp_path: Path):
    """A progress file cut off by a kill while it is written, and every pass lost with it."""
    notes = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from ailearn_jax.app.notebook import Notebook
from ailearn_jax.exercises.catalogue import entries
notebook = Notebook(Path({str(tmp_path)!r}))
print("begun", flush=True)
for number in range(1_000_000):
    for entry in entries():
        notebook.note_hints(entry, number)
"""
    for wait in (0.05, 0.15, 0.3):
        process = subprocess.Popen([sys.executable, "-c", notes], stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline() == b"begun\n"
        while not (tmp_path / PROGRESS).exists():
            time.sleep(0.01)
        time.sleep(wait)
        process.kill()
        process.communicate()
        assert json.loads((tmp_path / PROGRESS).read_text(encoding="utf-8"))
        assert Notebook(tmp_path).hints(catalogue.entries()[0]) >= 0


def test_the_first_page_counts_the_exercises(capsys: pytest.CaptureFixture[str]):
    """A course whose first page does not say that there are exercises."""
    assert main([]) == 0
    assert f"of {len(catalogue.entries())} passed" in output(capsys)


@pytest.mark.parametrize("words", [["exercises"], ["exercises", "start"]])
def test_lines_fit_the_terminal(words: list[str], tmp_path: Path):
    """Lines that a terminal of 80 columns breaks."""
    process = program.run(*words, "--dir=mine", cwd=tmp_path, env=os.environ | {"COLUMNS": "80"})
    assert process.returncode == 0
    shown = [line for line in process.stdout.splitlines() if "run.py" not in line]
    assert max(map(len, shown)) <= 80


def test_the_list_brings_no_jax(tmp_path: Path):
    """A list that takes as long as training starts to take."""
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ailearn_jax.app.main import main; "
        f"main(['exercises', '--dir=mine']); print('jax' in sys.modules, file=sys.stderr)"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert process.stderr == "False\n"


# --- watch ------------------------------------------------------------------------------------------------------------


class Watched:
    """`exercises watch` in a terminal of its own."""

    def __init__(self, notebook: Notebook, name: str) -> None:
        import pty

        self.master, self.slave = pty.openpty()
        words = ["exercises", "watch", name, f"--dir={notebook.folder}"]
        self.process = subprocess.Popen(
            program.command(*words), stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True
        )
        self.seen = ""

    def wait_for(self, words: str, seconds: float = 60) -> str:
        """What was shown until `words` came; it is not looked at again."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {words!r} in {seconds} seconds after:\n{self.seen}"
            self.seen += os.read(self.master, 4096).decode()
        before, _, self.seen = self.seen.partition(words)
        return before

    def press(self, key: str) -> None:
        os.write(self.master, key.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_watch_checks_on_each_save_and_obeys_its_keys(notebook: Notebook):
    """A save that is not seen; a key that does nothing; a terminal left without its echo."""
    import termios

    watched = Watched(notebook, ENTRY.name)
    try:
        before = termios.tcgetattr(watched.slave)
        watched.wait_for("q to quit")
        notebook.path(ENTRY).write_text(WRONG, encoding="utf-8")
        watched.wait_for("among the inputs")
        watched.wait_for("q to quit")
        watched.press("h")
        watched.wait_for("Hint 1 of 3")
        watched.press("l")
        watched.wait_for("begun    inputs_and_targets")
        broken = ENTRY.exercise.filled("    return {(\n")
        notebook.path(ENTRY).write_text(broken, encoding="utf-8")
        watched.wait_for("SyntaxError")
        saved = notebook.path(ENTRY).with_suffix(".tmp")  # as many editors do: written beside, then renamed
        saved.write_text(SOLVED, encoding="utf-8")
        os.replace(saved, notebook.path(ENTRY))
        watched.wait_for("passes.")
        watched.wait_for("Press n")
        watched.press("n")
        watched.wait_for("lesson2/first_weights")
        watched.wait_for("q to quit")
        watched.press("q")
        assert watched.process.wait(timeout=20) == 0
        assert termios.tcgetattr(watched.slave) == before
        assert notebook.state(ENTRY) == State.PASSED
    finally:
        watched.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_watch_ends_by_a_signal_with_the_terminal_as_it_was(notebook: Notebook):
    """A Ctrl-C after which nothing that is typed can be seen, or that leaves the learner's process running."""
    import termios

    watched = Watched(notebook, ENTRY.name)
    try:
        before = termios.tcgetattr(watched.slave)
        watched.wait_for("q to quit")
        watched.process.send_signal(signal.SIGINT)
        assert watched.process.wait(timeout=20) == 130
        assert termios.tcgetattr(watched.slave) == before
    finally:
        watched.close()
