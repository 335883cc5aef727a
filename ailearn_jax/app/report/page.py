"""The page itself: one HTML file that asks for nothing from elsewhere and runs nothing."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ailearn_jax.app import terminal
from ailearn_jax.app.report.section import Section

FOLDER = Path(__file__).parent


def render(title: str, sections: Sequence[Section]) -> str:
    """The page of one run, or of several with a table of contents.

    By its Content-Security-Policy the browser takes no script, no style but this one, no image but those within.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = environment.get_template("page.html")
    return page.render(title=title, sections=sections, style=Markup(style), style_digest=digest)


def _shown(value: Any) -> Any:
    """`value` as text without characters that have no picture; markup is escaped after this."""
    return value if isinstance(value, Markup) else terminal.escape(str(value))
