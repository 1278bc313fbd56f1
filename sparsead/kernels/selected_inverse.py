"""Kernel ``selected_inverse``: entries of the inverse on the pattern, and of products of inverses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import NonFiniteError
from sparsead.factors.selected import inverse_chain
from sparsead.kernels.lanes import each_matrix, in_type_of_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern


def selected_inverse(
    values: NDArray[Any],
    *between: NDArray[Any],
    pattern: Pattern,
    options: SolveOptions,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return ``(A^-1 D1 A^-1 ... Dm A^-1)[col s, row s]`` for each stored entry s; of A^-1 without any D.

    Parameters
    ----------
    values : array, shape (b, s)
        Stored values of A. Unit: [A].
    *between : array, shape (b, s)
        Values of D1 to Dm on the same pattern. Unit: [A].
    pattern : Pattern
        Stored entries, shape (n, n).
    options : SolveOptions
        Structure, backend, what to do with a singular matrix.
    out : array, shape (b, s), optional
        Where to write.

    Returns
    -------
    array, shape (b, s)
        Transposed, on the pattern. Unit: [1/A]. NaN for a matrix that is singular where that is no error; zero where
        a D is zero throughout.

    Raises
    ------
    SparseADError
        Whatever is wrong with a matrix; a note says which of the batch.
    """
    out = np.empty_like(values) if out is None else out
    if values.size == 0:
        return out

    def one(lane: NDArray[Any], *factors: NDArray[Any]) -> NDArray[Any]:
        if not all(factor.any() for factor in factors):
            return np.zeros_like(lane)
        matrix, *others = (in_type_of_factors(array, options) for array in (lane, *factors))
        return _narrowed(inverse_chain(pattern, matrix, others, options), pattern, values.dtype)

    return each_matrix(one, values, out, pattern, options, *between)


def _narrowed(found: NDArray[Any], pattern: Pattern, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The entries in the type of the values; raise where one is out of its range."""
    if found.dtype == dtype:
        return found
    with np.errstate(over="ignore", under="ignore"):
        narrow = found.astype(dtype)
    beyond = np.flatnonzero(np.isfinite(found) & ~np.isfinite(narrow))
    if beyond.size:
        row, column = int(pattern.cols[beyond[0]]), int(pattern.indices[beyond[0]])
        raise NonFiniteError(
            "inverse is not finite",
            expected=f"entries within the range of {dtype}",
            got=f"{found[beyond[0]]} in row {row}, column {column} of the inverse, or of its derivative",
            fix="pass values in double precision, or choose units in which the matrix is not extreme",
            row=row,
            column=column,
            of="inverse",
            value=found[beyond[0]].item(),
        )
    return narrow
