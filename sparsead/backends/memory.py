"""How much memory there is, and how much of it is free: the machine's, or what the container allows."""

from __future__ import annotations

import contextlib
import functools
import os
from pathlib import Path

import numpy as np

from sparsead.errors import ShapeError

_ROOT = Path("/")
_MEMINFO = "proc/meminfo"
_CGROUP_LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")
_CGROUP_USES = ("sys/fs/cgroup/memory.current", "sys/fs/cgroup/memory/memory.usage_in_bytes")
_CGROUP_FIGURES = ("sys/fs/cgroup/memory.stat", "sys/fs/cgroup/memory/memory.stat")
_UNKNOWN = 8 * 2**30

_counted_on: list[int | None] = [None]


@functools.cache
def total(root: Path = _ROOT) -> int:
    """Return the smaller of the physical memory and the control group's limit. Unit: [byte]."""
    return min([_physical() or _UNKNOWN, *_numbers(root, _CGROUP_LIMITS)])


def free(root: Path = _ROOT) -> int:
    """Return what a factorization may take now. Unit: [byte].

    What `memory_limit` was told; else what Linux says is available, within the limit of the control group less what
    its processes use and the system cannot take back. macOS does not tell it in one figure: there it is all that the
    machine has.

    Parameters
    ----------
    root : Path
        Where the files of the system are.
    """
    if _counted_on[0] is not None:
        return _counted_on[0]
    available = _figures(root, (_MEMINFO,)).get("MemAvailable:")
    rooms = [total(root) if available is None else available * 1024]
    limits, uses = _numbers(root, _CGROUP_LIMITS), _numbers(root, _CGROUP_USES)
    if limits and uses:
        rooms.append(limits[0] - uses[0] + _figures(root, _CGROUP_FIGURES).get("inactive_file", 0))
    return max(min(rooms), 0)


def memory_limit(nbytes: int | None) -> None:
    """Set what direct solvers may count on: on a shared machine, or to learn what a smaller one would do.

    Nothing is refused beyond it: `sparsead.backends.choose`, ``method="auto"`` and the warning before a factorization
    that does not fit compare with it.

    Parameters
    ----------
    nbytes : int or None
        None is the default: what is free at the time. Unit: [byte].

    Raises
    ------
    ShapeError
        If `nbytes` is no integer, or negative.

    Examples
    --------
    >>> import sparsead
    >>> sparsead.backends.memory_limit(4 * 2**30)
    >>> sparsead.backends.memory_limit(None)
    """
    whole = isinstance(nbytes, (int, np.integer)) and not isinstance(nbytes, bool)
    if nbytes is not None and not (whole and nbytes >= 0):
        raise ShapeError(
            "memory is no number of bytes",
            expected="an integer >= 0, such as 4 * 10**9, or None",
            got=repr(nbytes),
            fix="pass None to ask the machine",
        )
    _counted_on[0] = nbytes


def in_words(nbytes: float) -> str:
    """Return a number of bytes in the unit that suits it."""
    return f"{nbytes / 1e9:.1f} GB" if nbytes >= 1e8 else f"{nbytes / 1e6:.1f} MB"


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # no sysconf outside POSIX
        return None


def _numbers(root: Path, names: tuple[str, ...]) -> list[int]:
    """Return the numbers that these files hold, but for those that are not there or say "max"."""
    found = []
    for name in names:
        with contextlib.suppress(OSError, ValueError):
            found.append(int((root / name).read_text()))
    return found


def _figures(root: Path, names: tuple[str, ...]) -> dict[str, int]:
    """Return the figures in the lines of the first of these files that is there: name, number, unit."""
    for name in names:
        with contextlib.suppress(OSError):
            lines = [line.split() for line in (root / name).read_text().splitlines()]
            return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
    return {}
