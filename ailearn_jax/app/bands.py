"""Is my result normal? What other seeds gave with the same config, from `data/bands.json`."""

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ailearn_jax import machine
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import ROOT
from ailearn_jax.app.terminal import number
from ailearn_jax.ranges import flatten

if TYPE_CHECKING:
    from ailearn_jax.results import Figure

BANDS = ROOT / "data" / "bands.json"
Band = dict[str, Any]

# Fields that change neither the task nor the way to solve it. The seed is what a band is about.
NEUTRAL = {
    "seed",
    "train.accumulate",
    "train.steps_per_call",
    "train.log_every",
    "train.checkpoint_every",
    "train.keep",
}


class Judgement(NamedTuple):
    """How a result stands to its band: in a word, and in the lines that say more."""

    word: str
    lines: list[str]
    limits: tuple[float, float] | None = None  # the usual range, where it is known for this config


def judge(headline: "Figure", fields: Fields) -> Judgement | None:
    """Holds a lesson's first figure against what other seeds gave; None where no band is known for the lesson."""
    band = _bands().get(f"lesson{fields['lesson']}")
    if band is None:
        return None
    expected = flatten(band["config"])
    changed = [name for name in fields if name not in NEUTRAL and _plain(fields[name]) != expected.get(name)]
    if changed:
        return Judgement("own config", [f"usual: the band does not apply to a run with other {', '.join(changed)}"])
    limits = band["low"], band["high"]
    if isinstance(headline.value, int):  # a count has limits that are counts
        limits = math.floor(limits[0]), math.ceil(limits[1])
    low, value, high = number(limits[0]), number(headline.value), number(limits[1])
    line = f"usual: {low} to {high}" if low != high else f"usual: {low}"
    if float(low) <= float(value) <= float(high):  # as they are printed: a difference that is not seen is none
        return Judgement("usual", [line], limits)
    return Judgement("unusual", [line, *_causes(band, lower=float(value) < float(low))], limits)


def _causes(band: Band, lower: bool) -> list[str]:
    """What usually makes a result fall outside of its band."""
    here = machine.versions()
    others = [
        f"{name} {here.get(name)} (was {version})"
        for name, version in band["versions"].items()
        if here.get(name) != version
    ]
    return [
        f"{'lower' if lower else 'higher'} than with 19 of 20 seeds; the usual causes:",
        *([f"- other versions than those of the band: {', '.join(others)}"] if others else []),
        "- the seed: of 20 one falls outside; try --config.seed=1, 2 and 3",
        "- a change in data/ or in the lesson's code: `doctor` checks the data, `git diff` shows the code",
        "- another kind of arithmetic: a GPU may multiply matrices in less than full float32",
    ]


def _bands() -> dict[str, Band]:
    return json.loads(BANDS.read_text(encoding="utf-8")) if BANDS.exists() else {}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
