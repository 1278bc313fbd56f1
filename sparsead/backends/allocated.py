"""How many bytes the C library has given out: the size of factors that a library does not tell."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable

_FIELDS = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip


class _Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS]


@functools.cache
def _mallinfo2() -> Callable[[], _Mallinfo2] | None:
    try:
        # PyDLL keeps the interpreter lock, so that no Python thread allocates in between.
        function = ctypes.PyDLL(None).mallinfo2
    except (AttributeError, OSError, TypeError):
        return None
    function.restype, function.argtypes = _Mallinfo2, []
    return function


def allocated() -> int | None:
    """Return the bytes in use in glibc's arenas and maps; None with other C libraries.

    The difference around a call that holds the interpreter lock is what the call
    kept, as long as no thread outside Python allocates meanwhile.
    """
    read = _mallinfo2()
    if read is None:
        return None
    info = read()
    return int(info.uordblks) + int(info.hblkhd)


def allocated_since(before: int | None) -> int | None:
    """Return the bytes given out since; None where that is unknown, or more was freed meanwhile."""
    now = allocated()
    return now - before if before is not None and now is not None and now > before else None
