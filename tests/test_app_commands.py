"""The commands as a user runs them, one after the other, on small runs of lessons 6 and 8."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from program import LESSON6, LESSON8, TIMEOUT, command, run, write_text

from ailearn_jax import machine
from ailearn_jax.app import configs
from ailearn_jax.app.course import ROOT
from ailearn_jax.app.runs import Standing, standing

HOUR = ("--hr=17", "--temp=0.44", "--hum=0.82", "--windspeed=0.28", "--workingday=1")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the user stands: outside of the project, in a folder with a space in its name."""
    return tmp_path_factory.mktemp("a user")


@pytest.fixture(scope="module")
def lesson8(folder: Path) -> tuple[str, ...]:
    words = (*LESSON8, "--config.train.num_steps=40", f"--config.data.path={write_text(folder).name}")
    return (*words, "--workdir=tiny gpt")


@pytest.fixture(scope="module")
def trained8(lesson8: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    return run(*lesson8, cwd=folder, env=os.environ | {"AILEARN_JAX_PICTURES": "1"})


@pytest.fixture(scope="module")
def trained6(folder: Path) -> subprocess.CompletedProcess[str]:
    return run("train", *LESSON6, "--workdir=bikes", cwd=folder)


def project_files() -> dict[str, int]:
    """Every file of the project but what Python itself caches, and when it was changed."""
    folders = [
        path for path in ROOT.iterdir() if path.name in {"ailearn_jax", "configs", "data", "scripts", "checkpoints"}
    ]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path): path.stat().st_mtime_ns for path in files}


def assert_refused(process: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert process.returncode == 2 and process.stdout == ""
    assert process.stderr.count("\n") == 1 and all(part in process.stderr for part in parts), process.stderr


# --- train ------------------------------------------------------------------------------------------------------------


def test_train_prints_the_result_alone_on_standard_output(trained8: subprocess.CompletedProcess[str]):
    """Progress in the output that a script reads, or a baseline that is missing."""
    assert trained8.returncode == 0
    names = [line.split(": ")[0] for line in trained8.stdout.splitlines() if not line.startswith("usual")]
    assert names == [
        "validation loss",
        "the same a byte",
        "beside it:",
        "  uniform",
        "  unigram",
        "  bigram",
        "  trigram",
        "  5-gram (Witten-Bell)",
    ]
    figures = [line for line in trained8.stdout.splitlines() if not line.startswith(("usual", "beside"))]
    assert all(line.endswith((" nats/character", " bits")) for line in figures)


def test_train_tells_device_data_size_and_progress_in_plain_lines(trained8: subprocess.CompletedProcess[str]):
    """A library's warning or log line among the news, an escape sequence in a file, a step left out."""
    lines = trained8.stderr.splitlines()
    assert lines[0].startswith(f"lesson 8, device: {'2 x CPU' if machine.num_cores() > 1 else 'CPU'}, ")
    assert "characters to train on" in lines[1] and "parameters" in lines[1]
    assert lines[2].startswith("ln 61 = 4.111 is the loss of a guess") and lines[3].startswith(
        "losses published for Tiny Shakespeare do not apply"
    )
    assert [line.split("  ")[0] for line in lines[4:9]] == [f"step {step}/40" for step in (0, 10, 20, 30, 40)]
    assert all(re.search(r"  [\d,]+/s  \d+ s left$", line) for line in lines[5:9])
    assert lines[9:11] == ["Drawn:", f"  {Path('tiny gpt', 'metrics.csv')}"]
    assert lines[-3:-1] == ["Saved in tiny gpt.", "To write text:"] and "\x1b" not in trained8.stderr
    assert len(lines) > 14 and all(line.startswith("  tiny gpt") for line in lines[10:-3])


def test_the_command_shown_at_the_end_works(trained8: subprocess.CompletedProcess[str], folder: Path):
    """A suggestion with a path that breaks at a space, or that must be given the overrides again."""
    words = shlex.split(trained8.stderr.splitlines()[-1])
    process = subprocess.run(words, capture_output=True, text=True, cwd=folder, timeout=TIMEOUT)
    assert process.returncode == 0 and len(process.stdout) > 500


def test_a_run_writes_nothing_outside_of_its_folder(folder: Path):
    """A checkout on a read-only disk that cannot be used, even with --workdir elsewhere."""
    before = project_files()
    assert run("train", *LESSON6, "--config.train.num_epochs=1", "--workdir=elsewhere", cwd=folder).returncode == 0
    assert project_files() == before


def test_a_finished_run_says_so_and_shows_its_result(
    trained8: subprocess.CompletedProcess[str], lesson8: tuple[str, ...], folder: Path
):
    """A second training over the first, or an exit code that stops a script."""
    files = {path: path.stat().st_mtime_ns for path in (folder / "tiny gpt").rglob("*")}
    process = run(*lesson8, cwd=folder)
    assert process.returncode == 0 and process.stdout == trained8.stdout
    assert process.stderr.startswith("This run is finished. To begin anew:\n") and "--restart" in process.stderr
    assert {path: path.stat().st_mtime_ns for path in (folder / "tiny gpt").rglob("*")} == files


def test_another_run_in_the_same_folder_is_refused(
    trained8: subprocess.CompletedProcess[str], lesson8: tuple[str, ...], folder: Path
):
    """Two runs mixed in one folder."""
    process = run(*lesson8, "--config.seed=1", "--config.train.batch_size=6", cwd=folder)
    assert_refused(process, "seed=1 (was 0)", "train.batch_size=6 (was 12)", "--restart")


@pytest.mark.slow
def test_a_longer_run_goes_on_from_a_finished_one(folder: Path, tmp_path: Path):
    """A longer run that begins at its first step or is silent on the schedule; the shorter one's result kept."""
    words = (*LESSON8, f"--config.data.path={write_text(tmp_path)}", "--workdir=growing")
    assert run(*words, "--config.train.num_steps=20", cwd=tmp_path).returncode == 0
    process = run(*words, "--config.train.num_steps=40", cwd=tmp_path)
    assert process.returncode == 0 and "computed anew" in process.stderr
    steps = [line.split("  ")[0] for line in process.stderr.splitlines() if line.startswith("step")]
    assert steps == ["step 30/40", "step 40/40"]
    assert json.loads((tmp_path / "growing" / "result.json").read_text())["config"]["train"]["num_steps"] == 40


@pytest.mark.slow
def test_restart_keeps_the_run_before(tmp_path: Path):
    """A restart that throws the earlier run away."""
    words = (*LESSON8, "--config.train.num_steps=20", f"--config.data.path={write_text(tmp_path)}", "--workdir=again")
    first = run(*words, cwd=tmp_path)
    second = run(*words, "--config.seed=1", "--restart", cwd=tmp_path)
    assert first.returncode == second.returncode == 0 and first.stdout != second.stdout
    assert "The earlier run is now in again.old1." in second.stderr
    assert run("evaluate", "--workdir=again.old1", cwd=tmp_path).stdout == first.stdout


@pytest.mark.parametrize(
    "words, parts",
    [
        (["--config.train.batch_size=0"], ["config.train.batch_size: expected", "got 0"]),
        (["--config.model.num_heads=3"], ["config.model.num_heads: expected a divisor of model.embed_dim (16), got 3"]),
        (["--config.data.path=missing.txt"], ["missing.txt: expected a text file, got No such file"]),
        (["--workdir=page.txt"], ["--workdir: expected a folder, got the file page.txt"]),
    ],
)
def test_bad_input_leaves_nothing_in_the_way(words: list[str], parts: list[str], tmp_path: Path):
    """A mistake that leaves behind what then refuses the mended command."""
    text = write_text(tmp_path)
    process = run(*LESSON8, f"--config.data.path={text.name}", "--workdir=run", *words, cwd=tmp_path)
    assert_refused(process, *parts)
    assert standing(tmp_path / "run", configs.load(configs.find("lesson8"), {})) is Standing.NEW


# --- generate ---------------------------------------------------------------------------------------------------------


def generate(folder: Path, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return run("generate", "--workdir=tiny gpt", "--length=40", *words, cwd=folder, env=env)


def test_generate_prints_the_prompt_and_what_follows(trained8: subprocess.CompletedProcess[str], folder: Path):
    """The prompt left out, the wrong number of characters, another text for the same seed, or the same for another."""
    first, again, other = (generate(folder, "--prompt=First", f"--seed={seed}") for seed in (1, 1, 2))
    assert first.returncode == 0 and first.stdout.startswith("First")
    assert first.stdout == again.stdout != other.stdout
    shown = first.stdout.removesuffix("\n").replace("\\x1b", "\x1b")
    assert len(shown) == len("First") + 40


def test_a_prompt_may_be_empty_or_longer_than_the_context(trained8: subprocess.CompletedProcess[str], folder: Path):
    """A prompt of 17 characters that a context of 16 cannot take."""
    long = "Before we proceed any further" * 3
    for prompt in ("", long):
        process = generate(folder, f"--prompt={prompt}")
        assert process.returncode == 0 and process.stdout.startswith(prompt) and len(process.stdout) >= len(prompt) + 41


def test_control_characters_in_a_prompt_are_shown(trained8: subprocess.CompletedProcess[str], folder: Path):
    """A prompt, or a text that was learned, that colours the terminal or worse."""
    process = generate(folder, "--prompt=\x1b[31m")
    assert process.returncode == 0 and process.stdout.startswith("\\x1b[31m") and "\x1b" not in process.stdout


def test_text_comes_while_it_is_made_and_stops_with_its_reader(
    trained8: subprocess.CompletedProcess[str], folder: Path
):
    """`| head` that waits for ten million characters, or ends in a BrokenPipeError."""
    words = command("generate", "--workdir=tiny gpt", "--length=10000000")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stdout and process.stderr
        assert len(process.stdout.read(100)) == 100
        process.stdout.close()
        assert process.wait(TIMEOUT) == 141 and process.stderr.read() == "by the checkpoint of step 40\n"


def test_a_locale_without_the_symbols_is_no_error(trained8: subprocess.CompletedProcess[str], folder: Path):
    """A UnicodeEncodeError where the terminal knows ASCII only."""
    process = generate(folder, "--prompt=é", env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert process.returncode == 0 and process.stdout.startswith("\\xe9")


@pytest.mark.parametrize(
    "words, parts",
    [
        (["--prompt=First 漢"], ["--prompt", "漢", "position 7"]),
        (["--checkpoint=7"], ["--checkpoint: expected best, last or one of", "got '7'"]),
        (["--config=lesson6"], ["--workdir: expected a run of lesson 6, got one of lesson 8"]),
        (["--config.model.embed_dim=32"], ["--config.model.embed_dim: expected 16 as in training, got 32"]),
        (["--workdir=missing"], ["expected a trained lesson in missing, got none; train it first: "]),
    ],
)
def test_generate_refuses(words: list[str], parts: list[str], trained8: subprocess.CompletedProcess[str], folder: Path):
    """A traceback; or text of another model than the one that was asked for."""
    assert_refused(generate(folder, *words), *parts)


# --- predict ----------------------------------------------------------------------------------------------------------


def test_predict_prints_bikes_an_hour(trained6: subprocess.CompletedProcess[str], folder: Path):
    """A prediction that cannot be read by a person, or by a program."""
    assert trained6.returncode == 0, trained6.stderr
    process = run("predict", "--workdir=bikes", *HOUR, cwd=folder)
    assert process.returncode == 0 and "model of step 380" in process.stderr
    name, value, unit = process.stdout.rstrip().split(" ", 2)
    assert (name, unit) == ("predicted:", "bikes an hour") and 0 <= int(value) < 1000
    figures = json.loads(run("predict", "--workdir=bikes", *HOUR, "--json", cwd=folder).stdout)["figures"]
    assert figures[0]["name"] == "predicted" and round(figures[0]["value"]) == int(value)


@pytest.mark.parametrize(
    "words, parts",
    [
        (HOUR[:2], ["--hum (0 to 1), --windspeed (0 to 1), --workingday (0 to 1)"]),
        ((*HOUR, "--season=1", "--mnth=2"), ["got --season, --mnth; leave them out"]),
        ((*HOUR, "--config.data.features=all"), ["--config.data.features: expected five as in training, got 'all'"]),
    ],
)
def test_predict_refuses(
    words: tuple[str, ...], parts: list[str], trained6: subprocess.CompletedProcess[str], folder: Path
):
    """A column that is taken for zero, or given and not read."""
    assert_refused(run("predict", "--workdir=bikes", *words, cwd=folder), *parts)


def test_a_model_of_all_columns_asks_for_all_of_them(tmp_path: Path):
    """A model of twelve columns that is fed five."""
    words = (*LESSON6, "--config.train.num_epochs=1", "--config.data.features=all", "--workdir=all")
    assert run(*words, cwd=tmp_path).returncode == 0
    process = run("predict", "--workdir=all", *HOUR, cwd=tmp_path)
    assert_refused(process, "--season (1 to 4)", "--yr (0 to 1)", "--weathersit (1 to 4)", "--atemp (0 to 1)")
    others = ("--season=1", "--yr=0", "--mnth=1", "--holiday=0", "--weekday=6", "--weathersit=1", "--atemp=0.2879")
    assert run("predict", "--workdir=all", *HOUR, *others, cwd=tmp_path).stdout.startswith("predicted: ")


def test_a_command_of_another_lesson_is_refused(
    trained6: subprocess.CompletedProcess[str], trained8: subprocess.CompletedProcess[str], folder: Path
):
    """An AttributeError of a lesson that cannot predict, or cannot write."""
    assert_refused(run("predict", "--workdir=tiny gpt", *HOUR, cwd=folder), "expected lesson 6 or 7, got lesson 8")
    assert_refused(run("generate", "--workdir=bikes", cwd=folder), "expected lesson 8, got lesson 6")


def test_no_training_of_another_lesson_is_asked_for(tmp_path: Path):
    """Minutes of training, after which the command is refused all the same."""
    process = run("predict", "--config=lesson8", "--workdir=new", *HOUR, cwd=tmp_path)
    assert_refused(process, "predict: expected lesson 6 or 7, got lesson 8; choose another --config")


def test_predicting_before_training_names_the_command(tmp_path: Path):
    """A FileNotFoundError, or a folder made by a command that only reads."""
    process = run("predict", "--config=lesson6", "--workdir=new", *HOUR, cwd=tmp_path)
    assert_refused(process, "expected a trained lesson in new, got none; train it first: ")
    assert " train --config=lesson6 --workdir=new" in process.stderr and not (tmp_path / "new").exists()


# --- evaluate ---------------------------------------------------------------------------------------------------------


def test_evaluate_prints_what_training_printed(
    trained6: subprocess.CompletedProcess[str], trained8: subprocess.CompletedProcess[str], folder: Path
):
    """A figure measured on other rows, or rounded another way, than at the end of training."""
    for name, trained in {"bikes": trained6, "tiny gpt": trained8}.items():
        process = run("evaluate", f"--workdir={name}", cwd=folder)
        assert process.returncode == 0 and process.stdout == trained.stdout


def test_evaluate_judges_no_unfinished_run(trained8: subprocess.CompletedProcess[str], folder: Path, tmp_path: Path):
    """Causes for a high loss, where the cause is that training was stopped."""
    run_folder = shutil.copytree(folder / "tiny gpt", tmp_path / "stopped")
    (run_folder / "result.json").unlink()
    process = run("evaluate", "--workdir=stopped", cwd=tmp_path)
    assert "usual: the band does not apply to a run that is not at its end\n" in process.stdout
    assert "with other" not in process.stdout


def test_evaluate_gives_json(trained6: subprocess.CompletedProcess[str], folder: Path):
    """JSON that a program cannot read, or that differs from what a person reads."""
    figures = json.loads(run("evaluate", "--workdir=bikes", "--json", cwd=folder).stdout)["figures"]
    assert figures[0]["name"] == "test RMSE" and figures[0]["unit"] == "bikes"
    assert f"test RMSE: {figures[0]['value']:.1f} bikes" in trained6.stdout
    assert all(set(figure) == {"name", "value", "unit"} for figure in figures)


def test_a_restart_that_fails_leaves_the_earlier_run(trained6: subprocess.CompletedProcess[str], folder: Path):
    """A finished run moved aside for one that cannot begin: `predict` then finds nothing under its name."""
    before = sorted(path.name for path in folder.iterdir())
    words = (*LESSON6, "--workdir=bikes", "--restart", "--config.data.path=missing.csv")
    process = run(*words, cwd=folder)
    assert process.returncode == 2 and "missing.csv" in process.stderr
    assert sorted(path.name for path in folder.iterdir()) == before
    assert run("evaluate", "--workdir=bikes", cwd=folder).returncode == 0


def test_another_lessons_folder_is_refused_in_a_line(trained6: subprocess.CompletedProcess[str], folder: Path):
    """Each of forty fields named as a difference, when it is the lesson that differs."""
    process = run("--config=lesson8", "--workdir=bikes", cwd=folder)
    assert process.returncode == 2
    assert process.stderr == "bikes: expected a run of lesson 8, got one of lesson 6; choose another --workdir\n"


def test_a_result_that_is_no_number_is_no_result(folder: Path):
    """`Saved`, the next lesson, and NaN in the JSON, where gradient descent has left the bowl."""
    process = run("--config=lesson1", "--config.optimizer.learning_rate=9.0", "--workdir=diverged", cwd=folder)
    assert process.returncode == 1 and process.stdout == ""
    assert process.stderr.splitlines()[-1].startswith("Training failed: the result is not finite. Try a lower")
    assert not (folder / "diverged" / "result.json").exists()


def test_early_lessons_have_no_checkpoint_to_choose(folder: Path):
    """A flag that is taken and means nothing."""
    assert run("--config=lesson1", "--config.train.num_steps=5", "--workdir=line", cwd=folder).returncode == 0
    process = run("evaluate", "--workdir=line", "--checkpoint=7", cwd=folder)
    assert process.returncode == 2 and "lesson 1 keeps no checkpoints" in process.stderr


def test_a_flag_that_is_taken_for_a_value(folder: Path):
    """`--prompt --length=20` that writes on from the text "--length=20"."""
    process = run("generate", "--config=lesson8", "--prompt", "--length=20", cwd=folder)
    assert process.returncode == 2 and process.stderr == "--prompt: expected a value, got none; write --prompt=VALUE\n"
