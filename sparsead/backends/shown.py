"""Shown: triangular factors as a library shows them, for whoever reads more in them than solutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Shown:
    """``A'[row_place[i], col_place[j]] = A[i, j]`` and ``A' = L U``; nobody changes them.

    Parameters
    ----------
    lower : csc_array, shape (n, n)
        L, rows sorted within a column.
    upper : csr_array or None, shape (n, n)
        U, columns sorted within a row; None where it is L^H, of a Hermitian matrix.
    row_place, col_place : int array, shape (n,)
        Where each equation and each unknown stands in the factors.
    """

    lower: csc_array
    upper: csr_array | None
    row_place: NDArray[np.integer]
    col_place: NDArray[np.integer]

    def moved(self, place: NDArray[np.integer]) -> Shown:
        """Return the same factors with column and row j at ``place[j]``, shape (n,)."""
        lower = self.lower.tocoo()
        moved = csc_array((lower.data, (place[lower.row], place[lower.col])), shape=lower.shape)
        moved.sort_indices()
        upper = None
        if self.upper is not None:
            entries = self.upper.tocoo()
            upper = csr_array((entries.data, (place[entries.row], place[entries.col])), shape=entries.shape)
        return Shown(moved, upper, place[self.row_place], place[self.col_place])


def inverted(order: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return where each index stands in an order, shape (n,)."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def parity(permutation: NDArray[np.integer]) -> int:
    """Return 1 for an even permutation, shape (n,), -1 for an odd one: it has n less its cycles exchanges."""
    n = len(permutation)
    moves = csr_array((np.ones(n, np.int8), permutation, np.arange(n + 1)), shape=(n, n))
    cycles, _ = connected_components(moves)
    return -1 if (n - cycles) % 2 else 1


def exchanges(pivots: NDArray[np.integer]) -> int:
    """Return the parity of LAPACK's row exchanges, shape (n,): row i went to place ``pivots[i]``."""
    return -1 if np.count_nonzero(pivots != np.arange(len(pivots))) % 2 else 1


def phase_of(numbers: NDArray[Any]) -> complex:
    """Return the product of ``z / |z|`` of numbers that are not zero, shape (n,); exact where they are real."""
    if numbers.dtype.kind != "c":
        return -1 if np.count_nonzero(numbers < 0) % 2 else 1
    return complex(np.prod(numbers / np.abs(numbers)))
