"""Give freed memory back to the system: what building index maps leaves behind is as large as the maps."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_WORTHWHILE = 1 << 20


def give_back(nbytes: int) -> None:
    """Return freed memory to the system after work on arrays of some size; a hint, where the C library has it.

    The allocator keeps blocks below 32 MB for later ones, but the large arrays of
    a solution come from elsewhere: at 176,000 dofs 86 MB of 164 were kept for nothing.

    Parameters
    ----------
    nbytes : int
        Size of the arrays; nothing is done for small ones. Unit: [byte].
    """
    if nbytes > _WORTHWHILE and (trim := _malloc_trim()) is not None:
        trim(0)


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, other C libraries do not
