"""Memory maps of this process: XLA keeps several for each compiled program, and the system allows a process so many.

Where a process has no more, the compiler dies of a segmentation fault: 65,530 on Linux, which one process that runs the
whole suite would reach. So a process of the suite gives its programs back when it has many, and fails long before.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

_RELEASE = 8  # one part in so many of what the system allows is where programs are given back
_FAIL = 2  # and one in so many where the suite fails


def held() -> int:
    """Return how many maps this process has; 0 where the system does not tell, as on macOS."""
    maps = Path("/proc/self/maps")
    return len(maps.read_bytes().splitlines()) if maps.is_file() else 0


def allowed() -> int:
    """Return how many maps a process may have; where the system sets no limit, more than any process has."""
    limit = Path("/proc/sys/vm/max_map_count")
    return int(limit.read_text()) if limit.is_file() else sys.maxsize


def are_many() -> bool:
    """Return whether compiled programs should be given back."""
    return held() > allowed() // _RELEASE


def fault() -> str | None:
    """Return what to say where this process nears its end, None where it does not."""
    now, most = held(), allowed() // _FAIL
    if now <= most:
        return None
    return (
        f"this process has {now} memory maps, more than half of vm.max_map_count: XLA's compiler dies at the limit; "
        "compile fewer programs in one module, or find what keeps them (docs/developing/testing.md)"
    )


def release() -> None:
    """Give back every compiled program; they are compiled again where they are called again."""
    if "jax" in sys.modules:
        importlib.import_module("jax").clear_caches()
    gc.unfreeze()  # a collection does not see what is frozen
    gc.collect()
