"""Whether the machine is quiet, and which machine it is."""

import platform
import statistics
import time
from importlib import metadata
from pathlib import Path

from ailearn_jax import machine

MOST_TAKEN = 0.05  # of all cores, by others; beyond this PyTorch's waiting threads make its figures worthless
PACKAGES = ("jax", "flax", "optax", "grain", "torch", "scikit-learn", "numpy")


def read_ticks(stat: str) -> tuple[int, int]:
    """The clock ticks (idle, all) of all cores together since the machine started, from the text of /proc/stat.

    What the hypervisor gave to other machines ("steal") is among the ticks that were not idle.

    >>> read_ticks("cpu  50 0 10 900 40 0 0 0 7 0")
    (940, 1000)
    """
    user, nice, system, idle, waiting, *rest = map(int, stat.split("\n", 1)[0].split()[1:9])
    return idle + waiting, user + nice + system + idle + waiting + sum(rest)


class Watch:
    """How much of the machine others took, looked at while all sides of a row stand still."""

    def __init__(self, stat: Path = Path("/proc/stat")) -> None:
        self.stat = stat
        self.taken: list[float] = []  # shares of all cores, 0 to 1

    def look(self, seconds: float = 0.3) -> None:
        """Sleeps, and notes which share of the cores was not idle meanwhile; where that cannot be told, only sleeps."""
        if not self.stat.exists():
            time.sleep(seconds)
            return
        idle_before, all_before = read_ticks(self.stat.read_text())
        time.sleep(seconds)
        idle, ticks = read_ticks(self.stat.read_text())
        if ticks > all_before:
            self.taken.append(1 - (idle - idle_before) / (ticks - all_before))

    def noise(self) -> str:
        """What speaks against the figures of a row; empty where nothing does."""
        if not self.taken:
            return "quiet or not: unknown here"
        if (mean := statistics.mean(self.taken)) > MOST_TAKEN:
            return f"NOT QUIET: others took {mean:.0%} of the cores"
        return ""


def describe_machine() -> str:
    """Processor, cores, memory and versions, in two lines."""
    versions = [f"{name} {_version(name)}" for name in PACKAGES]
    return (
        f"{_processor()}, {machine.num_cores()} cores, {platform.system()} {platform.machine()}\n"
        f"Python {platform.python_version()}, {', '.join(versions)}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text().splitlines() if cpuinfo.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown processor"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
