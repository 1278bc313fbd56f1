"""Kernel ``logdet``: the logarithm of a determinant, and what is left of it, from the factorization in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import NotPositiveDefiniteError
from sparsead.factors.selected import log_det
from sparsead.kernels.lanes import each_matrix, in_type_of_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern


def logdet(
    values: NDArray[Any],
    *,
    pattern: Pattern,
    options: SolveOptions,
    positive: bool = False,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return (l, f) with ``det A = f exp(l)`` for each matrix of the batch.

    Parameters
    ----------
    values : array, shape (b, s)
        Stored values. Unit: [A].
    pattern : Pattern
        Stored entries, shape (n, n).
    options : SolveOptions
        Structure, backend, what to do with a singular matrix.
    positive : bool
        Whether a negative determinant of a real matrix is an error, its logarithm being none.
    out : array, shape (b, 1, 2), optional
        Where to write.

    Returns
    -------
    array, shape (b, 1, 2)
        Of a real matrix l = log |det A| and f = 1 or -1; of a complex one f = 1, and l has the angle of det A as
        imaginary part. NaN for a matrix that is singular where that is no error.

    Raises
    ------
    SparseADError
        Whatever is wrong with a matrix; a note says which of the batch.
    """
    out = np.empty((len(values), 1, 2), values.dtype) if out is None else out
    if pattern.shape[0] == 0:
        out[:] = 0, 1
        return out

    def one(lane: NDArray[Any]) -> NDArray[Any]:
        phase, size = log_det(pattern, in_type_of_factors(lane, options), options)
        if lane.dtype.kind == "c":
            return np.array([[size + 1j * np.angle(phase), 1]])
        if positive and np.real(phase) < 0:
            raise _negative(size)
        return np.array([[size, np.real(phase)]])

    return each_matrix(one, values, out, pattern, options)


def _negative(size: float) -> NotPositiveDefiniteError:
    return NotPositiveDefiniteError(
        "determinant is negative",
        expected="det A > 0, of which the logarithm is taken",
        got=f"det A = -exp({size:.6g})",
        fix="use slogdet, which gives the sign and log |det A|",
        column=None,
    )
