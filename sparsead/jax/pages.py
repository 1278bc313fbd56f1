"""Huge pages for the large results of host kernels.

XLA's fresh buffers come in pages of 4 KiB, which the system hands out one by one while a kernel fills them: of
295 MB that took 100 ms of 235. NumPy asks for huge pages for its own arrays; this asks for those of XLA.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import sys
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

_LARGE = 1 << 22  # NumPy's own limit
_ADVICE = 14  # MADV_HUGEPAGE


def prefer_huge_pages(array: NDArray[Any]) -> None:
    """Ask for huge pages where a large array is not yet in memory; a hint, on Linux only."""
    if array.nbytes < _LARGE or (madvise := _madvise()) is None:
        return
    start = array.ctypes.data
    first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    whole = (start + array.nbytes - first) // mmap.PAGESIZE * mmap.PAGESIZE
    madvise(first, whole, _ADVICE)


@functools.cache
def _madvise() -> Callable[[int, int, int], int] | None:
    if sys.platform != "linux":
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return function
