"""Kernel ``sum_triplets``: add each triplet to its stored entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.slots import Slots


_COLUMN = 512  # triplets in a column of the summation matrix; any number serves


def sum_triplets(triplets: NDArray[Any], *, slots: Slots, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the stored values: the sum of the triplets of each stored entry.

    The triplets are the values of a sparse matrix whose row indices are the slots
    and whose columns are any cut of the triplets; times a vector of ones it is the
    sum. SciPy does that in one pass at the speed of memory.

    Parameters
    ----------
    triplets : array, shape (b, t)
        Values to add. Unit: [A].
    slots : Slots
        Stored entry of each triplet.
    out : array, shape (b, s), optional
        Where to write.

    Returns
    -------
    array, shape (b, s)
        Stored values. Unit: [A].
    """
    t = len(slots)
    cuts = np.append(np.arange(0, t, _COLUMN, dtype=slots.slot.dtype), slots.slot.dtype.type(t))
    ones = np.ones(len(cuts) - 1, triplets.dtype)
    sums = []
    for lane in triplets:
        matrix = csc_array((np.ascontiguousarray(lane), slots.slot, cuts), shape=(slots.size, len(ones)))
        sums.append(matrix @ ones)
    if out is None:
        return sums[0][None] if len(sums) == 1 else np.stack(sums)
    for lane, total in zip(out, sums, strict=True):
        lane[:] = total
    return out
