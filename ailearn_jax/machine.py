"""What the bits of a result depend on besides the config: versions, devices, cores. Introduced in lesson 6."""

import os
import platform
import sys
from importlib import metadata
from typing import Any

PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "ml_collections", "numpy", "pandas", "rich")
Machine = dict[str, Any]  # JSON


def here() -> Machine:
    """This machine, as a checkpoint keeps it in mind."""
    return {"processor": platform.machine(), "devices": devices(), "cores": num_cores(), "versions": versions()}


def differences(before: Machine) -> list[str]:
    """What is another here than it was `before`, such as "cores 2 (was 4)"."""
    now, was = here(), dict(before)
    now, was = (machine | machine.pop("versions", {}) for machine in (now, was))
    return [f"{name} {now[name]} (was {was.get(name)})" for name in now if now[name] != was.get(name)]


def versions() -> dict[str, str]:
    """Python's version, and that of each package that the course stands on; "missing" where one is not installed."""
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def devices() -> str:
    """The devices that JAX sees, in words, such as "CPU" or "2 x NVIDIA H100"."""
    import jax  # here and not above: `doctor` and the bands ask for versions alone, without this half a second

    found = jax.devices()
    kind = found[0].device_kind if found[0].platform != "cpu" else "CPU"
    return f"{len(found)} x {kind}" if len(found) > 1 else kind


def num_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
