"""Pages as a person sees them: Debian's chromium, without a window, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright


class View(NamedTuple):
    """What a page is looked at with: the size of the window, and whether the person likes it dark."""

    width: int
    height: int
    scheme: Literal["light", "dark"]


VIEWS = [View(*size, scheme) for size in ((360, 740), (1280, 800)) for scheme in ("light", "dark")]  # phone, laptop


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser. Where there is none a test is skipped; in CI, which installs it, the test fails.

    To be opened by a fixture of a module, not of the session: while Playwright runs, the main thread has an event loop
    already, and orbax would start its own in vain.
    """
    path = shutil.which("chromium")
    if path is None and os.environ.get("CI_BROWSER") == "1":
        pytest.fail("expected chromium, which .ci/run installs, got none")
    if path is None:
        pytest.skip("needs chromium, which CI installs, where this fails instead")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root may not have one
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, address: str, view: View) -> Iterator[Page]:
    """The page at `address`. It fails in the end if anything was complained of, or asked for from elsewhere."""
    own = urlsplit(address)
    problems = []
    context = browser.new_context(viewport={"width": view.width, "height": view.height}, color_scheme=view.scheme)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(error.message))
    page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((f"{own.scheme}://{own.netloc}/", "data:"))
            else problems.append(f"asks for {request.url}")
        ),
    )
    try:
        page.goto(address)
        yield page
        assert not problems, "\n".join(problems)
    finally:
        context.close()


def overflowing(page: Page) -> list[str]:
    """What sticks out on the right of the window, so that one has to scroll sideways to read on."""
    return page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            return [...document.body.querySelectorAll("*")]
                .filter((element) => element.getBoundingClientRect().right > width + 0.5)
                .map((element) => element.outerHTML.slice(0, 100));
        }"""
    )


def barriers(page: Page) -> list[str]:
    """What axe-core finds against WCAG A and AA and good practice: contrast, names, order of headings."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:100]}" for rule in found for node in rule["nodes"]]
