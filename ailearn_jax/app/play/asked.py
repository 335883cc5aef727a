"""What a page asks for, checked before anything is computed from it."""

import json
from collections.abc import Iterable
from typing import Any

from ailearn_jax.errors import InputError, shown

Asked = dict[str, Any]


def parse(body: bytes) -> Asked:
    """The JSON object in the body of a request.

    Raises:
        InputError: it holds something else.
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"expected JSON, got {shown(body)}; load the page anew") from error
    if not isinstance(asked, dict):
        raise InputError(f"expected a JSON object, got {shown(asked)}; load the page anew")
    return asked


def check_fields(asked: Asked, names: Iterable[str]) -> None:
    """Raises InputError unless `asked` has these fields and no other."""
    if asked.keys() != set(names):
        got = ", ".join(asked) or "none"
        raise InputError(f"expected the fields {', '.join(names)}, got {shown(got)}; load the page anew")


def check_text(name: str, value: Any, most: int) -> None:
    """Raises InputError unless `value` is a text of at most `most` characters."""
    if not isinstance(value, str):
        raise InputError(f"{name}: expected a text, got {shown(value)}; load the page anew")
    if len(value) > most:
        raise InputError(f"{name}: expected at most {most:,} characters, got {len(value):,}; shorten it")
