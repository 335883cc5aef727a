"""How much memory a process has held."""

import sys


def peak_bytes() -> float:
    """The most memory that this process has held so far.

    Linux lets a new process begin with the peak of the one that started it; ours, which directs, is a small one.
    """
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else 1024 * peak)
