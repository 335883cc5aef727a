"""Values that a user writes, in a flag or in a config: what type each must have, and how it is read from text."""

import difflib
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from ailearn_jax.errors import InputError, shortened, shown


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of `names` that looks most like `name`, as a whole or in what comes after its last dot."""
    name = shortened(name)

    def likeness(other: str) -> float:
        forms = (other, other.rpartition(".")[2])
        return max(difflib.SequenceMatcher(None, name, form).ratio() for form in forms)

    return max(names, key=likeness)


def is_text(value: str) -> bool:
    """Whether every character of `value` is one, so that it may be part of a path."""
    try:
        os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return "\0" not in value


_READERS = {bool: lambda text: {"true": True, "false": False}[text.lower()], int: int, float: float, str: str}


class Kind(NamedTuple):
    """The type of a value.

    Attributes:
        base: bool, int, float, str or tuple.
        member: the type of a tuple's members.
        optional: None is allowed too.
    """

    base: type
    member: type = int
    optional: bool = False

    @classmethod
    def of(cls, default: Any, declared: type) -> "Kind":
        """The kind of a config's value: `declared` is its type, also where `default` is None."""
        member = type(default[0]) if declared is tuple and default else int
        return cls(declared, member, optional=default is None)

    def __str__(self) -> str:
        if self.base is tuple:
            return f"a tuple of members each {Kind(self.member)}, such as 64,64"
        name = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}[self.base]
        return f"{name} or none" if self.optional else name

    def parse(self, name: str, text: str) -> Any:
        """The value that `text` stands for, such as "1e-3", "true" or "64,64".

        Raises:
            InputError: it stands for none of this kind.
        """
        if self.optional and text.lower() == "none":
            return None
        if self.base is tuple:
            members = text.strip("()[] ").split(",")
            return tuple(Kind(self.member).parse(name, member.strip()) for member in members if member.strip())
        try:
            value = _READERS[self.base](text)
        except (ValueError, KeyError) as error:
            raise self._error(name, text) from error
        return self.check(name, value)

    def check(self, name: str, value: Any) -> Any:
        """`value` as this kind: a whole number may stand for a float, a list for a tuple.

        Raises:
            InputError: it is of another kind, no finite number, or text that no file system takes.
        """
        if value is None:
            if self.optional:
                return None
            raise self._error(name, value)
        if self.base is tuple and isinstance(value, list | tuple):
            return tuple(Kind(self.member).check(name, member) for member in value)
        accepted = (int, float) if self.base is float else self.base
        fits = isinstance(value, accepted) and isinstance(value, bool) is (self.base is bool)
        if fits and self.base is str:
            fits = is_text(value)
        if fits and self.base is float:
            fits = abs(value) < 1e308  # not infinite, not nan, no whole number too large for a float
        if not fits:
            raise self._error(name, value)
        return self.base(value)

    def _error(self, name: str, value: object) -> InputError:
        return InputError(f"{name}: expected {self}, got {shown(value)}")


def text_of(value: Any) -> str:
    """The text that `Kind.parse` reads as `value`.

    >>> [text_of(value) for value in (0.001, True, None, (64, 64))]
    ['0.001', 'true', 'none', '64,64']
    """
    if isinstance(value, tuple):
        return ",".join(map(text_of, value))
    return str(value).lower() if isinstance(value, bool | None) else str(value)
