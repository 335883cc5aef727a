"""Makes data/bands.json: what the default config of each lesson usually gives, from runs with many seeds.

    python scripts/make_bands.py [LESSON ...]

A band is the 95% prediction interval for one new seed: mean ± t s sqrt(1 + 1/n), with Student's t for n - 1 degrees of
freedom, which takes the results for normal. Lessons 1 to 7 take 20 seeds and 8 minutes on two cores, lesson 8 takes 10
seeds and 30 minutes. Lessons that are not named keep their band.
"""

import argparse
import contextlib
import io
import json
import math
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from any folder, installed or not

import scipy.stats  # noqa: E402

from ailearn_jax import machine  # noqa: E402
from ailearn_jax.app import configs, environment  # noqa: E402
from ailearn_jax.app.bands import BANDS  # noqa: E402
from ailearn_jax.app.course import lesson_module  # noqa: E402

NUM_SEEDS = {lesson: 20 for lesson in range(1, 8)} | {8: 10}


def headline(lesson: int, seed: int) -> Any:
    """The first figure of a default run with another seed."""
    fields = configs.load(configs.find(f"lesson{lesson}"), {"seed": str(seed)})
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        with contextlib.redirect_stderr(io.StringIO()):
            result = lesson_module(lesson).train(configs.for_lesson(fields), Path(folder))
    print(f"lesson{lesson}, seed {seed}: {result.figures[0].value:.4f}", flush=True)
    return result.figures[0]


def make_band(lesson: int) -> dict[str, Any]:
    """The band of a lesson, with all that it depends on."""
    figures = [headline(lesson, seed) for seed in range(NUM_SEEDS[lesson])]
    values = [float(figure.value) for figure in figures]
    mean, n = statistics.mean(values), len(values)
    reach = float(scipy.stats.t.ppf(0.975, n - 1)) * statistics.stdev(values) * math.sqrt(1 + 1 / n)
    return {
        "figure": figures[0].name,
        "unit": figures[0].unit,
        "median": statistics.median(values),
        "low": mean - reach,
        "high": mean + reach,
        "seeds": n,
        "config": configs.unflatten(configs.load(configs.find(f"lesson{lesson}"), {})),
        "versions": machine.versions(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="*", type=int, choices=[*NUM_SEEDS, []], help="1 to 8; all if none is named")
    environment.prepare()
    bands = json.loads(BANDS.read_text(encoding="utf-8")) if BANDS.exists() else {}
    for lesson in parser.parse_args().lessons or NUM_SEEDS:
        bands[f"lesson{lesson}"] = make_band(lesson)
        BANDS.write_text(json.dumps(dict(sorted(bands.items())), indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
