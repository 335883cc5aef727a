"""The errors that reach a user as one line. Introduced in lesson 1."""

from typing import Any


class InputError(Exception):
    """Something the user gave is wrong. The message says what was expected, what came and what to do; exit code 2."""


class StorageError(Exception):
    """The disk did not do its part (full, read-only, failing). One line; exit code 1."""


def shown(value: object) -> str:
    """`value` as an error message repeats it: never longer than a line."""
    if isinstance(value, int) and abs(value) > 10**60:
        return "a number of more than 60 digits"
    return shortened(repr(value))


def shortened(text: str) -> str:
    """`text`, or its beginning where it is long."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def check_number(name: str, value: Any, low: float, high: float) -> None:
    """Raises InputError unless `value` is a number from `low` to `high`, and a whole one where `low` is an int.

    >>> check_number("config.train.num_steps", 0, 1, 1000)
    Traceback (most recent call last):
    ...
    ailearn_jax.errors.InputError: config.train.num_steps: expected a whole number from 1 to 1,000, got 0
    """
    whole = isinstance(low, int)
    right_type = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right_type or not low <= value <= high:  # nan is between no two numbers
        expected = f"a whole number from {low:,} to {high:,}" if whole else f"a number from {low:g} to {high:g}"
        raise InputError(f"{name}: expected {expected}, got {shown(value)}")
