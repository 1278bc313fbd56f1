"""Band of a pattern: how far from the diagonal it reaches, in the order that keeps it close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from sparsead.pattern.kept import kept
from sparsead.pattern.pattern import Pattern

_SMALL = 2_000  # unknowns up to which an ordering is tried; larger systems are banded as they come, or not at all


@dataclass(frozen=True)
class Band:
    """Order of the unknowns, and diagonals below and above the main one in that order.

    Parameters
    ----------
    order : int array, shape (n,), or None
        New unknown i is old unknown ``order[i]``; None keeps the order.
    lower, upper : int
        Number of diagonals.
    """

    order: NDArray[np.integer] | None
    lower: int
    upper: int

    def reversed(self, n: int) -> Band:
        """Return the band of the unknowns from the last to the first."""
        order = np.arange(n) if self.order is None else self.order
        return Band(order[::-1].copy(), self.upper, self.lower)


@kept
def band(pattern: Pattern) -> Band:
    """Return the narrowest band found for a square pattern: as it is, or by reverse Cuthill-McKee."""
    rows, cols = pattern.indices.astype(np.int64), pattern.cols.astype(np.int64)
    natural = Band(None, *_reach(rows, cols))
    if pattern.shape[0] > _SMALL or natural.lower + natural.upper <= 2:
        return natural
    marks = csc_array((np.ones(pattern.size, np.int8), pattern.indices, pattern.indptr), shape=pattern.shape)
    order = reverse_cuthill_mckee(csc_array(marks + marks.T), symmetric_mode=True)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    ordered = Band(order, *_reach(place[rows], place[cols]))
    return ordered if ordered.lower + ordered.upper < natural.lower + natural.upper else natural


def _reach(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> tuple[int, int]:
    below = rows - cols
    return max(0, int(below.max(initial=0))), max(0, int(-below.min(initial=0)))
