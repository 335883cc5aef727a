"""Configs: finding, loading, checking and overriding them.

The config that ships with a lesson is the schema of all configs of that lesson: it names the fields and their types.
Here a config is held flat, as Fields.
"""

import os
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from ailearn_jax import machine, memory
from ailearn_jax.app.course import ROOT, TITLES
from ailearn_jax.app.values import Kind, nearest
from ailearn_jax.errors import InputError, shortened, shown
from ailearn_jax.ranges import check_config, flatten

CONFIGS = ROOT / "configs"
MOST_SHARED = 2_500_000  # weights; with more, averaging gradients costs what a second device saves (768 tokens a step)
Fields = dict[str, Any]  # {"lesson": 8, "train.batch_size": 64}


def find(name: str) -> Path:
    """The config file that `--config=name` means: a path from here or from the project, or a shipped config's name.

    Raises:
        InputError: there is none.
    """
    candidates = [Path(os.path.expanduser(name)), ROOT / name, CONFIGS / name, CONFIGS / f"{name}.py"]
    for path in candidates:
        try:
            if path.is_file():
                return path.absolute()
        except OSError:  # a name too long to be one
            break
    guess = nearest(Path(name).stem, shipped())
    raise InputError(f"--config: expected a config file or its name, got {shown(name)}; did you mean {guess}?")


def shipped() -> list[str]:
    """The names of the configs that come with the course."""
    return sorted(path.stem for path in CONFIGS.glob("*.py"))


def nearest_shipped(fields: Fields) -> tuple[str, Fields]:
    """The shipped config of the same lesson that `fields` differ from in the fewest fields, and its name."""
    known = {name: load(CONFIGS / f"{name}.py", {}) for name in shipped()}
    same_lesson = {name: other for name, other in known.items() if other["lesson"] == fields["lesson"]}
    return min(same_lesson.items(), key=lambda item: sum(item[1][name] != value for name, value in fields.items()))


def load(path: Path, overrides: Mapping[str, str]) -> Fields:
    """The config in the file at `path`, checked, with `overrides` (field: text) in place.

    Raises:
        InputError: the file is no config of a lesson, a field or a value is wrong, or the model takes too much memory.
    """
    fields = checked(flatten(_execute(path)), str(path))
    fields = _from_anywhere(fields) | parsed(overrides, fields["lesson"])
    config = unflatten(fields)
    check_config(config)
    if config["lesson"] >= 6:
        memory.check_memory(config)
    return fields


def parsed(overrides: Mapping[str, str], lesson: int) -> Fields:
    """The values of `overrides`, fields and texts from the command line.

    Raises:
        InputError: a field is unknown, or a text is no value of its kind.
    """
    schema = schema_of(lesson)
    for name in overrides:
        if name not in schema:
            given, guess = f"--config.{shortened(name)}", f"--config.{nearest(name, schema)}"
            raise InputError(f"{given}: expected a field of the config; did you mean {guess}?")
        if name == "lesson":
            raise InputError("--config.lesson: expected the lesson that the config is of; choose another --config")
    return _from_anywhere({name: schema[name].parse(f"--config.{name}", text) for name, text in overrides.items()})


def checked(fields: Fields, source: str) -> Fields:
    """`fields` in the types of their lesson's schema.

    Raises:
        InputError: they are no config of a lesson: a field is missing, unknown or of another type.
    """
    lesson = fields.get("lesson")
    if type(lesson) is not int or lesson not in TITLES:
        raise InputError(f"{source}: expected config.lesson to be 1 to {max(TITLES)}, got {shown(lesson)}; mend it")
    schema = schema_of(lesson)
    if unknown := fields.keys() - schema.keys():
        name = min(unknown)
        raise InputError(f"{source}: expected no field config.{name}; did you mean config.{nearest(name, schema)}?")
    if missing := schema.keys() - fields.keys():
        raise InputError(f"{source}: expected config.{min(missing)}, which is missing; see configs/ for its meaning")
    return {name: schema[name].check(f"{source}: config.{name}", fields[name]) for name in schema}


@cache
def schema_of(lesson: int) -> dict[str, Kind]:
    """The kind of each field of a lesson's configs."""
    config = _execute(CONFIGS / f"lesson{lesson}.py")
    return {name: Kind.of(value, _declared_type(config, name)) for name, value in flatten(config).items()}


def unflatten(fields: Fields) -> dict[str, Any]:
    """The inverse of `flatten`: {"train.batch_size": 64} as {"train": {"batch_size": 64}}."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        *sections, key = name.split(".")
        section = values
        for part in sections:
            section = section.setdefault(part, {})
        section[key] = value
    return values


def for_lesson(fields: Fields) -> ConfigDict:
    """The config as a lesson takes it."""
    return ConfigDict(unflatten(fields))


def cpu_devices(fields: Fields) -> int:
    """Into how many devices training parts the CPU, if nobody says.

    Two in lesson 8, where each computes its own rows of a batch: 28% less a step, with nanoGPT's CPU settings 23%. In
    lessons 6 and 7 devices would wait for each other longer than a step takes. The text is not read yet: a vocabulary
    of 65 symbols is taken.
    """
    if fields["lesson"] != 8 or machine.num_cores() == 1:
        return 1
    divides = fields["train.batch_size"] % (2 * fields["train.accumulate"]) == 0
    num_weights, _ = memory.needed(unflatten(fields), vocab_size=65)
    return 2 if divides and num_weights <= MOST_SHARED else 1


def _from_anywhere(fields: Fields) -> Fields:
    """`fields` with the whole path of the data, so that a run can be used from another folder than it was begun in."""
    path = fields.get("data.path")
    return fields | {"data.path": str(Path(os.path.expanduser(path)).absolute())} if path else fields


# A config is a program of the user's: these say that it is not right.
_PROGRAM_ERRORS = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


def _execute(path: Path) -> ConfigDict:
    try:
        get_config = runpy.run_path(str(path)).get("get_config")
        config = get_config() if callable(get_config) else None
    except _PROGRAM_ERRORS as error:
        raise InputError(f"{path}: expected a config, got {type(error).__name__}: {error}; mend the file") from error
    if not isinstance(config, ConfigDict):
        raise InputError(f"{path}: expected get_config() to give a ConfigDict, got {shown(config)}; see configs/")
    return config


def _declared_type(config: Any, name: str) -> type:
    *sections, key = name.split(".")
    for part in sections:
        config = config[part]
    return config.get_type(key)
