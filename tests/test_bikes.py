"""The bike table: split, encoding, normalizer, order, and what is refused."""

import numpy as np
import pytest

from ailearn_jax import bikes
from ailearn_jax.errors import InputError


@pytest.mark.parametrize("split", ["random", "time"])
def test_no_row_is_in_two_parts(split):
    """A row both in training and in the test would make the test a memory."""
    parts = bikes.load_bikes(None, "all", split)
    assert [len(part["targets"]) for part in parts] == [12_165, 1_738, 3_476]
    rows = np.concatenate([np.column_stack([part["inputs"], part["targets"]]) for part in parts])
    table = bikes.load_bikes(None, "all", "time")
    in_order = np.concatenate([np.column_stack([part["inputs"], part["targets"]]) for part in table])
    assert np.array_equal(np.sort(rows, axis=0), np.sort(in_order, axis=0))


def test_time_split_tests_the_latest_rows():
    """Columns 1 and 2 are year and month: all test rows must come after all training rows."""
    train, valid, test = bikes.load_bikes(None, "all", "time")
    months = [12 * part["inputs"][:, 1] + part["inputs"][:, 2] for part in (train, valid, test)]
    assert months[0].max() <= months[1].min() and months[1].max() <= months[2].min()


def test_hours_become_columns():
    """Two ones in a row, or an hour in the column of another, would mix up the hours."""
    table = {"hr": [0, 23, 5], "workingday": [0, 1, 1], "temp": [0.1, 0.2, 0.3], "hum": [0] * 3, "windspeed": [0] * 3}
    inputs = bikes.encode(table, bikes.FIVE, by_hour=True)
    assert inputs.shape == (3, 3 + 48)
    assert [np.flatnonzero(row).tolist() for row in inputs[:, 3:]] == [[0], [47], [29]]


def test_normalizer_knows_training_rows_only():
    """A normalizer that saw the test rows would have mean 0 on all rows together."""
    split = bikes.load_bikes(None, "five", "time")
    normalizer = bikes.Normalizer.fit(split.train)
    assert np.abs(normalizer.apply(split.train["inputs"]).mean(axis=0)).max() < 1e-5
    assert np.abs(normalizer.apply(split.test["inputs"]).mean(axis=0)).max() > 0.1
    again = bikes.Normalizer.from_json(normalizer.to_json(), 5)
    assert np.array_equal(again.apply(split.test["inputs"]), normalizer.apply(split.test["inputs"]))


def test_order_is_a_function_of_seed_and_step():
    """A resumed run that replays its first batches, or an epoch that misses rows, shows here."""
    rows = {"inputs": np.arange(10)[:, None], "targets": np.arange(10)}
    batches_from = bikes.shuffled(rows, batch_size=3, seed=0)
    ten = [batch["targets"].tolist() for _, batch in zip(range(10), batches_from(0), strict=False)]
    for step in range(10):
        assert next(batches_from(step))["targets"].tolist() == ten[step]
    epochs = [sum(ten[first : first + 3], []) for first in (0, 3, 6)]
    assert all(len(set(epoch)) == 9 for epoch in epochs) and epochs[0] != epochs[1]
    assert next(bikes.shuffled(rows, 3, seed=1)(0))["targets"].tolist() != ten[0]


GOOD = "dteday,hr,temp,hum,windspeed,workingday,cnt\n" + "2011-01-01,3,0.2,0.3,0.4,1,5\n" * 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "expected a CSV file"),
        ("", "expected a CSV file"),
        ("dteday,hr\n", "expected a column temp"),
        (GOOD.replace("windspeed", "wind"), "expected a column windspeed"),
        (GOOD.replace("0.2", "warm", 1), "row 2, column temp, got 'warm'"),
        (GOOD + "2011-01-01,3,nan,0.3,0.4,1,5\n", "row 22, column temp, got 'nan'"),
        (GOOD + "2011-01-01,24,0.2,0.3,0.4,1,5\n", "row 22, column hr, got '24'"),
        (GOOD + "2011-01-01,1.5,0.2,0.3,0.4,1,5\n", "a whole number from 0 to 23 in row 22, column hr"),
        ("\n".join(GOOD.splitlines()[:5]), "at least 10 rows, got 4"),
    ],
)
def test_bad_tables(tmp_path, text, message):
    """Each is one line that names the place, and no traceback of pandas."""
    file = tmp_path / "table.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=message):
        bikes.load_bikes(str(file), "five", "random")


def test_dos_line_ends(tmp_path):
    """UCI publishes its file with CRLF."""
    file = tmp_path / "table.csv"
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert [len(part["targets"]) for part in bikes.load_bikes(str(file), "five", "time")] == [14, 2, 4]
