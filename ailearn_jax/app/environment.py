"""The machine around a run: loading libraries, their noise, the cache of compiled programs."""

import gc
import importlib
import logging
import os
import platform
import sys
import threading
import warnings
from pathlib import Path
from types import ModuleType


def prepare(num_devices: int | None = None) -> None:
    """Quiets the libraries and sets the compilation cache. Call it before the first use of a device.

    Args:
        num_devices: into how many devices JAX is to part the CPU at least.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by XLA when it is loaded
    import absl.logging

    jax = load("jax")
    absl.logging.set_verbosity(absl.logging.FATAL)  # orbax tells of each step of a save, and twice of what it raises
    _quiet_threads()
    logging.getLogger("jax").setLevel(logging.ERROR)  # "no GPU found, falling back to CPU" is no news
    if num_devices is not None and num_devices > max(1, jax.config.jax_num_cpu_devices):  # -1: nobody has said
        jax.config.update("jax_num_cpu_devices", num_devices)
    if folder := compilation_cache():
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # small programs too: 0.7 s of lesson 1
        # A program that a killed run left in part, or that a full disk does not take, is compiled again.
        warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache", UserWarning)


def load(name: str) -> ModuleType:
    """The module of this name, imported with all that it brings.

    Hardly anything of a library is garbage, so Python does not search it for garbage, neither now nor when the process
    ends: `predict` takes 1.3 s instead of 1.8.
    """
    if name in sys.modules:
        return importlib.import_module(name)  # which waits where another thread has just begun
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


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


def _quiet_threads() -> None:
    """Lets a save that a full disk has ended be told of once: by what it raises, and not by each of its threads."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    before = sys.unraisablehook

    def tell(unraisable: "sys.UnraisableHookArgs") -> None:
        if threading.get_ident() == threading.main_thread().ident:
            before(unraisable)

    sys.unraisablehook = tell


def _cache_of_user() -> Path:
    home = Path(os.path.expanduser("~"))
    base = home / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if chosen := os.environ.get("XDG_CACHE_HOME"):
        base = Path(chosen)
    # Compiled programs are for this machine's processor, and a home folder may be shared by several machines.
    return base / "ailearn_jax" / platform.node()
