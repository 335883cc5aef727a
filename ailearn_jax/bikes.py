"""The bike table: from the CSV file to arrays, split three ways and normalized. Introduced in lesson 6."""

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ailearn_jax.datasets import DATA
from ailearn_jax.errors import InputError, shortened, shown
from ailearn_jax.training import Batch, Batches, BatchesFrom

BIKES = DATA / "hour.csv"

# What is known of an hour beforehand: lowest and highest value, and what it means.
COLUMNS = {
    "season": (1, 4, "1 winter to 4 autumn"),
    "yr": (0, 1, "0 is 2011, 1 is 2012"),
    "mnth": (1, 12, "month"),
    "hr": (0, 23, "hour of the day"),
    "holiday": (0, 1, "1 on a public holiday"),
    "weekday": (0, 6, "0 Sunday to 6 Saturday"),
    "workingday": (0, 1, "1 on a day that is neither weekend nor holiday"),
    "weathersit": (1, 4, "1 clear to 4 heavy rain"),
    "temp": (0.0, 1.0, "temperature, (degrees Celsius + 8) / 47"),
    "atemp": (0.0, 1.0, "felt temperature, (degrees Celsius + 16) / 66"),
    "hum": (0.0, 1.0, "humidity, percent / 100"),
    "windspeed": (0.0, 1.0, "wind speed, (km/h) / 67"),
}
FIVE = ("hr", "temp", "hum", "windspeed", "workingday")
TARGET = "cnt"  # bikes rented in that hour
FEATURES = {  # the choices of config.data.features: the columns used, and whether the hours become columns of their own
    "five": (FIVE, False),
    "five_by_hour": (FIVE, True),
    "all": (tuple(COLUMNS), False),
    "all_by_hour": (tuple(COLUMNS), True),
}
HOURS = 24


class Split(NamedTuple):
    """The rows that train, validate and test: each {"inputs": [N, F], "targets": [N], "cell": [N]}, not normalized.

    A row's cell is its hour on its kind of day, 0 to 47.
    """

    train: Batch
    valid: Batch
    test: Batch


def load_bikes(path: str | None, features: str, split: str) -> Split:
    """Reads the table and splits it: 70% of the rows train, 10% validate, 20% test.

    Args:
        path: a CSV file as UCI publishes it; None: the one in data/.
        features: a key of FEATURES.
        split: "random", by a permutation of fixed seed, or "time": the test rows are the latest.

    Raises:
        InputError: the file is missing or empty, or a column is missing or holds something that is no number.
    """
    columns, by_hour = FEATURES[features]
    order = ("dteday", "hr") if split == "time" else ()
    table = _read(Path(path).expanduser() if path else BIKES, (*columns, TARGET), order)
    arrays = {
        "inputs": encode(table, columns, by_hour),
        "targets": table[TARGET].to_numpy(np.float32),
        "cell": cells(table),
    }
    rows = np.arange(len(table)) if split == "time" else np.random.default_rng(0).permutation(len(table))
    num_train, num_valid = round(0.7 * len(rows)), round(0.1 * len(rows))
    parts = np.split(rows, [num_train, num_train + num_valid])
    return Split(*({name: array[part] for name, array in arrays.items()} for part in parts))


def cells(table: Any) -> np.ndarray:
    """The hour on its kind of day [N], by columns hr and workingday: 0 to 23 on days off, 24 to 47 on working days."""
    return HOURS * np.asarray(table["workingday"], np.int64) + np.asarray(table["hr"], np.int64)


def encode(table: Any, columns: tuple[str, ...], by_hour: bool) -> np.ndarray:
    """The model's inputs [N, F] from a mapping of columns [N].

    `by_hour` replaces hr and workingday by 48 columns, one an hour of a working day and one an hour of another day,
    of which a row has a single 1: so even a straight line can tell 8 o'clock from 9.
    """
    plain = [name for name in columns if not (by_hour and name in ("hr", "workingday"))]
    inputs = np.stack([np.asarray(table[name], np.float32) for name in plain], axis=1)
    if not by_hour:
        return inputs
    return np.concatenate([inputs, np.eye(2 * HOURS, dtype=np.float32)[cells(table)]], axis=1)


def num_inputs(features: str) -> int:
    """How many columns the model's inputs have by a choice of `features`."""
    columns, by_hour = FEATURES[features]
    return encode(dict.fromkeys(columns, np.zeros(1)), columns, by_hour).shape[1]


@dataclasses.dataclass(frozen=True)
class Normalizer:
    """Moves and scales columns to mean 0 and standard deviation 1, by what it saw of the training rows.

    >>> normalizer = Normalizer.fit({"inputs": np.array([[0.0], [2.0]]), "targets": np.array([10.0, 30.0])})
    >>> normalizer.apply(np.array([[3.0]])).tolist()
    [[2.0]]
    >>> normalizer.invert(np.array([1.0])).tolist()
    [30.0]
    """

    mean: np.ndarray  # [F]
    std: np.ndarray  # [F]
    target_mean: float
    target_std: float

    @classmethod
    def fit(cls, train: Batch) -> "Normalizer":
        inputs, targets = np.asarray(train["inputs"], np.float64), np.asarray(train["targets"], np.float64)
        std = inputs.std(axis=0)
        return cls(
            mean=inputs.mean(axis=0),
            std=np.where(std > 0, std, 1.0),  # a column that never changes says nothing: it becomes 0
            target_mean=float(targets.mean()),
            target_std=float(targets.std()) or 1.0,
        )

    def apply(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs [N, F] as the model takes them."""
        return ((inputs - self.mean) / self.std).astype(np.float32)

    def apply_targets(self, targets: np.ndarray) -> np.ndarray:
        """Targets [N] as the model predicts them."""
        return ((targets - self.target_mean) / self.target_std).astype(np.float32)

    def invert(self, predictions: np.ndarray) -> np.ndarray:
        """The model's predictions [N] in bikes an hour."""
        return np.asarray(predictions) * self.target_std + self.target_mean

    def normalize(self, rows: Batch) -> Batch:
        """Both sides of some rows."""
        return {"inputs": self.apply(rows["inputs"]), "targets": self.apply_targets(rows["targets"])}

    def to_json(self) -> dict[str, Any]:
        return {name: np.asarray(value).tolist() for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, saved: dict[str, Any], num_inputs: int) -> "Normalizer":
        """The inverse of `to_json`, for inputs [N, num_inputs].

        Raises:
            TypeError, ValueError: `saved` is no such normalizer.
        """
        mean, std = (np.array(saved[name], np.float64) for name in ("mean", "std"))
        targets = float(saved["target_mean"]), float(saved["target_std"])
        numbers = np.concatenate([mean, std, targets])
        if mean.shape != (num_inputs,) or std.shape != (num_inputs,) or not np.isfinite(numbers).all():
            raise ValueError(f"expected a normalizer of {num_inputs} columns")
        return cls(mean, std, *targets)


def rmse(predictions: np.ndarray | float, targets: np.ndarray) -> float:
    """The root of the mean squared error, in the units of the targets."""
    return float(np.sqrt(np.mean((np.asarray(predictions, np.float64) - targets) ** 2)))


def baselines(train: Batch, rows: Batch) -> dict[str, float]:
    """The RMSE on `rows` of two models that need no training: the mean of the training rows, and a table of their means
    by hour and working day (where the table has a gap, the mean of all)."""
    mean = train["targets"].mean()
    sums = np.bincount(train["cell"], weights=train["targets"], minlength=2 * HOURS)
    counts = np.bincount(train["cell"], minlength=2 * HOURS)
    table = np.where(counts > 0, sums / np.maximum(counts, 1), mean)
    return {
        "training mean": rmse(mean, rows["targets"]),
        "means by hour and working day": rmse(table[rows["cell"]], rows["targets"]),
    }


def shuffled(rows: Batch, batch_size: int, seed: int) -> BatchesFrom:
    """Training batches: a new order of all rows in each epoch, a function of (seed, epoch) alone.

    The rows that fill no batch at the end of an epoch are left out of it.
    """
    num_rows = len(rows["inputs"])
    steps_per_epoch = num_rows // batch_size

    def batches_from(step: int) -> Batches:
        while True:
            epoch, first = divmod(step, steps_per_epoch)
            order = np.random.default_rng((seed, epoch)).permutation(num_rows)
            for i in range(first, steps_per_epoch):
                picked = order[i * batch_size : (i + 1) * batch_size]
                yield {name: array[picked] for name, array in rows.items()}
            step = (epoch + 1) * steps_per_epoch

    return batches_from


def _read(path: Path, columns: tuple[str, ...], order: tuple[str, ...]) -> pd.DataFrame:
    """The numeric `columns` of a CSV file, its rows sorted by the columns `order`."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, compression=None)
    except OSError as error:
        raise InputError(f"{path}: expected a CSV file, got {error.strerror}; check config.data.path") from error
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: expected a CSV file in UTF-8, got {str(error).strip()}; check config.data.path"
        ) from error
    if missing := [name for name in (*columns, *order) if name not in table]:
        raise InputError(
            f"{path}: expected a column {missing[0]}, got {shortened(', '.join(table))}; name it in the first row"
        )
    if not isinstance(table.index, pd.RangeIndex):  # pandas took the first column for the names of the rows
        raise InputError(f"{path}: expected a name for each column, got more values than names; correct the first row")
    if len(table) < 10:
        raise InputError(f"{path}: expected at least 10 rows, got {len(table)}; take a longer table")
    for name in columns:
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
        low, high, _ = COLUMNS.get(name, (0, 1e6, ""))
        good = (low <= numbers) & (numbers <= high) & ((numbers % 1 == 0) | isinstance(low, float))
        if (bad := np.flatnonzero(~good)).size:
            row = int(bad[0])
            raise InputError(
                f"{path}: expected {'a' if isinstance(low, float) else 'a whole'} number from {low} to {high:g} "
                f"in row {row + 2}, column {name}, got {shown(table[name][row])}; correct or remove the row"
            )
        table[name] = numbers
    if order:
        table = table.sort_values(list(order), kind="stable", ignore_index=True)
    return table[list(columns)].astype(np.float64)
