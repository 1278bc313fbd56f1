"""Kernel ``gather``: the stored entry of each triplet, the transpose of `sum_triplets`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.slots import Slots

_CHUNK = 1 << 17  # NumPy widens 32-bit indices; measured: shorter chunks cost calls, longer ones leave the cache


def gather(stored: NDArray[Any], *, slots: Slots, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return ``stored[slot]`` for every triplet.

    Parameters
    ----------
    stored : array, shape (b, s)
        Values on the stored entries.
    slots : Slots
        Stored entry of each triplet.
    out : array, shape (b, t), optional
        Where to write.

    Returns
    -------
    array, shape (b, t)
        The value of each triplet's stored entry.
    """
    t = len(slots)
    out = np.empty((len(stored), t), stored.dtype) if out is None else out
    for lane in range(len(stored)):
        for start in range(0, t, _CHUNK):
            chunk = slots.slot[start : start + _CHUNK]
            np.take(stored[lane], chunk, out=out[lane, start : start + _CHUNK], mode="clip")
    return out
