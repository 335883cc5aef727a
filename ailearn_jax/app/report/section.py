"""What the page tells of a run: read from the run's folder and put in words."""

import base64
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from ailearn_jax.app import bands, configs, outcome, runs
from ailearn_jax.app.bands import Judgement
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import ROOT, TITLES
from ailearn_jax.app.next_steps import next_steps
from ailearn_jax.app.terminal import command, number, place
from ailearn_jax.app.values import text_of
from ailearn_jax.errors import InputError

if TYPE_CHECKING:
    from ailearn_jax.results import Figure, Result

# Each lesson's result as one says it; in braces the names of its figures and baselines.
SENTENCES = {
    1: "The line that was found is y = {w} x + {b}; the points were made by y = {true w} x + {true b}.",
    2: "On rows that it had not seen the model's error (RMSE) is {held-out RMSE} MB, "
    "where the noise in the table alone is {noise in the table} MB.",
    3: "On rows that it had not seen the model's error (RMSE) is {held-out RMSE} MB, "
    "where the noise in the table alone is {noise in the table} MB.",
    4: "On rows that it had not seen the network's error (RMSE) is {held-out RMSE} MB and that of a plane "
    "{held-out RMSE of the linear model} MB; the noise in the table alone is {noise in the table} MB.",
    5: "The network has {right answers} of XOR's 4 answers right, "
    "the best straight line {right answers of the best straight line}.",
    6: "In hours that it had not seen the network's error (RMSE) is {test RMSE} bikes, the linear model's "
    "{test RMSE of the linear model} and that of a table of means {means by hour and working day}.",
    7: "In hours that it had not seen the network's error (RMSE) is {test RMSE} bikes, "
    "that of a table of means {means by hour and working day}.",
    8: "What comes next surprises the network by {validation loss} nats a character, the best model by counting by "
    "{5-gram (Witten-Bell)} and a guess among all symbols by {uniform}.",
}
PNG = b"\x89PNG\r\n\x1a\n"  # what each such file begins with


class Row(NamedTuple):
    """A number with the length of its bar, 0 to 1; None where it is not to be compared with the others."""

    name: str
    value: str
    share: float | None


class Image(NamedTuple):
    title: str
    alt: str
    address: Markup  # of the image itself, as data


class Sample(NamedTuple):
    """What a model wrote, and how much of that is copied from the text it learned."""

    step: str
    text: str
    known_words: str
    known_runs: str


class Setting(NamedTuple):
    """A field of the config, and the value in the shipped config where that is another one."""

    name: str
    value: str
    shipped: str | None


class Section(NamedTuple):
    """A run on the page.

    Attributes:
        state: how it stands, in a word or two.
        causes: what usually makes a result unusual, where it is.
        usual: where the usual range of the first of `reached` begins on its bar and how long it is, 0 to 1.
        commands: what each is for, and how it is called.
    """

    lesson: int
    title: str
    state: str
    sentence: str
    causes: Sequence[str] = ()
    reached: Sequence[Row] = ()
    beside: Sequence[Row] = ()
    usual: tuple[float, float] | None = None
    images: Sequence[Image] = ()
    samples: Sequence[Sample] = ()
    settings: Sequence[Setting] = ()
    machine: Sequence[tuple[str, str]] = ()
    commands: Sequence[tuple[str, str]] = ()


# --- One run, or all --------------------------------------------------------------------------------------------------


def of_run(workdir: Path) -> Section:
    """What there is to tell of the run in `workdir`.

    Raises:
        InputError: a file of it is damaged.
    """
    fields = runs.saved_fields(workdir)
    lesson = fields["lesson"]
    title = _title(lesson, workdir)
    if not (workdir / runs.RESULT).exists():
        commands = [("To go on with it", _making(fields, workdir))]
        sentence = "This run is not at its end: its result is not known yet."
        return Section(lesson, title, "not at its end", sentence, settings=_settings(fields), commands=commands)
    fields, result = runs.saved_result(workdir)
    judgement = bands.judge(result.figures[0], fields)
    rows, usual = _rows(result, judgement)
    return Section(
        lesson,
        title,
        judgement.word if judgement else "trained",
        " ".join([_sentence(lesson, result), *([_usual(judgement)] if judgement else [])]),
        [line.removeprefix("- ") for line in judgement.lines[2:]] if judgement else [],
        rows[: len(result.figures)],
        rows[len(result.figures) :],
        usual,
        _images(workdir / "figures"),
        _samples(workdir / "samples.json"),
        _settings(fields),
        [(name.removeprefix("versions."), str(value)) for name, value in runs.saved_machine(workdir).items()],
        _commands(fields, workdir),
    )


def of_course(folder: Path) -> list[Section]:
    """Every run in `folder` but those moved aside, lesson by lesson; where a lesson has none, how to begin it."""
    workdirs = [path.parent for path in sorted(folder.glob(f"*/{runs.CONFIG}"))]
    workdirs = [workdir for workdir in workdirs if not re.search(r"\.old\d+$", workdir.name)]
    kept = [workdir for workdir in workdirs if (workdir / runs.RESULT).exists() or runs.has_checkpoints(workdir)]
    told = [_whatever_it_is(workdir) for workdir in kept]
    untrained = TITLES.keys() - {section.lesson for section in told}
    return sorted([*told, *map(_of_untrained, untrained)], key=lambda section: section.lesson)


def _whatever_it_is(workdir: Path) -> Section:
    """As `of_run`; what is damaged is told as that."""
    try:
        return of_run(workdir)
    except InputError as error:
        commands = [("To see what is wrong, and how to mend it", command("doctor"))]
        return Section(max(TITLES) + 1, workdir.name, "damaged", str(error), commands=commands)


def _of_untrained(lesson: int) -> Section:
    commands = [("To train it", command(f"--config=lesson{lesson}"))]
    title = f"Lesson {lesson}. {TITLES[lesson]}"
    return Section(lesson, title, "not trained yet", "This lesson is not trained yet.", commands=commands)


def _title(lesson: int, workdir: Path) -> str:
    note = "" if workdir.name == f"lesson{lesson}" else f" ({workdir.name})"
    return f"Lesson {lesson}. {TITLES[lesson]}{note}"


# --- The result -------------------------------------------------------------------------------------------------------


def _sentence(lesson: int, result: "Result") -> str:
    try:
        return SENTENCES[lesson].format_map({name: number(value) for name, value, _ in _all(result)})
    except KeyError:  # the run is older than a figure that the lesson now has
        return f"Reached: {outcome.line(result.figures[0])}."


def _usual(judgement: Judgement) -> str:
    usual = judgement.lines[0].removeprefix("usual: ")
    if judgement.limits is None:
        return f"Whether that is usual is not known: {usual}."
    return f"Other seeds give {usual}: this is {judgement.word}."


def _rows(result: "Result", judgement: Judgement | None) -> tuple[list[Row], tuple[float, float] | None]:
    """A row for each figure and baseline; bars for those that the first figure can be held against."""
    headline = result.figures[0]
    figures = _all(result)
    limits = judgement.limits if judgement else None
    compared = [figure.value for figure in figures if figure.unit == headline.unit]
    longest = max([*compared, *(limits or ())])
    drawn = headline.unit and len(compared) > 1 and all(0 <= value < math.inf for value in compared) and longest > 0
    rows = [
        Row(
            figure.name,
            f"{number(figure.value)} {figure.unit}",
            figure.value / longest if drawn and figure.unit == headline.unit else None,
        )
        for figure in figures
    ]
    usual = (limits[0] / longest, (limits[1] - limits[0]) / longest) if drawn and limits else None
    return rows, usual


def _all(result: "Result") -> "list[Figure]":
    return [*result.figures, *result.baselines]


# --- Pictures and samples ---------------------------------------------------------------------------------------------


def _images(folder: Path) -> list[Image]:
    listed = _listed(folder / "figures.json", file=str, title=str, alt=str)
    return [Image(picture["title"], picture["alt"], _address(folder, picture["file"])) for picture in listed]


def _address(folder: Path, name: str) -> Markup:
    """The address that is the image itself: nothing in it needs to be escaped."""
    path = folder / Path(name).name  # never outside of the folder
    content = path.read_bytes() if path.is_file() else b""
    if not content.startswith(PNG):
        raise InputError(f"{place(path)}: expected a PNG file, got none; draw it again with `plot`")
    return Markup("data:image/png;base64," + base64.b64encode(content).decode())


def _samples(path: Path) -> list[Sample]:
    listed = _listed(path, step=int, text=str, known_words=(int, float), known_runs=(int, float))
    return [
        Sample(f"{sample['step']:,}", sample["text"], f"{sample['known_words']:.0%}", f"{sample['known_runs']:.0%}")
        for sample in listed
    ]


def _listed(path: Path, **kinds: Any) -> list[dict[str, Any]]:
    """The objects in a JSON list, each with fields of these types; none where there is no such file.

    Raises:
        InputError: it holds something else.
    """
    if not path.exists():
        return []

    def fits(entry: object) -> bool:
        return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in kinds.items())

    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        listed = "no JSON"
    if not isinstance(listed, list) or not all(map(fits, listed)):
        raise InputError(f"{place(path)}: expected a list of {', '.join(kinds)}, got something else; remove it")
    return listed


# --- Config and commands ----------------------------------------------------------------------------------------------


def _settings(fields: Fields) -> list[Setting]:
    shipped = configs.nearest_shipped(fields)[1]
    return [
        Setting(name, text_of(value), None if shipped[name] == value else text_of(shipped[name]))
        for name, value in fields.items()
    ]


def _making(fields: Fields, workdir: Path) -> str:
    """The command that makes this run, and goes on with it."""
    name, shipped = configs.nearest_shipped(fields)
    changes = [f"--config.{field}={text_of(value)}" for field, value in fields.items() if shipped[field] != value]
    folder = [] if _is_of(workdir, name) else [f"--workdir={place(workdir)}"]
    return command("train", f"--config={name}", *folder, *changes)


def _commands(fields: Fields, workdir: Path) -> list[tuple[str, str]]:
    name = configs.nearest_shipped(fields)[0]
    run = [f"--config={name}" if _is_of(workdir, name) else f"--workdir={place(workdir)}"]
    drawing = (
        [] if (workdir / "figures" / "figures.json").exists() else [("To draw its figures", command("plot", *run))]
    )
    following = [(purpose, command(*words)) for purpose, words in next_steps(fields, run, name)]
    return [
        *drawing,
        *following,
        ("To print its result", command("evaluate", *run)),
        ("To make this run again", _making(fields, workdir)),
    ]


def _is_of(workdir: Path, name: str) -> bool:
    """Whether `workdir` is the folder that the config `name` has without --workdir."""
    return workdir == ROOT / "checkpoints" / name
