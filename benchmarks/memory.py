"""Resident memory of this process: now, its peak, and the peak started anew (Linux)."""

from __future__ import annotations

import ctypes
import gc
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def resident() -> int:
    """Return the resident memory now. Unit: [byte]."""
    return _field("VmRSS")


def peak() -> int:
    """Return the highest resident memory since the last `restart`. Unit: [byte]."""
    return _field("VmHWM")


def restart() -> int:
    """Give unused memory back, start the peak anew, and return the resident memory. Unit: [byte].

    Without this, what the making of a problem needed would hide what a solve needs.
    """
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    CLEAR.write_text("5")
    return resident()


def _field(name: str) -> int:
    for line in STATUS.read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)
