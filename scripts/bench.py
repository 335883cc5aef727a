"""Measures the course beside PyTorch and scikit-learn, in turn on this machine, and prints a table of ratios.

    python -m pip install -e '.[bench]'
    python scripts/bench.py [ROW ...] [--quick]

First it shows that both sides compute the same, and ends if they do not. A ratio is how many times as long the peer
takes: that of the medians, and in brackets the lowest and highest of any one turn. All rows take about an hour, on a
machine that has nothing else to do: what was measured beside other work proves nothing, and the table says so.
"""

import argparse
import os
import sys
from importlib import util
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from any folder, installed or not

from scripts.measure import rows, table  # noqa: E402
from scripts.measure.quiet import Watch, describe_machine  # noqa: E402

TOLERANCE = 1e-4  # relative; of losses and gradients at equal parameters


def prepare() -> None:
    """Makes the processes to come alike, whatever the user has set."""
    os.environ["JAX_PLATFORMS"] = "cpu"  # the peers run there; the rows of a GPU change it for themselves
    os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)  # where compiling is counted it has to happen, on both sides
    os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"


def check_equality() -> None:
    """Ends the program unless both sides compute the same."""
    for name, found in rows.differences().items():
        shown = ", ".join(f"{what} {value:.1e}" for what, value in found.items())
        print(f"equal parameters, {name}: relative differences {shown}", flush=True)
        if not max(found.values()) <= TOLERANCE:
            sys.exit(f"{name}: expected at most {TOLERANCE:g}; the sides do not compute the same, nothing was timed")


def measure(names: list[str], quick: bool) -> None:
    """Measures rows, each told of as it comes, and prints the table."""
    lines: list[table.Line] = [table.HEADER]
    notes = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        watch = Watch()
        outcome = rows.ROWS[name](quick, watch)
        noise = watch.noise()
        told = [line._replace(verdict=noise or line.verdict) for line in outcome.lines]
        for line in told:
            print("  " + " | ".join(filter(None, line)), file=sys.stderr, flush=True)
        lines += told
        notes += outcome.notes if outcome.lines or not noise else [*outcome.notes, f"Row {name}: {noise}."]
    print(f"\n{describe_machine()}\n")
    if quick:
        print("QUICK: too few repetitions, and sizes too small, to conclude anything from.\n")
    if len(lines) > 1:
        print(table.render(lines))
    print("", *notes, sep="\n\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="rows: "
        + "; ".join(f"{name}: {(row.__doc__ or '').splitlines()[0]}" for name, row in rows.ROWS.items()),
    )
    parser.add_argument("rows", nargs="*", choices=[*rows.ROWS, []], metavar="ROW", help="all if none is named")
    parser.add_argument("--quick", action="store_true", help="tries the script itself, with few repetitions")
    arguments = parser.parse_args()
    if missing := [name for name in ("torch", "sklearn") if util.find_spec(name) is None]:
        sys.exit(f"expected the extra `bench`, got no {missing[0]}; run {sys.executable} -m pip install -e '.[bench]'")
    prepare()
    check_equality()
    measure(arguments.rows or [*rows.ROWS], arguments.quick)


if __name__ == "__main__":  # the sides' processes import this file too
    main()
