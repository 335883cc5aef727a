"""The language of the command line: what is understood, what is refused, and in which words."""

import subprocess
import sys
from pathlib import Path

import pytest

from ailearn_jax import bikes, sampling
from ailearn_jax.app import command_line, terminal
from ailearn_jax.app.command_line import COMMANDS, FEATURE_FLAGS, FLAGS, parse
from ailearn_jax.app.course import ROOT, TITLES
from ailearn_jax.app.main import main
from ailearn_jax.errors import InputError

RUN = ROOT / "scripts" / "run.py"


def test_config_alone_trains():
    """A default command other than `train`."""
    assert parse(["--config=lesson8"]).command == "train"


@pytest.mark.parametrize("words", [["--hr=17"], ["--hr", "17"], ["-hr=17"], ["-hr", "17"], ["--hr=3", "--hr=17"]])
def test_a_flag_and_its_value_may_be_written_in_these_ways(words: list[str]):
    """Only one way to write a flag understood, or the first of two values taken."""
    assert parse(["predict", *words])["hr"] == 17


def test_a_value_may_begin_with_a_dash_or_hold_an_equals_sign():
    """A value taken for a flag, or cut off at its own equals sign."""
    arguments = parse(["generate", "--prompt", "-a=b", "--seed=3"])
    assert (arguments["prompt"], arguments["seed"]) == ("-a=b", 3)


def test_a_switch_takes_no_value_but_may_be_given_one():
    """A switch that swallows the next word."""
    assert parse(["predict", "--json", "--hr=1"])["json"] is True
    assert parse(["predict", "--json=false"])["json"] is False


def test_overrides_are_kept_as_text():
    """An override lost, or taken for a flag."""
    arguments = parse(["--config=lesson6", "--config.train.num_epochs=5", "--config.data.split", "time"])
    assert arguments.overrides == {"train.num_epochs": "5", "data.split": "time"}


def test_flags_that_are_not_given_have_their_defaults():
    """A default that differs from what the help says, or a flag of another command in the way."""
    arguments = parse(["generate"])
    assert (arguments["length"], arguments["temperature"], arguments["top_k"], arguments["top_p"]) == (
        500,
        0.8,
        None,
        1,
    )
    assert "hr" not in arguments.flags


@pytest.mark.parametrize(
    "words, message",
    [
        (["trian"], "did you mean train?"),
        (["lesson1"], "did you mean --config=lesson1?"),
        (["workdir"], "did you mean --workdir?"),
        (["hint"], "did you mean exercises hint?"),
        (["--learning_rate=1"], "did you mean --config.optimizer.learning_rate?"),
        (["--epochs=5"], "did you mean --config.train.num_epochs?"),
        (["predict", "generate"], "expected one command, got predict and 'generate'"),
        (["--confg=lesson8"], "did you mean --config?"),
        (["generate", "--temprature=1"], "did you mean --temperature?"),
        (["--train.num_epochs=5"], "did you mean --config.train.num_epochs?"),
        (["--config"], "--config: expected a value, got none"),
        (["--hr=5"], "--hr: expected with predict, got it with train"),
        (["--seed=5"], "did you mean --config.seed?"),
        (["doctor", "--config.seed=5"], "--config.seed: expected with train, predict, generate, evaluate"),
        (["predict", "--hr=24"], "--hr: expected 0 to 23, got 24"),
        (["predict", "--hr=-1"], "--hr: expected 0 to 23, got -1"),
        (["predict", "--hr=5.5"], "--hr: expected a whole number, got '5.5'"),
        (["predict", "--temp=1.01"], "--temp: expected 0 to 1, got 1.01"),
        (["predict", "--hum=nan"], "--hum: expected a finite number, got nan"),
        (["predict", "--windspeed=-inf"], "--windspeed: expected a finite number, got -inf"),
        (["predict", "--workingday=2"], "--workingday: expected 0 to 1, got 2"),
        (["predict", "--workingday=yes"], "--workingday: expected a whole number, got 'yes'"),
        (["predict", "--json=perhaps"], "--json: expected true or false, got 'perhaps'"),
        (["generate", "--length=0"], "--length: expected 1 to 10,000,000, got 0"),
        (["generate", "--temperature=-0.1"], "--temperature: expected 0 to 1,000, got -0.1"),
        (["generate", "--top_k=0"], "--top_k: expected 1 to 10,000,000, got 0"),
        (["generate", "--top_p=0"], "--top_p: expected above 0, up to 1, got 0.0"),
        (["generate", "--top_p=1.1"], "--top_p: expected above 0, up to 1, got 1.1"),
        (["generate", "--seed=" + "9" * 5000], "--seed: expected a whole number, got '999"),
        (["generate", "--workdir=a\0b"], "--workdir: expected text, got 'a\\x00b'"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]):
    """A mistake that passes, another exit code than 2, a traceback, or a message that names neither side."""
    assert main(words) == 2
    output, errors = capsys.readouterr()
    assert message in errors and errors.count("\n") == 1 and len(errors) < 300 and not output


def test_the_limits_themselves_are_allowed():
    """A range that leaves out its ends."""
    words = ["--hr=0", "--temp=0", "--hum=1", "--windspeed=1", "--workingday=1"]
    assert [parse(["predict", *words])[name] for name in bikes.FIVE] == [0, 0, 1, 1, 1]
    assert parse(["generate", "--temperature=0", "--top_p=1", "--top_k=1", "--length=1"])["temperature"] == 0


def test_the_ranges_of_features_are_those_of_the_table():
    """A range changed in one of its two places: here, where it must be known without pandas, and in bikes.py."""
    ranges = {name: (flag.low, flag.high, flag.help) for name, flag in FEATURE_FLAGS.items()}
    assert ranges == bikes.COLUMNS
    assert tuple(FEATURE_FLAGS)[:5] == bikes.FIVE


def test_what_the_flags_allow_the_sampler_allows():
    """A range changed in one of its two places: here and in sampling.py."""
    for ends in (lambda flag: flag.low, lambda flag: flag.high):
        length, temperature, top_k = (ends(FLAGS[name]) for name in ("length", "temperature", "top_k"))
        sampling.check_sampling(length, temperature, top_k, 1.0)
    for name, values in {"length": (0, 10_000_001), "temperature": (-0.1, 1000.1), "top_k": (0, 10_000_001)}.items():
        for value in values:
            with pytest.raises(InputError):
                sampling.check_sampling(**{"length": 1, "temperature": 1.0, "top_k": 1, "top_p": 1.0, name: value})


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"], ["predict", "--help"]])
def test_help_names_every_command_flag_and_lesson(words: list[str], capsys: pytest.CaptureFixture[str]):
    """A command, flag or lesson added without a word in the help; help that ends as an error."""
    assert main(words) == 0
    text = capsys.readouterr().out
    for name in [*COMMANDS, *(f"--{flag}" for flag in FLAGS), *(f"lesson{number}" for number in TITLES)]:
        assert name in text
    assert "0 to 23" in text and "(degrees Celsius + 8) / 47" in text


@pytest.mark.parametrize("columns", [40, 80])
def test_help_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch):
    """Lines that a narrow terminal breaks within a word."""
    monkeypatch.setenv("COLUMNS", str(columns))
    assert max(map(len, command_line.help_text().splitlines())) <= columns


@pytest.mark.parametrize(
    "words, code",
    [
        (["--help"], 0),
        (["--config=lesson9"], 2),
        (["--config=lesson8", "--config.train.num_step=5"], 2),
        (["--config=lesson8", "--config.train.num_steps=0"], 2),
        (["--config=lesson6", "--config.train.batch_size=99999"], 2),
        (["--config=lesson8", "--config.model.embed_dim=100000"], 2),
    ],
)
def test_help_and_config_errors_import_nothing_heavy(words: list[str], code: int, tmp_path: Path):
    """An import that costs a learner seconds before any word; bench.py has the clock."""
    heavy = "{'jax', 'flax', 'orbax', 'optax', 'grain', 'pandas', 'numpy', 'rich', 'matplotlib'}"
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ailearn_jax.app.main import main; "
        f"code = main({words!r}); print(sorted({heavy} & set(sys.modules)), code, file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert loaded.stderr.splitlines()[-1] == f"[] {code}"


def test_a_missing_package_is_named_with_the_mend(tmp_path: Path):
    """A traceback for whoever forgot to activate the environment."""
    bare = [sys.executable, "-S", "-E", RUN, "--help"]  # -S: without the installed packages
    process = subprocess.run(bare, capture_output=True, text=True, cwd=tmp_path)
    assert process.returncode == 1
    assert "got no ml_collections; activate the environment" in process.stderr and process.stderr.count("\n") == 1


def test_the_command_shown_can_be_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A command shown that does not work from the folder one is in, or breaks at a space."""
    monkeypatch.chdir(tmp_path)
    shown = terminal.command("--help", "--prompt=two words")
    assert str(RUN) in shown and "'--prompt=two words'" in shown
    monkeypatch.chdir(ROOT)
    assert f" {Path('scripts/run.py')} " in terminal.command("--help")
