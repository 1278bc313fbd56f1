"""Kernel ``spmv``: y = op(A) x."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern


def spmv(
    values: NDArray[Any], x: NDArray[Any], *, pattern: Pattern, trans: str, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Return ``A x`` ("N") or ``A^T x`` ("T"), one product for each right-hand side.

    Parameters
    ----------
    values : array, shape (b, s)
        Stored values. Unit: [A].
    x : array, shape (b, k, n), or (b, k, m) if transposed
        Vectors. Unit: [x].
    pattern : Pattern
        Stored entries, shape (m, n).
    trans : {"N", "T"}
        Which product.
    out : array, optional
        Where to write.

    Returns
    -------
    array, shape (b, k, m), or (b, k, n) if transposed
        Products. Unit: [A] [x].
    """
    m, n = pattern.shape
    shape = (*x.shape[:-1], m if trans == "N" else n)
    out = np.empty(shape, np.result_type(values, x)) if out is None else out
    for lane in range(len(values)):
        stored = (values[lane], pattern.indices, pattern.indptr)
        # the columns of A are the rows of A^T: the same arrays, read by the other format
        matrix = csc_array(stored, shape=(m, n)) if trans == "N" else csr_array(stored, shape=(n, m))
        for k in range(x.shape[1]):
            out[lane, k] = matrix @ x[lane, k]
    return out
