"""The lines of the result: figures with their spread, ratios, goals."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Ratio(NamedTuple):
    """How many times one side is another: the ratio of the medians, and the lowest and highest of any one turn."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, theirs: Sequence[float], ours: Sequence[float]) -> "Ratio":
        """`theirs` over `ours`, both with a value for each turn.

        >>> Ratio.of([30.0, 40.0, 20.0], [10.0, 10.0, 20.0])
        Ratio(median=3.0, low=1.0, high=4.0)
        """
        pairs = [their / our for their, our in zip(theirs, ours, strict=True)]
        return cls(statistics.median(theirs) / statistics.median(ours), min(pairs), max(pairs))

    def __str__(self) -> str:
        return f"{number(self.median)} ({number(self.low)} to {number(self.high)})"


class Line(NamedTuple):
    """A line of the table. Empty where there is nothing to say."""

    what: str
    ours: str
    peer: str = ""
    theirs: str = ""
    ratio: str = ""
    goal: str = ""
    verdict: str = ""  # "reached" or "MISSED"


HEADER = Line("what", "ours", "peer", "theirs", "ratio", "goal", "")


def number(value: float) -> str:
    """Three digits that count, as a person writes them.

    >>> [number(value) for value in (0.01234, 1.5, 23.456, 456.7, 12345.6, float("inf"))]
    ['0.0123', '1.50', '23.5', '457', '12,346', 'inf']
    """
    if not 0.1 <= abs(value) < float("inf"):
        return f"{value:.3g}"
    digits = max(0, 2 - (len(str(int(abs(value)))) - 1))
    return f"{value:,.{digits}f}"


def spread(values: Sequence[float], unit: str = "s") -> str:
    """Median, lowest and highest; seconds become milliseconds where that reads better.

    >>> spread([0.031, 0.030, 0.040])
    '31.0 ms (30.0 to 40.0)'
    >>> spread([52.0], "%")
    '52.0%'
    """
    if unit == "s" and statistics.median(values) < 1:
        values, unit = [1000 * value for value in values], "ms"
    median, low, high = (number(value) for value in (statistics.median(values), min(values), max(values)))
    shown = f"{median}%" if unit == "%" else f"{median} {unit}".rstrip()
    return shown if low == high else f"{shown} ({low} to {high})"


def compare(
    what: str, ours: Sequence[float], peer: str, theirs: Sequence[float], at_least: float | None, unit: str = "s"
) -> Line:
    """Ours beside a peer's: how many times as much the peer needs, and whether that is what was aimed at."""
    ratio = Ratio.of(theirs, ours)
    goal = "" if at_least is None else f"{at_least:g} or more"
    verdict = "" if at_least is None else _verdict(ratio.median >= at_least)
    return Line(what, spread(ours, unit), peer, spread(theirs, unit), str(ratio), goal, verdict)


def at_most(what: str, values: Sequence[float], limit: float, unit: str = "s") -> Line:
    """A figure that is to stay below a limit, judged by its median."""
    return Line(what, spread(values, unit), goal=f"at most {limit:g} {unit}".rstrip(), verdict=_within(values, limit))


def ratio_at_most(
    what: str, ours: Sequence[float], peer: str, theirs: Sequence[float], limit: float, unit: str = "s"
) -> Line:
    """Ours may be so many times the peer's, and no more."""
    ratio = Ratio.of(ours, theirs)
    verdict = _verdict(ratio.median <= limit)
    return Line(what, spread(ours, unit), peer, spread(theirs, unit), f"ours {ratio}", f"at most {limit:g}", verdict)


def share_at_least(what: str, shares: Sequence[float], least: float) -> Line:
    """A share of 1 that is to be reached, in percent."""
    reached = statistics.median(shares) >= least
    percents = [100 * share for share in shares]
    return Line(what, spread(percents, "%"), goal=f"{100 * least:g}% or more", verdict=_verdict(reached))


def render(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the first of them the header, as a Markdown table whose columns also line up as plain text."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    header, *body = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return "\n".join([header, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *body])


def _within(values: Sequence[float], limit: float) -> str:
    return _verdict(statistics.median(values) <= limit)


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"
