"""The language of the command line: which commands and flags there are, and what a user has written in it."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ailearn_jax.app import configs, terminal
from ailearn_jax.app.course import MY_EXERCISES, ROOT, TITLES
from ailearn_jax.app.values import Kind, nearest
from ailearn_jax.errors import InputError, shortened, shown


class Flag(NamedTuple):
    """A flag of this program: its kind, the range of its value, what stands for it when it is not given."""

    kind: Kind
    help: str
    low: float | None = None
    high: float | None = None
    above: bool = False  # the value is above `low`, never equal to it
    default: Any = None
    longest: int | None = None  # characters of a text

    @property
    def range(self) -> str:
        """In words, such as "0 to 23"."""
        if self.low is None:
            return ""
        return f"above {self.low}, up to {self.high:,}" if self.above else f"{self.low} to {self.high:,}"

    def parse(self, name: str, text: str) -> Any:
        """The value that `text` stands for.

        Raises:
            InputError: it is of another kind, or outside the range.
        """
        value = self.kind.parse(name, text)
        if self.longest is not None and len(text) > self.longest:
            raise InputError(f"{name}: expected at most {self.longest} characters, got {shown(text)}")
        if self.low is None or self.high is None:
            return value
        if not self.low <= value <= self.high or (self.above and value == self.low):
            raise InputError(f"{name}: expected {self.range}, got {shown(value)}")
        return value


TEXT, WHOLE, REAL, SWITCH = Kind(str), Kind(int), Kind(float), Kind(bool)

FEATURE_FLAGS = {
    "hr": Flag(WHOLE, "hour of the day", 0, 23),
    "temp": Flag(REAL, "temperature, (degrees Celsius + 8) / 47", 0, 1),
    "hum": Flag(REAL, "humidity, percent / 100", 0, 1),
    "windspeed": Flag(REAL, "wind speed, (km/h) / 67", 0, 1),
    "workingday": Flag(WHOLE, "1 on a day that is neither weekend nor holiday", 0, 1),
    "season": Flag(WHOLE, "1 winter to 4 autumn", 1, 4),
    "yr": Flag(WHOLE, "0 is 2011, 1 is 2012", 0, 1),
    "mnth": Flag(WHOLE, "month", 1, 12),
    "holiday": Flag(WHOLE, "1 on a public holiday", 0, 1),
    "weekday": Flag(WHOLE, "0 Sunday to 6 Saturday", 0, 6),
    "weathersit": Flag(WHOLE, "1 clear to 4 heavy rain", 1, 4),
    "atemp": Flag(REAL, "felt temperature, (degrees Celsius + 16) / 66", 0, 1),
}

FLAGS = {
    "config": Flag(TEXT, "a config file, or a name in configs/, such as lesson6"),
    "workdir": Flag(TEXT, "folder of the run; default: checkpoints/<config's name>"),
    "devices": Flag(WHOLE, "to share a batch; default: all GPUs, or two of a CPU for lesson 8", 1, 1024),
    "coordinator": Flag(TEXT, "HOST:PORT of process 0, where several train together"),
    "num_processes": Flag(WHOLE, "how many they are", 1, 100_000),
    "process_id": Flag(WHOLE, "which one this is", 0, 99_999),
    "distributed": Flag(SWITCH, "the same three, as the cluster's environment says", default=False),
    "restart": Flag(SWITCH, "move an earlier run in the folder aside and begin anew", default=False),
    "checkpoint": Flag(TEXT, "best, last or the number of a step", default="best", longest=20),
    **FEATURE_FLAGS,
    "prompt": Flag(TEXT, "the text to go on from; may be empty", default="\n"),
    "length": Flag(WHOLE, "characters to write", 1, 10_000_000, default=500),
    "temperature": Flag(REAL, "0: the likeliest; 1: as believed", 0, 1000, default=0.8),
    "top_k": Flag(WHOLE, "draw from the k likeliest characters only", 1, 10_000_000),
    "top_p": Flag(REAL, "draw from the likeliest share", 0, 1, above=True, default=1.0),
    "seed": Flag(WHOLE, "of the draws alone", 0, 2**32 - 1, default=0),
    "dir": Flag(TEXT, "folder of your exercises; default: my_exercises/"),
    "give_up": Flag(SWITCH, "show the solution of an exercise that does not pass yet", default=False),
    "inputs": Flag(WHOLE, "the seed that a check told", 0, 2**32 - 1),
    "json": Flag(SWITCH, "figures as JSON", default=False),
    "study": Flag(SWITCH, "train first what the pictures compare", default=False),
    "runs": Flag(TEXT, "a folder with a folder for each run; default: checkpoints/"),
    "port": Flag(WHOLE, "of the page; 0 takes a free one", 0, 65535, default=0),
}


class Command(NamedTuple):
    """A command: what it does, and the flags that it takes."""

    help: str
    flags: tuple[str, ...]
    words: int = 0  # how many may follow its name at most, such as the page that `read` shows


RUN = ("config", "workdir")  # the flags that say which run
TOGETHER = ("coordinator", "num_processes", "process_id", "distributed")  # those by which processes find each other
EXERCISE_ACTIONS = ("list", "start", "check", "watch", "hint", "solution", "reset")  # what may follow `exercises`
DRAWING = ("prompt", "length", "temperature", "top_k", "top_p", "seed")

COMMANDS = {
    "train": Command("train a lesson, or go on with it; the default", (*RUN, "devices", *TOGETHER, "restart")),
    "predict": Command("bikes rented in an hour, by lesson 6 or 7", (*RUN, "checkpoint", *FEATURE_FLAGS, "json")),
    "generate": Command("write text, by lesson 8", (*RUN, "checkpoint", *DRAWING)),
    "evaluate": Command("a trained lesson's figures", (*RUN, "checkpoint", "json")),
    "plot": Command("draw a trained lesson's pictures again", (*RUN, "study")),
    "explain": Command("a lesson's parameters, a step's cost, places in the code", ("config",)),
    "report": Command("a run, or all lessons, on a page for the browser", RUN),
    "exercises": Command(
        f"write it yourself: {', '.join(EXERCISE_ACTIONS[1:])}",
        ("dir", "give_up", "inputs"),
        words=2,
    ),
    "verify_resume": Command("show that a killed run goes on to the same bits", ("config",)),
    "play": Command("try out what has been trained, on a page in the browser", ("runs", "port")),
    "read": Command("a lesson as a text; without a name, which there are", (), words=1),
    "doctor": Command("versions, devices, data, and how to mend what is wrong", ("json",)),
}


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What a user has written.

    Attributes:
        command: a name of COMMANDS, or "status" or "help".
        overrides: the config's fields and the texts given for them.
        flags: the value, or the default, of each flag that the command takes.
        words: what followed the command's name, not being flags.
    """

    command: str
    overrides: Mapping[str, str]
    flags: Mapping[str, Any]
    words: tuple[str, ...] = ()

    def __getitem__(self, flag: str) -> Any:
        return self.flags[flag]

    @property
    def config(self) -> Path:
        """The config file that --config names."""
        if self["config"] is None:
            example = {"predict": "lesson6", "generate": "lesson8", "verify_resume": "lesson8"}.get(
                self.command, "lesson1"
            )
            raise InputError(f"{self.command}: expected --config, such as --config={example}, got none")
        return configs.find(self["config"])

    @property
    def workdir(self) -> Path:
        """The folder of the run: --workdir, or the config's own in checkpoints/."""
        if self["workdir"] is not None:
            return _possible_folder("workdir", self["workdir"])
        return ROOT / "checkpoints" / self.config.stem

    @property
    def dir(self) -> Path:
        """The folder of the learner's exercises: --dir, or my_exercises/."""
        return MY_EXERCISES if self["dir"] is None else _possible_folder("dir", self["dir"])


def parse(argv: Sequence[str]) -> Arguments:
    """Reads a command line.

    Raises:
        InputError: a command or flag is unknown or does not go with the others, or a value is wrong.
    """
    if not argv:
        return Arguments("status", {}, {})
    command, words, given = _split(argv)
    if command == "help" or "help" in given or "h" in given:
        return Arguments("help", {}, {})
    taken = COMMANDS[command].flags
    flags = {name: FLAGS[name].default for name in taken}
    overrides = {}
    for name, text in given.items():
        if name.startswith("config.") and "config" in taken:
            overrides[name.removeprefix("config.")] = text
        elif name in taken:
            flags[name] = FLAGS[name].parse(f"--{name}", text)
        else:
            raise _misplaced(name, command)
    return Arguments(command, overrides, flags, words)


def help_text() -> str:
    """What `--help` prints."""
    shown_flags = [(f"--{name}", _describe(FLAGS[name])) for name in FLAGS if name not in _FURTHER_FEATURES]
    shown_flags.insert(1, ("--config.FIELD", "another value for a field, such as --config.seed=1"))
    further = ", ".join(f"--{name}" for name in _FURTHER_FEATURES)
    return "\n\n".join(
        [
            terminal.paragraph("Eight lessons, from gradients by hand to a small GPT."),
            terminal.paragraph("python scripts/run.py [COMMAND] --config=CONFIG [--FLAG=VALUE ...]"),
            "Commands\n" + terminal.columns((name, command.help) for name, command in COMMANDS.items()),
            "Flags\n" + terminal.columns(shown_flags),
            terminal.paragraph(f"A model that was trained on more columns asks for them too: {further}."),
            "Lessons\n" + terminal.columns((f"lesson{number}", title) for number, title in TITLES.items()),
            terminal.paragraph("Without anything: where you stand, and the command to go on with."),
        ]
    )


_FURTHER_FEATURES = list(FEATURE_FLAGS)[5:]


def _describe(flag: Flag) -> str:
    default = f"default {flag.default}" if type(flag.default) in (int, float, str) and flag.default != "\n" else ""
    notes = "; ".join(note for note in (flag.range, default) if note)
    return f"{flag.help} ({notes})" if notes else flag.help


def _possible_folder(flag: str, text: str) -> Path:
    """The whole path that `text`, the value of --`flag`, means.

    Raises:
        InputError: no folder can be there: the name is too long, or a file or a locked folder is in the way.
    """
    path = Path(os.path.expanduser(text)).absolute()
    longest = Path(f"{path}.old99", "0" * 100)  # of what a run may write, there or where --restart moves it
    try:
        os.stat(longest)
    except FileNotFoundError:
        return path
    except OSError as error:
        raise InputError(
            f"--{flag}: expected a folder, got {shown(text)}: {error.strerror}; choose another one"
        ) from error
    return path


def _split(argv: Sequence[str]) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """The command, the words after it, and the text for each flag. Both --flag=text and --flag text are understood."""
    words: list[str] = []
    given: dict[str, str] = {}
    rest = iter(argv)
    for word in rest:
        if not word.startswith("-"):
            words.append(word)
            continue
        name, equals, text = word.lstrip("-").partition("=")
        if not equals:
            text = "true" if name in _SWITCHES else next(rest, "--")
        if not equals and text.startswith("--"):
            flag = f"--{shortened(name)}"
            raise InputError(f"{flag}: expected a value, got none; write {flag}=VALUE")
        given[name] = text
    command, *words = words or ["train"]
    if command not in COMMANDS and command != "help":
        meant = {name: f"--{name}" for name in FLAGS}
        meant |= {name: f"--config={name}" for name in configs.shipped()}
        meant |= {action: f"exercises {action}" for action in EXERCISE_ACTIONS}
        guess = meant.get(command) or nearest(command, COMMANDS)
        raise InputError(f"expected a command, got {shown(command)}; did you mean {guess}?")
    most = COMMANDS[command].words if command in COMMANDS else 0
    if len(words) > most:
        raise InputError(f"expected one command, got {command} and {shown(words[most])}; write flags as --flag=value")
    return command, tuple(words), given


_SWITCHES = ("help", "h", *(name for name, flag in FLAGS.items() if flag.kind == SWITCH))


def _misplaced(name: str, command: str) -> InputError:
    if name not in FLAGS and not name.startswith("config."):
        fields = {f"config.{field}" for lesson in TITLES for field in configs.schema_of(lesson)}
        guess = f"config.{shortened(name)}" if "." in name else nearest(name, [*FLAGS, *sorted(fields)])
        return InputError(f"--{shortened(name)}: expected a flag of this program; did you mean --{guess}?")
    owners = ", ".join(owner for owner, known in COMMANDS.items() if name.partition(".")[0] in known.flags)
    hint = "; did you mean --config.seed?" if name == "seed" else "; leave it out"
    return InputError(f"--{shortened(name)}: expected with {owners}, got it with {command}{hint}")
