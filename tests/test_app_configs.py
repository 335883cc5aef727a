"""Configs: found by path or name, held against the schema of their lesson, overridden by flags."""

from pathlib import Path

import pytest
from ml_collections import ConfigDict

from ailearn_jax import machine
from ailearn_jax.app import configs
from ailearn_jax.app.course import ROOT
from ailearn_jax.app.values import Kind
from ailearn_jax.errors import InputError
from ailearn_jax.ranges import flatten

LESSON6 = ROOT / "configs" / "lesson6.py"


def write_config(folder: Path, change: str) -> Path:
    """The config of lesson 6 with one more line before it is returned."""
    path = folder / "mine.py"
    path.write_text(LESSON6.read_text().replace("    return config\n", f"    {change}\n    return config\n"))
    return path


@pytest.mark.parametrize("name", ["lesson6", "lesson6.py", "configs/lesson6.py", "configs/../configs/lesson6.py"])
def test_a_shipped_config_is_found_from_any_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A config found only from the project's own folder."""
    monkeypatch.chdir(tmp_path)
    assert configs.find(name).samefile(LESSON6)


def test_a_config_of_ones_own_is_found_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A shipped config taken where the user has one of the same name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lesson6.py").write_text(LESSON6.read_text())
    assert configs.find("lesson6.py") == tmp_path / "lesson6.py"


@pytest.mark.parametrize("name, guess", [("lesson66", "lesson6"), ("configs/leson8.py", "lesson8"), ("x" * 5000, "l")])
def test_a_missing_config_names_the_nearest(name: str, guess: str):
    """A config error that leaves one to search, or the file system's own error."""
    with pytest.raises(InputError, match=f"did you mean {guess}"):
        configs.find(name)


def test_an_override_has_the_type_of_its_field():
    """A number kept as text, a tuple as a string, none not understood."""
    fields = configs.load(
        LESSON6,
        {
            "train.num_epochs": "7",
            "optimizer.learning_rate": "1e-2",
            "optimizer.clip_norm": "3",
            "model.hidden": "(32, 16)",
            "data.split": "time",
            "data.path": "none",
        },
    )
    assert fields["train.num_epochs"] == 7 and fields["data.split"] == "time" and fields["data.path"] is None
    assert fields["optimizer.learning_rate"] == 0.01 and isinstance(fields["optimizer.clip_norm"], float)
    assert fields["model.hidden"] == (32, 16)


@pytest.mark.parametrize(
    "text, hidden", [("64", (64,)), ("()", ()), ("", ()), ("64,64,", (64, 64)), ("[8, 9]", (8, 9))]
)
def test_a_tuple_may_be_written_in_these_ways(text: str, hidden: tuple[int, ...]):
    """A tuple of one or of none refused, or its members left as text."""
    assert configs.load(LESSON6, {"model.hidden": text})["model.hidden"] == hidden


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("train.num_epoch", "5", "did you mean --config.train.num_epochs"),
        ("num_epochs", "5", "did you mean --config.train.num_epochs"),
        ("train", "5", "expected a field of the config"),
        ("lesson", "7", "choose another --config"),
        ("train.num_epochs", "5.5", "expected a whole number, got '5.5'"),
        ("train.num_epochs", "", "expected a whole number, got ''"),
        ("optimizer.learning_rate", "nan", "expected a finite number, got nan"),
        ("optimizer.learning_rate", "inf", "expected a finite number, got inf"),
        ("optimizer.learning_rate", "1e999", "expected a finite number, got inf"),
        ("optimizer.learning_rate", "fast", "expected a finite number, got 'fast'"),
        ("model.hidden", "64,abc", "expected a whole number, got 'abc'"),
        ("model.hidden", "64,1.5", "expected a whole number, got '1.5'"),
        ("data.path", "a\0b", "expected text or none, got"),
    ],
)
def test_a_wrong_override_is_refused(name: str, text: str, message: str):
    """What ml_collections' own flags accept: text in a tuple of numbers, nan for a rate; or a traceback of 54 lines."""
    with pytest.raises(InputError, match=message) as caught:
        configs.load(LESSON6, {name: text})
    assert str(caught.value).startswith(f"--config.{name}: ")


@pytest.mark.parametrize(
    "change, message",
    [
        (
            "config.train.num_epoch = 5",
            r"expected no field config\.train\.num_epoch; did you mean config\.train\.num_epochs",
        ),
        ("del config.train.num_epochs", r"expected config\.train\.num_epochs, which is missing"),
        ("del config.optimizer", r"expected config\.optimizer\.beta2, which is missing"),
        ("config.optimizer = 3", "expected"),
        ("del config.lesson", "expected config.lesson to be 1 to 8, got None"),
        ("config.lesson = 9", "expected config.lesson to be 1 to 8, got 9"),
        ("config = config.to_dict(); config['lesson'] = [6]", "expected get_config.. to give a ConfigDict"),
        ("config.optimizer.learning_rate = float('nan')", "expected a finite number, got nan"),
        ("config.optimizer.learning_rate = 10**400", "got OverflowError"),
        ("config.train.num_epochs = 1 // 0", "got ZeroDivisionError"),
        ("config['no such key']", "got KeyError"),
        ("config.model.hidden = (64, '64')", "expected a whole number, got '64'"),
        ("config.model.hidden = (64, True)", "expected a whole number, got True"),
        ("config.train = config.tran", "got AttributeError"),
        ("return 1 +", "got SyntaxError"),
        ("import no_such_module", "got ModuleNotFoundError"),
    ],
)
def test_a_config_file_that_does_not_fit_is_refused(change: str, message: str, tmp_path: Path):
    """A dead key, a missing one or a value of another type that shows only in training, or never."""
    path = write_config(tmp_path, change)
    with pytest.raises(InputError, match=message) as caught:
        configs.load(path, {})
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_file_without_get_config_is_refused(tmp_path: Path):
    """An error of Python for the name of a function that the user has not heard of."""
    path = tmp_path / "mine.py"
    path.write_text("config = 3\n")
    with pytest.raises(InputError, match="expected get_config.. to give a ConfigDict, got None"):
        configs.load(path, {})


def test_a_whole_number_may_stand_for_a_float(tmp_path: Path):
    """`config.optimizer.clip_norm = 1` refused, or kept as an int, which JSON would tell from 1.0."""
    fields = configs.load(
        write_config(tmp_path, "config.optimizer.unlock(); config.optimizer = {**config.optimizer, 'clip_norm': 1}"), {}
    )
    assert fields["optimizer.clip_norm"] == 1.0 and isinstance(fields["optimizer.clip_norm"], float)


def test_the_path_of_data_is_remembered_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A run that can be gone on with only from the folder that it was begun in."""
    monkeypatch.chdir(tmp_path)
    assert configs.load(LESSON6, {"data.path": "mine.csv"})["data.path"] == str(tmp_path / "mine.csv")


@pytest.mark.parametrize("name", configs.shipped())
def test_every_shipped_config_fits_its_schema(name: str):
    """A variant with a field that its lesson's own config lacks."""
    fields = configs.load(configs.find(name), {})
    config = configs.for_lesson(fields)
    assert isinstance(config, ConfigDict) and flatten(config.to_dict()) == fields


def test_nested_and_flat_are_the_same():
    """A field lost on the way to a lesson or to JSON."""
    values = {"seed": 1, "train": {"num_steps": 2, "deep": {"er": None}}, "model": {"hidden": (3,)}}
    assert configs.unflatten(flatten(values)) == values


def test_an_empty_tuple_has_whole_numbers():
    """hidden = (), the linear model, in whose place no size could be given."""
    assert Kind.of((), tuple).parse("hidden", "3,4") == (3, 4)


@pytest.mark.parametrize(
    ("name", "overrides", "num_cores", "expected"),
    [
        ("lesson8", {}, 2, 2),
        ("lesson8", {}, 8, 2),
        ("lesson8", {}, 1, 1),
        ("lesson8", {"train.batch_size": "13"}, 2, 1),
        ("lesson8", {"train.batch_size": "6", "train.accumulate": "2"}, 2, 1),
        ("lesson8", {"model.num_layers": "12"}, 2, 2),
        ("lesson8", {"model.num_layers": "14"}, 2, 1),
        ("lesson6", {}, 2, 1),
        ("lesson1", {}, 2, 1),
    ],
)
def test_two_devices_only_where_they_gain_time(
    name: str, overrides: dict[str, str], num_cores: int, expected: int, monkeypatch: pytest.MonkeyPatch
):
    """A batch of 13 that is refused though nobody asked for two devices.

    Or weights whose gradients take longer to average than a second device saves.
    """
    monkeypatch.setattr(machine, "num_cores", lambda: num_cores)
    assert configs.cpu_devices(configs.load(configs.find(name), overrides)) == expected
