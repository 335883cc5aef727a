"""The small tables of data/, and what is known of how they were made. Introduced in lesson 2."""

import csv
from pathlib import Path

import numpy as np

from ailearn_jax.errors import InputError, shortened, shown

DATA = Path(__file__).resolve().parents[1] / "data"

COLUMNS = ("session_minutes", "api_calls", "memory_mb")  # the last one is to be predicted

# How `scripts/make_memory.py` made the tables: memory_mb = BIAS + WEIGHTS · (session_minutes, api_calls) + noise. In
# memory_bent.csv a session's memory stops growing at BEND: min(session_minutes, BEND) stands for the minutes.
WEIGHTS = (1.5, 0.8)  # MB a minute, MB a call
BIAS = 40.0  # MB
BEND = 45.0  # minutes
NOISE = 2.0  # MB, standard deviation

MOST = 1e9  # no number of a table is farther from 0; float32 still has the square of it

NUM_HELD_OUT = 60  # the last rows; they come in no order, so these are like the others


def load_memory(path: Path, num_train: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `num_train` rows of a table, to train on, and its last 60, held out: [N, 3] and [60, 3].

    Raises:
        InputError: see `read_memory`; or the table has too few rows for both.
    """
    table = read_memory(path)
    if len(table) < NUM_HELD_OUT + 2:
        raise InputError(f"{path}: expected at least {NUM_HELD_OUT + 2} rows, got {len(table)}; take a longer table")
    if not 2 <= num_train <= len(table) - NUM_HELD_OUT:
        raise InputError(
            f"config.data.num_train: expected a whole number from 2 to {len(table) - NUM_HELD_OUT} "
            f"for the {len(table)} rows of {path}, got {num_train}; {NUM_HELD_OUT} are held out"
        )
    return table[:num_train], table[-NUM_HELD_OUT:]


def read_memory(path: Path) -> np.ndarray:
    """The three columns of a table: float32 [N, 3].

    Raises:
        InputError: the file is missing or no text, or a column is missing or holds something that is no number.
    """
    try:
        header, *rows = [*csv.reader(path.read_text(encoding="utf-8-sig").splitlines())] or [[]]
    except OSError as error:
        raise InputError(f"{path}: expected a CSV file, got {error.strerror}; check config.data.path") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: expected a CSV file in UTF-8, got {error}; check config.data.path") from error
    if not header:
        raise InputError(f"{path}: expected a CSV file, got an empty one; check config.data.path")
    if missing := [name for name in COLUMNS if name not in header]:
        found = shortened(", ".join(header))
        raise InputError(f"{path}: expected a column {missing[0]}, got {found}; name it in the first row")
    places = [header.index(name) for name in COLUMNS]
    numbers = [
        [_number(path, row, number, header[place], place) for place in places]
        for number, row in enumerate(rows, start=2)
    ]
    return np.array(numbers, np.float32).reshape(-1, len(COLUMNS))


def _number(path: Path, row: list[str], number: int, name: str, place: int) -> float:
    text = row[place] if place < len(row) else ""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not abs(value) <= MOST:
        raise InputError(
            f"{path}: expected a number from {-MOST:g} to {MOST:g} in row {number}, column {name}, got {shown(text)}; "
            "correct or remove the row"
        )
    return value
