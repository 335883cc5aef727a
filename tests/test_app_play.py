"""The page of `play`, as a person uses it: a real server, a real browser, three small runs."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import jax
import numpy as np
import pytest
from browser import VIEWS, View, barriers, chromium, overflowing, visit
from playwright.sync_api import Browser, Page, expect
from program import LESSON6, LESSON8, TIMEOUT, command

from ailearn_jax.app import command_line, configs, runs
from ailearn_jax.app.course import lesson_module
from ailearn_jax.app.main import main
from ailearn_jax.app.play.server import MOST_UNDER_WAY
from ailearn_jax.app.play.xor import Xor
from ailearn_jax.lessons import lesson5

MARKUP = '<script>document.title="taken"</script><img src=x onerror="document.title=1">'
ESCAPES = "\x1b[31mred\x1b[0m"
GPT = "tiny <b>gpt"  # a folder's name may be markup too
LAPTOP = VIEWS[2]
expect.set_options(timeout=1000 * TIMEOUT)
HOUR = {"hr": 17, "temp": 0.44, "hum": 0.82, "windspeed": 0.28, "workingday": 1}
DRAWING = {"temperature": 0.8, "top_k": None, "top_p": 1.0}
LONGEST = {"prompt": "", "length": 20_000, "seed": 0, **DRAWING}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of lessons 5, 6 and 8; the text that lesson 8 learns is full of markup and of terminal escapes."""
    folder = tmp_path_factory.mktemp("runs")
    text = folder / "page.txt"
    text.write_text(f"{MARKUP} says {ESCAPES}: to be, or not to be\n" * 40, encoding="utf-8")
    gpt = ("--config.model.context_length=6", "--config.model.num_heads=2", "--config.train.num_steps=40")
    for words in (
        ("--config=lesson5", f"--workdir={folder / 'xor'}"),
        (*LESSON6, f"--workdir={folder / 'bikes'}"),
        (*LESSON8, *gpt, f"--config.data.path={text}", f"--workdir={folder / GPT}"),
    ):
        train(*words)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with serving(folder) as process:
        yield address_of(process)


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with visit(browser, address, LAPTOP) as page:
        ready(page)
        yield page


def train(*words: str) -> None:
    """As the command `train`, but for the figures, which a page has no use for."""
    arguments = command_line.parse(words)
    fields = configs.load(arguments.config, arguments.overrides)
    runs.begin(arguments.workdir, fields)
    result = lesson_module(fields["lesson"]).train(configs.for_lesson(fields), arguments.workdir)
    runs.finish(arguments.workdir, fields, result)


@contextmanager
def serving(folder: Path) -> Iterator[subprocess.Popen[str]]:
    words = command("play", f"--runs={folder}")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ready(page: Page) -> None:
    """Waits until the last of the sections has had its first answer."""
    expect(page.locator("#lesson8 .heads")).to_be_visible()


def number(page: Page) -> int:
    return int(page.locator("#lesson6 .answer b").inner_text())


# --- Without a browser ------------------------------------------------------------------------------------------------


def send(address: str, path: str, asked: object = None, **headers: str) -> HTTPResponse:
    """What the server answers to a request for `path`, below the page's address."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=TIMEOUT)
    body = None if asked is None else asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    names = {"Connection": "close"} | {name.capitalize(): value for name, value in headers.items()}
    connection.request("GET" if asked is None else "POST", f"{parts.path}{path}", body, names)
    return connection.getresponse()


def ask(address: str, path: str, asked: object = None, **headers: str) -> tuple[int, Any]:
    response = send(address, path, asked, **headers)
    return response.status, json.load(response)


def test_only_the_page_of_this_launch_is_answered(address: str):
    """A page from elsewhere that reads or uses the models: by another name for 127.0.0.1, or by guessing the port."""
    parts = urlsplit(address)
    assert ask(address, "runs", Origin=f"http://{parts.netloc}")[0] == 200
    for headers in (
        {"Host": "evil.example"},
        {"Host": f"evil.example:{parts.port}"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{parts.netloc}"},
    ):
        status, answer = ask(address, "runs", **headers)
        assert status == 403 and "open the address that the terminal shows" in answer["error"], headers
    for path in ("", "runs", "play.js", f"{'x' * 22}/runs", "é/runs"):
        status, answer = ask(f"http://{parts.netloc}/", quote(path))
        assert status == 403 and "token" in answer["error"], path
    assert ask(address, "runs/bikes/predict", HOUR, Origin="http://evil.example")[0] == 403


def test_every_answer_forbids_what_is_not_its_own(address: str):
    """A script from elsewhere, or within the page, that the browser would run; an address told to another page."""
    for path in ("", "play.js", "runs", "nothing"):
        headers = send(address, path).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")


@pytest.mark.parametrize(
    "path, asked, words",
    [
        ("bikes/predict", HOUR | {"hr": 24}, "hour: expected a whole number from 0 to 23, got 24"),
        ("bikes/predict", HOUR | {"temp": float("nan")}, "temperature: expected a number from 0 to 1, got nan"),
        ("bikes/predict", {"hr": 17}, "expected the fields hr, temp, hum, windspeed, workingday, got 'hr'"),
        ("xor/learn", {"hidden": 33, "seed": 0}, "hidden: expected a whole number from 1 to 32, got 33"),
        ("xor/learn", {"hidden": 2, "seed": -1}, "seed: expected a whole number from 0 to"),
        ("GPT/write", LONGEST | {"length": 20_001}, "length: expected a whole number from 1 to 20,000, got 20001"),
        ("GPT/write", LONGEST | {"prompt": "e" * 10_001}, "prompt: expected at most 10,000 characters, got 10,001"),
        ("GPT/write", LONGEST | {"prompt": "漢"}, "the prompt: expected the"),
        ("GPT/write", LONGEST | {"prompt": "\ud800"}, "got '\\ud800' at position 1"),
        ("GPT/write", LONGEST | {"prompt": 5}, "prompt: expected a text, got 5"),
        ("GPT/write", LONGEST | {"temperature": True}, "temperature: expected a number from 0 to 1000, got True"),
        ("GPT/write", LONGEST | {"top_k": 0}, "top-k: expected a whole number from 1 to"),
        ("GPT/write", LONGEST | {"top_p": 0}, "top-p: expected a number from 1e-09 to 1, got 0"),
        ("GPT/look", {"text": "e" * 200_000, **DRAWING}, "expected a request of at most 100,000 bytes, got 200,"),
        ("GPT/look", b"{", "expected JSON, got b'{'"),
        ("GPT/look", b"[" * 50_000, "expected JSON, got b'[["),
        ("GPT/look", b"9" * 5_000, "expected JSON, got b'999"),
        ("GPT/look", [], "expected a JSON object, got []"),
        ("xor/look", {"text": "", **DRAWING}, "xor: expected a run of another lesson"),
        ("..%2f..%2fetc/look", {}, "expected an address of this page"),
        ("nothing/look", {}, "expected the name of a run, got 'nothing'"),
    ],
)
def test_what_is_wrong_is_refused_in_words(address: str, path: str, asked: object, words: str):
    """A traceback, or a machine that computes for a day on what nobody would ask for."""
    status, answer = ask(address, f"runs/{path.replace('GPT', quote(GPT))}", asked)
    assert status in (400, 405) and words in answer["error"] and len(answer["error"]) < 400


def test_shares_are_those_that_are_drawn_with(address: str):
    """A chance that is shown, and another one that is drawn with."""
    path = f"runs/{quote(GPT)}/look"
    shares = {}
    for name, drawing in {
        "as believed": {"temperature": 1},
        "two": {"top_k": 2},
        "likeliest": {"temperature": 0},
        "few": {"top_p": 0.05},
    }.items():
        status, answer = ask(address, path, {"text": "to be", **DRAWING, **drawing})
        assert status == 200 and answer["seen"] == "to be"
        assert np.array(answer["attention"]).shape == (1, 2, 5)
        assert np.array(answer["attention"]).sum(axis=-1) == pytest.approx(1, abs=1e-3)
        shares[name] = np.array([share for _, *share in answer["likely"]])  # [symbols, (believed, drawn)]
    assert (shares["as believed"][:, 0] == shares["as believed"][:, 1]).all()
    assert (shares["two"][:, 1] > 0).sum() == 2 and shares["two"][:, 1].sum() == pytest.approx(1, abs=1e-3)
    assert shares["likeliest"][0, 1] == 1 and shares["few"][0, 1] > shares["few"][0, 0]


def test_a_network_made_wide_learns_as_the_narrow_one(folder: Path):
    """Padding that takes part in the training: what the page calls 3 hidden units would be 32."""
    fields = configs.load(configs.find("lesson5"), {"train.num_steps": "300"})
    found = Xor(folder, fields).learn({"hidden": 3, "seed": 7})
    config = configs.for_lesson(fields)
    config.model.hidden = 3
    parts = lesson5.build(config)
    end, losses = lesson5.learn(parts, lesson5.init_state(parts, jax.random.key(7)), 300)
    assert found["loss"] == pytest.approx(float(losses[-1]), rel=1e-3)
    assert np.array(found["surface"]) == pytest.approx(lesson5.surface(parts.model, end.params), abs=2e-3)


def test_a_text_that_nobody_waits_for_ends(address: str):
    """A machine that goes on writing for closed windows, until it answers nobody any more."""
    path = f"runs/{quote(GPT)}"

    def status_of_a_look() -> int:
        return ask(address, f"{path}/look", {"text": "", **DRAWING})[0]

    def text_when_there_is_room() -> HTTPResponse:
        asked_first = time.monotonic()
        while (response := send(address, f"{path}/write", LONGEST)).status == 429:
            assert time.monotonic() - asked_first < TIMEOUT
        assert response.status == 200 and response.read(1)
        return response

    first, *others = [text_when_there_is_room() for _ in range(MOST_UNDER_WAY)]
    status, answer = ask(address, f"{path}/look", {"text": "", **DRAWING})
    assert status == 429 and answer["error"].startswith(f"expected at most {MOST_UNDER_WAY} requests at a time")
    for response in others:
        response.close()
    others = [text_when_there_is_room() for _ in others]
    assert status_of_a_look() == 429  # the first, as long as those that were closed, is not at its end
    for response in others:
        response.close()
    assert len(first.read()) == LONGEST["length"] - 1
    while status_of_a_look() != 200:
        pass


def test_ctrl_c_ends_the_server_in_the_middle_of_a_text(folder: Path):
    """A traceback, another exit code than 130, or a terminal that hangs until the text is written."""
    with serving(folder) as process:
        response = send(address_of(process), f"runs/{quote(GPT)}/write", LONGEST)
        assert response.read(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 130 and process.stderr
        assert process.stderr.read().count("\n") == 1
        assert len(response.read()) < 19_999


def test_a_port_that_is_taken_is_refused_in_one_line(address: str, capsys: pytest.CaptureFixture[str]):
    """A traceback of the system's socket, or a page of a folder that is not there."""
    port = urlsplit(address).port
    for words, start in (
        (f"--port={port}", f"--port: expected a free port, got {port}: "),
        ("--runs=no", "--runs: exp"),
    ):
        assert main(["play", words]) == 2
        errors = capsys.readouterr().err
        assert errors.startswith(start) and errors.count("\n") == 1


# --- As a person ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.width}-{view.scheme}")
def test_the_page_fits_and_can_be_read(browser: Browser, address: str, view: View):
    """A chart wider than a phone, grey on grey, a slider without a name; an error in the console."""
    with visit(browser, address, view) as page:
        ready(page)
        assert overflowing(page) == [] and barriers(page) == []


def test_a_slider_moves_the_number_and_the_curve(page: Page):
    """A slider that does nothing, or a curve that stays as it was."""
    hour, curve = page.get_by_label("hour", exact=True), page.locator("#lesson6 .day path.neural")
    before = number(page), curve.get_attribute("d")
    hour.fill("4")
    expect(page.locator("#lesson6 .day")).to_have_attribute("aria-label", re.compile("at 4:00 "))
    assert number(page) != before[0] and curve.get_attribute("d") == before[1]
    page.get_by_label("temperature", exact=True).first.fill("0.9")
    expect(curve).not_to_have_attribute("d", before[1] or "")
    expect(page.locator("#lesson6 output", has_text="34 °C")).to_be_visible()


def test_the_surface_is_learned_anew(page: Page):
    """A picture that stays what it was when width and seed change."""
    canvas, output = page.locator("#lesson5 canvas"), page.locator("#lesson5 .answer")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    expect(output).to_contain_text("4 of 4 right after 2,000 steps")
    page.get_by_label("hidden units", exact=True).fill("1")
    expect(output).to_contain_text(re.compile("[123] of 4 right"))
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before


def test_what_is_not_trained_is_said_with_its_command(page: Page):
    """A section that is missing or broken, and no word on how to come by it."""
    expect(page.locator("#lesson7")).to_contain_text(re.compile(r"Not trained yet\. .*run\.py --config=lesson7$"))
    assert page.locator("nav a").all_inner_texts() == [f"Lesson {lesson}" for lesson in (5, 6, 7, 8)]


def test_a_click_shows_where_a_character_looks(page: Page):
    """Text that is not what was asked for; a click that shows another character than the one clicked."""
    lesson, text = page.locator("#lesson8"), page.locator("#lesson8 .text")
    page.get_by_label("Prompt").fill("to be")
    expect(lesson.locator(".after")).to_have_text("After to␣be")
    page.get_by_label("characters to write").fill("200")
    page.get_by_role("button", name="Write").click()
    expect(lesson.locator(".state")).to_have_text("200 characters")
    written = text.evaluate("text => text.textContent")
    assert written.startswith("to be") and len(written) == 205

    box = page.evaluate(
        """() => {
            const text = document.querySelector("#lesson8 .text");
            text.scrollIntoView();
            text.scrollTop = 0;
            const range = document.createRange();
            range.setStart(text.firstChild, 3);
            range.setEnd(text.firstChild, 4);
            return range.getBoundingClientRect().toJSON();
        }"""
    )
    for share in (0.2, 0.8):  # both halves of a character are that character
        page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        expect(lesson.locator(".after")).to_have_text("After to␣b")
    assert lesson.locator(".heads tr").count() == 3  # the characters, and two heads
    assert lesson.locator(".heads th[scope=col]").all_inner_texts() == ["t", "o", "␣", "b"]
    assert lesson.locator(".likely tbody tr").count() == 10


def test_text_streams_in_and_a_stop_half_way_keeps_it(page: Page):
    """Text that comes all at once; a button that stops nothing, or loses what was written."""
    lesson, text = page.locator("#lesson8"), page.locator("#lesson8 .text")
    page.get_by_label("characters to write").fill("20000")
    page.get_by_role("button", name="Write").click()
    expect(text).not_to_be_empty()
    begun = text.evaluate("text => text.textContent")
    expect(text).not_to_have_text(begun)
    page.get_by_role("button", name="Stop").click()
    expect(lesson.locator(".state")).to_have_text(re.compile(r"^stopped after [\d,]+ characters$"))
    length = text.evaluate("text => text.textContent.length")
    assert len(begun) < length < 20_000
    assert lesson.locator(".state").inner_text() == f"stopped after {length:,} characters"
    expect(page.get_by_role("button", name="Write")).to_be_enabled()


def test_all_of_it_works_by_keyboard(page: Page):
    """Something that only a mouse can reach, or that a key press leaves nobody knows where."""
    lesson = page.locator("#lesson8")

    def tab_to(label: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                """() => {
                    const here = document.activeElement;
                    return here.labels?.[0]?.textContent || here.ariaLabel || here.textContent;
                }"""
            )
            if focused.startswith(label):
                return
        pytest.fail(f"no Tab leads to {label}")

    tab_to("hidden units")
    for _ in range(15):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#lesson5 .control output").first).to_have_text("1")
    tab_to("hour")
    page.keyboard.press("Home")
    expect(page.locator("#lesson6 .day")).to_have_attribute("aria-label", re.compile("at 0:00 "))
    tab_to("Prompt")
    page.keyboard.type("to be")
    tab_to("characters to write")
    page.keyboard.press("Control+a")
    page.keyboard.type("20000")
    tab_to("Write")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    expect(lesson.locator(".text")).not_to_be_empty()
    page.keyboard.press("Enter")
    expect(lesson.locator(".state")).to_contain_text("stopped after")
    tab_to("The text")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(lesson.locator(".after")).to_have_text("After to")
    tab_to("Attention")


def test_markup_and_escapes_are_only_text(page: Page):
    """Markup in a text, a prompt or a folder's name that becomes a part of the page."""
    lesson = page.locator("#lesson8")
    page.get_by_label("Prompt").fill(MARKUP + ESCAPES)
    page.get_by_role("button", name="Write").click()
    expect(lesson.locator(".state")).to_have_text("500 characters")
    shown = lesson.locator(".text").evaluate("text => text.textContent")
    assert shown.startswith(MARKUP + "␛[31mred␛[0m") and "\x1b" not in page.content()
    expect(lesson.locator("h3")).to_contain_text(GPT)
    page.locator("#lesson8 .text").focus()
    page.keyboard.press("Home")  # a look at the first character, whose name stands in three places
    expect(lesson.locator(".after")).to_have_text("After <")
    assert page.locator("main script, main img, main b:not(.answer b)").count() == 0
    assert page.title() == "Playground: what the lessons have learned"


def test_a_refusal_stands_on_the_page(browser: Browser, address: str):
    """A button that does nothing, and the reason in a console that nobody reads."""
    page = browser.new_page()  # a refused request is an error in the console, which `visit` would not forgive
    page.goto(address)
    ready(page)
    complaint = page.locator("#lesson8 .complaint")
    page.get_by_label("Prompt").fill("漢字")
    expect(complaint).to_contain_text("expected the")
    expect(complaint).to_contain_text("'漢' at position 1")
    page.get_by_label("Prompt").fill("e" * 10_001)
    page.get_by_role("button", name="Write").click()
    expect(complaint).to_have_text("prompt: expected at most 10,000 characters, got 10,001; shorten it")
    page.get_by_label("Prompt").fill("to be")
    expect(complaint).to_be_empty()
    page.close()
