"""Is my result normal? What other seeds gave with the same config, from `data/bands.json`."""

import json
from typing import TYPE_CHECKING

from ailearn_jax.app import configs, environment
from ailearn_jax.app.configs import Fields
from ailearn_jax.app.course import ROOT
from ailearn_jax.app.terminal import number

if TYPE_CHECKING:
    from ailearn_jax.results import Figure

BANDS = ROOT / "data" / "bands.json"

# Fields that change neither the task nor the way to solve it. The seed is what the band is about.
NEUTRAL = {"seed", "train.steps_per_call", "train.log_every", "train.checkpoint_every", "train.keep"}


def usual(figure: "Figure", fields: Fields) -> list[str]:
    """The lines that say whether a lesson's headline figure is what other seeds gave."""
    band = _bands().get(f"lesson{fields['lesson']}")
    if band is None:
        return []
    theirs = configs.flatten(band["config"])
    changed = [name for name in fields if name not in NEUTRAL and _plain(fields[name]) != theirs.get(name)]
    if changed:
        return [f"usual: the band does not apply, since this run has other {', '.join(changed)}"]
    line = f"usual: {number(band['low'])} to {number(band['high'])}"
    if band["low"] <= figure.value <= band["high"]:
        return [line]
    return [line, *_causes(figure.value < band["low"], band)]


def is_usual(figure: "Figure", fields: Fields) -> str:
    """The same in a word or two."""
    lines = usual(figure, fields)
    if not lines:
        return ""
    if len(lines) > 1:
        return "unusual"
    return "own config" if "does not apply" in lines[0] else "usual"


def _causes(lower: bool, band: dict) -> list[str]:
    """What usually makes a result fall outside, the likeliest first."""
    versions = environment.versions()
    other = [
        f"{name} {versions[name]} for {old}" for name, old in band["versions"].items() if versions.get(name) != old
    ]
    return [
        f"outside: {'lower' if lower else 'higher'} than with 19 of 20 seeds; the usual causes:",
        *([f"- other versions than those of the band: {', '.join(other)}"] if other else []),
        "- a seed of the 1 in 20 that fall outside: try --config.seed=1, 2 and 3",
        "- a change in data/ or in the lesson's code: `doctor` checks the data, `git diff` shows the code",
        "- arithmetic of another kind: a GPU may multiply matrices in less than full float32",
    ]


def _bands() -> dict[str, dict]:
    return json.loads(BANDS.read_text(encoding="utf-8")) if BANDS.exists() else {}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
