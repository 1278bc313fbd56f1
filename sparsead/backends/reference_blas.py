"""See whether the slow reference BLAS is loaded, and say how to get a fast one."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path

_FAST = ("openblas", "atlas", "blis", "mkl", "flexiblas", "accelerate")


def slow_blas(maps: str) -> str | None:
    """Return the path of a reference BLAS among the files a process has mapped, None if there is none.

    Parameters
    ----------
    maps : str
        Text of ``/proc/self/maps``. A fast BLAS that stands in for the reference one
        does so through a link, which is resolved there, or from a folder with its name.
    """
    for line in maps.splitlines():
        path = line.rpartition(" ")[2]
        folder, _, name = path.rpartition("/")
        if name.startswith("libblas.so") and not any(fast in folder.lower() for fast in _FAST):
            return path
    return None


@functools.cache
def warn_of_slow_blas() -> None:
    """Warn, once in a process, if CHOLMOD or UMFPACK have loaded the reference BLAS. Linux only."""
    try:
        slow = slow_blas(Path("/proc/self/maps").read_text(encoding="utf-8"))
    except OSError:
        return
    if slow is not None:
        warnings.warn(
            f"the reference BLAS {slow} makes sparse factorizations about 10 times slower: "
            "apt-get install libopenblas0-pthread",
            stacklevel=2,
        )
