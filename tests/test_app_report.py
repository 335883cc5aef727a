"""`report`: the page of a run and that of all lessons, read as a file and looked at in a browser."""

import base64
import json
import re
import shlex
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import VIEWS, View, barriers, chromium, overflowing, visit
from playwright.sync_api import Browser

from ailearn_jax.app import command_line, configs, runs
from ailearn_jax.app.commands import report
from ailearn_jax.app.course import ROOT, lesson_module
from ailearn_jax.app.main import main
from ailearn_jax.app.report import section
from ailearn_jax.results import Figure, Result

IMAGE = base64.b64decode(  # one point, as a PNG
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
BIKES = Result(
    [Figure("test RMSE", 75.1, "bikes"), Figure("test RMSE of the linear model", 152.1, "bikes")],
    [Figure("training mean", 183.1, "bikes"), Figure("means by hour and working day", 110.1, "bikes")],
)
# What a text may hold that would be a program to a browser, or a command to a terminal.
HOSTILE = (
    "</pre><script>document.title = 'taken'</script><img src=x onerror=alert(1)>\" onload=\"\x1b[31m\u202e{{ 7 * 7 }}"
)


def finish(workdir: Path, result: Result, **overrides: str) -> Path:
    """A run of the lesson that the folder is named after, at its end, with two figures."""
    config = configs.find(re.findall(r"lesson\d", workdir.name)[0])
    fields = configs.load(config, {name.replace("__", "."): text for name, text in overrides.items()})
    runs.begin(workdir, fields)
    runs.finish(workdir, fields, result)
    (workdir / "figures").mkdir()
    (workdir / "figures" / "loss.png").write_bytes(IMAGE)
    (workdir / "figures" / "surface.png").write_bytes(IMAGE)
    listed = [
        {"file": "loss.png", "title": "The loss falls.", "alt": "A curve from 1 down to 0."},
        {"file": "surface.png", "title": f"The surface {HOSTILE}", "alt": f"A map {HOSTILE}"},
    ]
    (workdir / "figures" / "figures.json").write_text(json.dumps(listed))
    return workdir


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lesson 1, trained as it is."""
    return finish(tmp_path_factory.mktemp("line") / "lesson1", find_line())


def find_line() -> Result:
    return lesson_module(1).train(configs.for_lesson(configs.load(configs.find("lesson1"), {})), Path())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project where lessons 1, 6 and 8 have run, and 6 once more before: so far its config alone is of interest."""
    checkpoints = tmp_path_factory.mktemp("project") / "checkpoints"
    losses = {"validation loss": 1.9, "5-gram (Witten-Bell)": 1.798, "uniform": 4.127}
    reached, *beside = (Figure(name, value, "nats/character") for name, value in losses.items())
    finish(checkpoints / "lesson1", find_line())
    finish(checkpoints / "lesson6", BIKES)
    finish(checkpoints / "lesson6.old1", BIKES)
    finish(checkpoints / "lesson8", Result([reached], beside))
    samples = [
        {"step": 250, "text": f"\nROMEO: {HOSTILE}", "known_words": 0.612, "known_runs": 0},
        {"step": 2000, "text": "KING\tHENRY:\n  " + "a" * 400, "known_words": 1, "known_runs": 0.05},
    ]
    (checkpoints / "lesson8" / "samples.json").write_text(json.dumps(samples))
    finish(checkpoints / "lesson6_<i>", BIKES, seed="3", model__hidden="8,8", data__path=f"/tmp/{'x' * 90}<b>.csv")
    return checkpoints.parent


def page_of(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The page that the command writes: into `folder`, as it says."""
    assert main(["report", *words]) == 0
    assert capsys.readouterr().out == f"{folder / 'report.html'}\n"
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def course(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The page of all lessons."""
    monkeypatch.setattr(report, "ROOT", project)
    page_of([], project / "checkpoints", capsys)
    return project / "checkpoints" / "report.html"


# --- What it says -----------------------------------------------------------------------------------------------------


def test_a_page_tells_of_the_run(line: Path, capsys: pytest.CaptureFixture[str]):
    """A result without its usual range or what it stands beside; a config, a version or the next command left out."""
    page = page_of([f"--workdir={line}"], line, capsys)
    told = [
        "The line that was found is y = 2.000 x + 1.000; the points were made by y = 2.000 x + 1.000. "
        "Other seeds give 2.000: this is usual.",
        '<th scope="row">true b</th>',
        '<th scope="row">optimizer.learning_rate</th>\n<td>0.3</td>',
        '<th scope="row">jax</th>\n<td>0.',
        "The loss falls.",
        'alt="A curve from 1 down to 0."',
        "<span>evaluate</span> <span>--workdir=",
        "<span>--config=lesson2</span>",
    ]
    assert [text for text in told if text not in page] == []
    assert base64.b64encode(IMAGE).decode() in page and "shipped:" not in page


def test_an_unusual_result_comes_with_the_usual_causes(course: Path):
    """A page that calls every result usual, or a result unusual and leaves the learner alone with it."""
    page = course.read_text(encoding="utf-8")
    assert (
        "Other seeds give 1.697 to 1.738: this is unusual." in page and "<li>the seed: of 20 one falls outside" in page
    )
    assert "Other seeds give 74.6 to 75.6: this is usual." in page
    assert "Whether that is usual is not known: the band does not apply to a run with other data.path" in page


def test_the_course_names_every_lesson(course: Path):
    """An untrained lesson that is missing, with the way to train it; a run that was moved aside and is told of."""
    page = course.read_text(encoding="utf-8")
    titles = re.findall(r"<h2.*>(Lesson \d).*</h2>", page)
    assert titles == [f"Lesson {lesson}" for lesson in (1, 2, 3, 4, 5, 6, 6, 7, 8)] and "old1" not in page
    assert page.count("This lesson is not trained yet.") == 5 and "<span>--config=lesson7</span></code>" in page
    assert re.findall(r'<a href="#(run\d)"', page) == re.findall(r'<section id="(run\d)"', page)


def test_samples_say_how_much_is_copied(course: Path):
    """A text that was learned by heart and looks like writing."""
    page = course.read_text(encoding="utf-8")
    assert "Of its words 61% stand in the training text, of its runs of 20 characters 0%." in page
    assert "After 2,000 steps" in page and "KING\tHENRY:\n  aaa" in page


@pytest.mark.parametrize("name", ["lesson6", "lesson6_<i>"])
def test_the_command_shown_makes_the_same_run(name: str, project: Path):
    """A run of another seed or with other sizes than that of the page."""
    [making] = [text for purpose, text in section.of_run(project / "checkpoints" / name).commands if "again" in purpose]
    arguments = command_line.parse(shlex.split(making)[2:])
    assert configs.load(arguments.config, arguments.overrides) == runs.saved_fields(arguments.workdir)


def test_each_sentence_has_the_names_of_its_lesson():
    """A figure that was renamed in its lesson, so that the page no longer says in a sentence what was reached."""
    for lesson, sentence in section.SENTENCES.items():
        files = [ROOT / "ailearn_jax" / name for name in (f"lessons/lesson{lesson}.py", "bikes.py")]
        code = "".join(file.read_text(encoding="utf-8") for file in files)
        assert [name for name in re.findall(r"{(.*?)}", sentence) if f'"{name}"' not in code] == []


def test_a_run_before_its_end_says_how_to_go_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A traceback for a result that is not there yet."""
    runs.begin(tmp_path, configs.load(configs.find("lesson8"), {"seed": "2"}))
    page = page_of([f"--workdir={tmp_path}"], tmp_path, capsys)
    words = ["train", "--config=lesson8", f"--workdir={tmp_path}", "--config.seed=2"]
    assert "not at its end" in page and " ".join(f"<span>{word}</span>" for word in words) in page


def test_a_run_without_figures_says_how_to_draw_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A page that looks whole without them."""
    fields = configs.load(configs.find("lesson6"), {})
    runs.begin(tmp_path, fields)
    runs.finish(tmp_path, fields, BIKES)
    page = page_of([f"--workdir={tmp_path}"], tmp_path, capsys)
    assert f"<span>plot</span> <span>--workdir={tmp_path}</span></code>" in page and "<img" not in page


# --- What it refuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file, content",
    [
        ("result.json", "{"),
        ("samples.json", "[{}]"),
        ("samples.json", "[" * 100_000),
        ("figures/figures.json", "\x00"),
        ("figures/figures.json", '[{"file": "../other.png", "title": "", "alt": ""}]'),
        ("figures/loss.png", "<svg onload='alert(1)'/>"),
    ],
)
def test_a_damaged_file_is_named(file: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A traceback; a file from outside of the run's figures on the page; a page of all that fails for one run."""
    workdir = finish(tmp_path / "lesson6", BIKES)
    (workdir / "other.png").write_bytes(IMAGE)
    (workdir / file).write_text(content)
    assert main(["report", f"--workdir={workdir}"]) == 2
    output, errors = capsys.readouterr()
    assert errors.count("\n") == 1 and f"{workdir / 'figures' if 'figures' in file else workdir}" in errors
    assert output == "" and not (workdir / "report.html").exists()
    damaged = section.of_course(tmp_path)[-1]
    assert (damaged.title, damaged.state) == ("lesson6", "damaged") and damaged.sentence in errors


@pytest.mark.parametrize(
    "words, part",
    [
        (["--workdir=missing"], "expected a trained lesson in "),
        (["--config.seed=3"], "report: expected --config, such as --config=lesson1, got none"),
    ],
)
def test_what_is_not_there_is_refused(words: list[str], part: str, capsys: pytest.CaptureFixture[str]):
    """An empty page, or a page of something else than what was asked for."""
    assert main(["report", *words]) == 2
    assert part in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A traceback where the folder of a run is not one's own."""
    workdir = finish(tmp_path / "lesson6", BIKES)
    (workdir / "report.html").mkdir()
    assert main(["report", f"--workdir={workdir}"]) == 1
    output, errors = capsys.readouterr()
    assert output == "" and errors.startswith(f"{workdir}: expected a folder to write to") and errors.count("\n") == 1


# --- What a text can do -----------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The elements of a page, and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_a_text_changes_nothing(course: Path):
    """A corpus, a file's name or a title that becomes a part of the page, or drives a terminal that it is copied to."""
    page = course.read_text(encoding="utf-8")
    elements = Elements(page)
    assert not elements.names & {"script", "i", "b", "textarea", "iframe", "object", "link"}
    assert not {name for name in elements.attributes if name.startswith("on")} | elements.attributes & {"style"}
    assert page.count("&lt;script&gt;") == 9  # a sample, and a title and an alternative text of four runs each
    assert "\x1b" not in page and "\u202e" not in page and "\\x1b[31m\\u202e{{ 7 * 7 }}" in page


# --- In the browser ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.scheme}-{view.width}")
def test_the_page_can_be_read(view: View, course: Path, browser: Browser):
    """A figure that is not drawn, a line that one has to scroll sideways for, grey on grey, a heading out of order."""
    with visit(browser, course.as_uri(), view) as page:
        widths = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
        assert len(widths) == 8 and min(widths) > 0
        for summary in page.query_selector_all("summary"):
            summary.click()
        assert overflowing(page) == [] and barriers(page) == []
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
        assert dark == (view.scheme == "dark")


def test_a_command_is_copied_as_it_is(course: Path, browser: Browser):
    """A command that a shell takes for two, since it was broken into lines."""
    shown = section.of_run(course.parent / "lesson6_<i>").commands
    with visit(browser, course.as_uri(), VIEWS[0]) as page:
        copied = page.evaluate(
            """() => [...document.querySelectorAll("#run7 dd")].map((command) => {
                getSelection().selectAllChildren(command);
                return getSelection().toString();
            })"""
        )
    assert copied == [command for _, command in shown]


def test_the_contents_lead_to_the_sections(course: Path, browser: Browser):
    """A link to nowhere."""
    with visit(browser, course.as_uri(), VIEWS[0]) as page:
        page.click("text=Lesson 8. Tiny GPT")
        assert -1 < page.evaluate("document.querySelector('#run9').getBoundingClientRect().top") < VIEWS[0].height


def test_the_browser_is_told_to_run_nothing(course: Path, browser: Browser):
    """A text that got through after all, and then reaches for the network or rewrites the page."""
    intruders = '<script>document.title = "taken"</script><img src="https://example.org/x.png"><p style="color: red">'
    page = course.read_text(encoding="utf-8").replace("</main>", f"{intruders}</main>")
    (taken := course.with_name("taken.html")).write_text(page, encoding="utf-8")
    with pytest.raises(AssertionError) as raised:
        with visit(browser, taken.as_uri(), VIEWS[0]) as opened:
            assert opened.title() == report.COURSE
    assert str(raised.value).count("violates the following Content Security Policy directive") == 3
