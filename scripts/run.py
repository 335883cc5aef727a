"""The one command of the course; see `python scripts/run.py --help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # works from any folder, installed or not

from ailearn_jax.app.main import main  # noqa: E402

if __name__ == "__main__":  # worker processes import this file too
    sys.exit(main(sys.argv[1:]))
