"""How much memory there is: the machine's, or what the container allows."""

from __future__ import annotations

import functools
import os
from pathlib import Path

_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_UNKNOWN = 8 * 2**30


@functools.cache
def available() -> int:
    """Return the smaller of the physical memory and the control group's limit. Unit: [byte]."""
    limits = [_physical()]
    for name in _CGROUP_LIMITS:
        try:
            limits.append(int(Path(name).read_text()))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return min(limits)


def _physical() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # no sysconf outside POSIX
        return _UNKNOWN
