"""The machine around a run: library noise, the cache of compiled programs, versions, devices."""

import logging
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "ml_collections", "numpy", "pandas", "rich")


def prepare() -> None:
    """Quiets the libraries and sets the compilation cache. Call it before the first use of a device."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by XLA when it is loaded
    import absl.logging
    import jax

    absl.logging.set_verbosity(absl.logging.ERROR)  # orbax tells of each step of each save
    logging.getLogger("jax").setLevel(logging.ERROR)  # "no GPU found, falling back to CPU" is no news
    if folder := compilation_cache():
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def compilation_cache() -> Path | None:
    """Where compiled programs are kept from one run to the next; None where no folder can be written.

    JAX_COMPILATION_CACHE_DIR names another one.
    """
    folder = Path(os.environ.get("JAX_COMPILATION_CACHE_DIR") or _cache_of_user())
    if not folder.is_absolute():  # no home folder is known
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


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
    """The devices that JAX sees, in words."""
    import jax

    found = jax.devices()
    kind = found[0].device_kind if found[0].platform != "cpu" else "CPU"
    return f"{len(found)} x {kind}" if len(found) > 1 else kind


def num_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cache_of_user() -> Path:
    home = Path(os.path.expanduser("~"))
    base = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        base = Path(chosen)
    # Compiled programs are for this machine's processor, and a home folder may be shared by several machines.
    return base / "ailearn_jax" / platform.node()
