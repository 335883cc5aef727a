"""Draws the six figures of the README from trained lessons, and trains those that are not.

    python scripts/make_figures.py [--runs=FOLDER] [--to=FOLDER]

From nothing it takes some ten minutes on two cores, most of them for lesson 8 and for what lesson 6 compares.
"""

import argparse
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # works from any folder, installed or not

from ailearn_jax.app.main import main as run  # noqa: E402

FIGURES = {
    "lesson1": ["paths_by_rate"],
    "lesson4": ["fits"],
    "lesson5": ["surfaces"],
    "lesson6": ["by_hour", "learning_rates"],
    "lesson8": ["attention_block1"],
}
STUDIED = ("lesson1", "lesson6")  # their figures compare several runs


def make(runs: Path, folder: Path, overrides: Mapping[str, list[str]]) -> list[Path]:
    """Copies the figures to `folder`, from runs in `runs` that are trained with `overrides` if they are not yet."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for config, names in FIGURES.items():
        where = [f"--config={config}", f"--workdir={runs / config}"]
        study = ["--study"] if config in STUDIED else []
        for words in (["train", *where, *overrides.get(config, [])], ["plot", *where, *study]):
            if code := run(words):
                sys.exit(code)
        for name in names:
            made.append(folder / f"{config}_{name}.png")
            shutil.copyfile(runs / config / "figures" / f"{name}.png", made[-1])
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=Path, default=ROOT / "checkpoints", help="where the lessons are trained")
    parser.add_argument("--to", type=Path, default=ROOT / "ailearn_jax" / "pages" / "figures")
    arguments = parser.parse_args()
    make(arguments.runs, arguments.to, overrides={})


if __name__ == "__main__":
    main()
