"""Kernel ``solve``: x of op(A) x = b, with the factorization from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.backend import Backend
from sparsead.errors import SingularMatrixError
from sparsead.factors.range import narrowed
from sparsead.factors.store import factor_cache
from sparsead.factors.values import check_finite_rhs
from sparsead.kernels.lanes import each_matrix, in_type_of_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Trans
    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern


def solve(
    values: NDArray[Any],
    b: NDArray[Any],
    *,
    pattern: Pattern,
    options: SolveOptions,
    trans: Trans,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return x with ``op(A) x = b``, one factorization for each matrix of the batch.

    Parameters
    ----------
    values : array, shape (b, s)
        Stored values. Unit: [A].
    b : array, shape (b, k, n)
        Right-hand sides, of the type of `values`. Unit: [A] [x].
    pattern : Pattern
        Stored entries, shape (n, n).
    options : SolveOptions
        Structure, backend, what to do with a singular matrix.
    trans : {"N", "T", "H"}
        op(A) is A, its transpose or its conjugate transpose.
    out : array, shape (b, k, n), optional
        Where to write.

    Returns
    -------
    array, shape (b, k, n)
        Solutions. Unit: [x].

    Raises
    ------
    SparseADError
        Whatever is wrong with a matrix or a right-hand side; a note says which of the batch.
    """
    out = np.empty_like(b) if out is None else out
    if b.size == 0:
        return out

    def one(lane: NDArray[Any], load: NDArray[Any]) -> NDArray[Any]:
        try:
            return _solve_one(lane, load, pattern, options, trans)
        except SingularMatrixError as error:
            if trans != "N":
                error.add_note("the solve is of the transpose or the adjoint; the dof is one of the matrix itself")
            raise

    return each_matrix(one, values, out, pattern, options, b, unusable=_unsolved)


def _solve_one(
    values: NDArray[Any], b: NDArray[Any], pattern: Pattern, options: SolveOptions, trans: Trans
) -> NDArray[Any]:
    check_finite_rhs(b, options.parts)
    if isinstance(options.backend, Backend) and options.backend.limited and not options.derived:
        options.backend.check(pattern, values, b, trans, options.parts)
    entry = factor_cache.entry(pattern, in_type_of_factors(values, options), options)
    return narrowed(entry.solve(in_type_of_factors(b, options), trans, options.rtol), b.dtype)


def _unsolved(b: NDArray[Any]) -> NDArray[Any]:
    """NaN; zero of a right-hand side that is zero, as the cotangent of a dead lane is."""
    return np.where(np.any(b, axis=1, keepdims=True), np.nan, 0)
