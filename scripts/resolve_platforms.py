"""Proves that constraints.txt is a whole and fitting set on every platform and Python that the course names.

    python scripts/resolve_platforms.py

pip's own `--platform` picks the wheels of another system, but still reads markers such as `sys_platform == "win32"` for
the machine it runs on. So pip is asked only whether each pinned version has a wheel there (a dry run, nothing is
installed), and what these wheels ask for in turn is followed here, with the markers of the other system.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
MACOS = {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"}
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
MANYLINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_24", "manylinux_2_27", "manylinux_2_28")
PLATFORMS = {
    "Linux x86_64": (LINUX, "x86_64", [f"{tag}_x86_64" for tag in MANYLINUX]),
    "Linux aarch64": (LINUX, "aarch64", [f"{tag}_aarch64" for tag in MANYLINUX]),
    "macOS arm64": (MACOS, "arm64", ["macosx_14_0_arm64"]),
    "Windows amd64": (WINDOWS, "AMD64", ["win_amd64"]),
}


def read_pins(file: Path) -> list[Requirement]:
    """The lines of a constraints file."""
    lines = [line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return [Requirement(line) for line in lines if line]


def read_requirements(file: Path) -> list[Requirement]:
    """What the course and its `test` and `dev` extras ask for; `cuda` is left to whoever has the GPU."""
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [Requirement(line) for line in project["dependencies"] + extras["test"] + extras["dev"]]


def holds(requirement: Requirement, environment: dict[str, str]) -> bool:
    """Whether a requirement counts in an environment, whose "extra" is one name or empty."""
    return requirement.marker is None or requirement.marker.evaluate(environment)


def fetch_metadata(pins: list[Requirement], python: str, tags: list[str]) -> dict[str, dict]:
    """Name -> metadata of the wheel that pip picks for each pin. Ends the program where one has none."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        options = ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:", f"--report={report}"]
        options += [f"--target={folder}", f"--python-version={python}", *(f"--platform={tag}" for tag in tags)]
        options += ["--quiet", "--disable-pip-version-check"]
        names = [f"{pin.name}{pin.specifier}" for pin in pins]
        if subprocess.run([sys.executable, "-m", "pip", "install", *options, *names]).returncode:
            sys.exit(f"Python {python}, {tags[-1]}: pip found no such set")
        installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    return {canonicalize_name(install["metadata"]["name"]): install["metadata"] for install in installs}


def problems(asked: list[Requirement], metadata: dict[str, dict], environment: dict[str, str]) -> list[str]:
    """What is asked for, directly or in turn, and not pinned or pinned out of range; and what is pinned in vain."""
    found = []
    queue = [requirement for requirement in asked if holds(requirement, environment | {"extra": ""})]
    seen = set()
    while queue:
        requirement = queue.pop()
        name = canonicalize_name(requirement.name)
        if name not in metadata:
            found.append(f"{name} is asked for and not pinned")
            continue
        if not requirement.specifier.contains(metadata[name]["version"], prereleases=True):
            found.append(f"{name} is pinned to {metadata[name]['version']}, expected {requirement.specifier}")
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                asks = map(Requirement, metadata[name].get("requires_dist", []))
                queue += [ask for ask in asks if holds(ask, environment | {"extra": extra})]
    in_vain = metadata.keys() - {name for name, _ in seen}
    return sorted(set(found)) + [f"{name} is pinned and not asked for" for name in sorted(in_vain)]


def main() -> None:
    pins, asked = read_pins(ROOT / "constraints.txt"), read_requirements(ROOT / "pyproject.toml")
    failed = False
    for platform, (system, machine, tags) in PLATFORMS.items():
        for python in PYTHONS:
            version = {"python_version": python, "python_full_version": f"{python}.0"}
            environment = {**system, **version, "platform_machine": machine, "implementation_name": "cpython"}
            environment |= {"platform_python_implementation": "CPython"}
            metadata = fetch_metadata([pin for pin in pins if holds(pin, environment)], python, tags)
            found = problems(asked, metadata, environment)
            failed |= bool(found)
            print(f"{platform}, Python {python}: {'; '.join(found) or f'{len(metadata)} packages'}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
