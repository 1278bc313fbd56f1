"""Kernel ``solve``: x of op(A) x = b, with the factorization from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.backend import Backend
from sparsead.errors import SingularMatrixError, SparseADError
from sparsead.factors.range import narrowed
from sparsead.factors.store import factor_cache
from sparsead.factors.values import check_finite_rhs
from sparsead.kernels.lanes import UNUSABLE, note_lane, working_dtype

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
    for lane in range(len(values)):
        try:
            out[lane] = _solve_one(values[lane], b[lane], pattern, options, trans)
        except SparseADError as error:
            if options.on_singular == "nan" and isinstance(error, UNUSABLE):
                out[lane] = np.where(np.any(b[lane], axis=1, keepdims=True), np.nan, 0)
                continue
            told = error if options.explain is None else options.explain(error, pattern, values[lane])
            note_lane(told, lane, len(values))
            if told is not error:
                raise told from None  # whoever knows the problem has said all; the words of the matrix would mislead
            if trans != "N" and isinstance(error, SingularMatrixError):
                error.add_note("the solve is of the transpose or the adjoint; the dof is one of the matrix itself")
            raise
    return out


def _solve_one(
    values: NDArray[Any], b: NDArray[Any], pattern: Pattern, options: SolveOptions, trans: Trans
) -> NDArray[Any]:
    check_finite_rhs(b, options.parts)
    if isinstance(options.backend, Backend) and options.backend.limited and not options.derived:
        options.backend.check(pattern, values, b, trans, options.parts)
    working = working_dtype(values, options)
    entry = factor_cache.entry(pattern, np.ascontiguousarray(values, working), options)
    return narrowed(entry.solve(np.ascontiguousarray(b, working), trans, options.rtol), b.dtype)
