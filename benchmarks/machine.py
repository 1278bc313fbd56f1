"""What the figures were measured on: processor, versions, BLAS, threads, and how quiet it was."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

LIBRARIES = (
    *("numpy", "scipy", "jax", "jaxlib", "mkl"),
    *("pypardiso", "scikit-sparse", "cvxopt", "cholespy", "xxhash", "autograd", "torch"),
)
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def describe() -> dict[str, Any]:
    """Return the machine and the software of this process, for the JSON."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": versions(LIBRARIES),
        "blas": {key: blas()[key] for key in ("name", "version") if key in blas()},
    }


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of those of `names` that are installed here."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def blas() -> dict[str, Any]:
    """Return what NumPy says about its BLAS."""
    return np.show_config(mode="dicts")["Build Dependencies"]["blas"]


def threads() -> dict[str, str | None]:
    """Return the variables that tell libraries how many threads to use."""
    return {name: os.environ.get(name) for name in THREAD_VARIABLES}


def calibrate() -> float:
    """Return the time of one 900 x 900 matrix product, best of seven. Unit: [s].

    Taken before and after every case: a row whose two figures differ, or are higher
    than those of its neighbours, was measured while somebody else used the machine.
    """
    a = np.ones((900, 900))
    times = []
    for _ in range(7):
        start = time.perf_counter()
        a @ a
        times.append(time.perf_counter() - start)
    return min(times)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
