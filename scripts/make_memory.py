"""Makes memory.csv and memory_bent.csv, the tables of lessons 2 to 4, by the formula in ailearn_jax/datasets.py.

    python scripts/make_memory.py [FOLDER]

Nothing here was measured: sessions of 0 to 90 minutes with 0 to 60 calls, all alike likely, and normal noise.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from any folder, installed or not

from ailearn_jax.datasets import BEND, BIAS, COLUMNS, DATA, NOISE, WEIGHTS  # noqa: E402

NUM_ROWS = 300


def make_table(bend: float, seed: int) -> str:
    """The text of a table whose memory stops growing with the minutes at `bend`."""
    rng = np.random.default_rng(seed)
    minutes = rng.uniform(0, 90, NUM_ROWS).round(1)
    calls = rng.integers(0, 61, NUM_ROWS)
    memory = BIAS + WEIGHTS[0] * np.minimum(minutes, bend) + WEIGHTS[1] * calls + rng.normal(0, NOISE, NUM_ROWS)
    rows = [f"{m:.1f},{c},{mb:.2f}" for m, c, mb in zip(minutes, calls, memory, strict=True)]
    return "\n".join([",".join(COLUMNS), *rows, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA, help="where to write; data/ if not given")
    folder = parser.parse_args().folder
    (folder / "memory.csv").write_text(make_table(bend=np.inf, seed=2), encoding="utf-8", newline="\n")
    (folder / "memory_bent.csv").write_text(make_table(bend=BEND, seed=4), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
