"""What is installed where: the pinned set is whole and fits on every platform that the course names."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "resolve_platforms.py"


@pytest.mark.parametrize(
    ("pins", "problems"),
    [
        ({"a": "1.5", "b": "2.0", "c": "3.0"}, []),
        ({"a": "1.5", "b": "2.0"}, ["c is asked for and not pinned"]),
        ({"a": "2.0", "b": "2.0", "c": "3.0"}, ["a is pinned to 2.0, expected <2"]),
        ({"a": "1.5", "b": "2.0", "c": "3.0", "d": "4.0"}, ["d is pinned and not asked for"]),
    ],
)
def test_an_unfit_set_is_found(pins: dict[str, str], problems: list[str]) -> None:
    """A check that overlooks what an extra asks for, or takes the markers of the machine that it runs on."""
    asks = {
        "a": ["b[fast]", 'd; sys_platform == "linux"'],
        "b": ['c>=3; extra == "fast" and sys_platform == "win32"', 'd; extra == "slow"'],
    }
    metadata = {name: {"version": version, "requires_dist": asks.get(name, [])} for name, version in pins.items()}
    find_problems = runpy.run_path(str(SCRIPT))["problems"]
    assert find_problems([Requirement("A<2")], metadata, {"sys_platform": "win32"}) == problems


@pytest.mark.slow
@pytest.mark.network
def test_the_pinned_set_resolves_everywhere() -> None:
    """A pin that has no wheel on Windows, or a new dependency that nobody pinned."""
    run = subprocess.run([sys.executable, SCRIPT], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    expected = [
        f"{platform}, Python 3.{minor}: "
        for platform in ("Linux x86_64", "Linux aarch64", "macOS arm64", "Windows amd64")
        for minor in (11, 12, 13)
    ]
    assert re.sub(r"\d+ packages", "", run.stdout).splitlines() == expected


def test_the_citation_names_this_version() -> None:
    """A release whose citation still has the version before."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
