"""Refuse garbage: condition estimate after a factorization, backward error after a solve.

A small backward error does not prove a solution: a floating body solves with
3e-15. Perturbed pivots do not disprove one: a valid saddle point problem had
599. So small or perturbed pivots, or a library that does not tell, only ask
for a look at the condition: first the growth of one pseudo-random vector, one
solve; then, only if that is large, an estimate of the condition number in the
one-norm [1]_. Factors with perturbed pivots are those of a neighbour, whose
condition may hide that this matrix is singular: they must answer that vector
too. Rows and columns are scaled first, since a matrix that mixes units is not
singular because of them.

References
----------
.. [1] N. J. Higham and F. Tisseur, "A block algorithm for matrix 1-norm
   estimation", SIAM J. Matrix Anal. Appl. 21 (2000), doi:10.1137/S0895479899356080.
.. [2] P. A. Knight, D. Ruiz and B. Ucar, "A symmetry preserving algorithm for
   matrix scaling", SIAM J. Matrix Anal. Appl. 35 (2014), doi:10.1137/110825753.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array, diags_array
from scipy.sparse.linalg import LinearOperator, onenormest, splu

from sparsead.errors import SingularMatrixError
from sparsead.factors.units import Units, largest_of_rows, reciprocal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Factorization

_SMALL_PIVOT_RATIO = 1e-12  # rounding leaves such pivots in a floating body of 1e5 unknowns
_HARMLESS_GROWTH = 1e10
_HOPELESS_GROWTH = 1e12  # beyond, pivots perturbed by less will not help
_LARGEST_BACKWARD_ERROR = 1e-12
_LARGEST_RESIDUAL = 1e-3  # of the right-hand side; beyond, the solution answers another question
_MANY_ROUNDINGS = 64  # of single precision; the bounds above are those of double precision
_REFINEMENTS = 3
_EQUILIBRATIONS = 8  # each takes the square root of what is left: 1e24 becomes 1.2
_ALIKE = 4.0  # largest entries of rows, or columns, apart by the square of this leave little to gain


class Inaccurate(Exception):
    """The factors do not solve to a small backward error; another ordering or library may."""


def is_doubtful(factorization: Factorization, dtype: np.dtype[Any]) -> bool:
    """Return whether the pivots, or a library that does not tell them, ask for a look at the condition."""
    pivots = factorization.pivots
    small = max(_SMALL_PIVOT_RATIO, _MANY_ROUNDINGS * np.finfo(dtype).eps)
    return pivots.perturbed > 0 or pivots.ratio is None or not pivots.ratio > small


def check_condition(matrix: csc_array, factorization: Factorization) -> None:
    """Raise `SingularMatrixError` if the scaled condition number is above 1 / (10 eps).

    Parameters
    ----------
    matrix : csc_array, shape (n, n)
        The matrix.
    factorization : Factorization
        Its factors.

    Raises
    ------
    SingularMatrixError
        ``dof`` is the largest component of the vector that the matrix nearly maps to zero.
    Inaccurate
        If pivots were perturbed by so much that nobody can tell.
    """
    rows, cols, norm = _equilibrate(matrix)
    inverse = _scaled_inverse(factorization, rows, cols, matrix.dtype)
    n, eps = matrix.shape[0], np.finfo(matrix.dtype).eps
    with np.errstate(all="ignore"):
        # Of normal numbers, since a vector of signs may be just what a singular matrix can answer.
        probe = np.random.default_rng(0).normal(size=n)
        answer = inverse.matvec(probe)
        growth = norm * np.abs(answer).sum() / np.abs(probe).sum()
        if factorization.pivots.perturbed and not _answers(matrix, inverse, rows, cols, probe, answer):
            if growth < _HOPELESS_GROWTH:
                raise Inaccurate("perturbed pivots, and a pseudo-random right-hand side has no solution")
            dof = int(np.argmax(np.abs(answer * cols)))
            raise singular(dof, f"condition number {growth:.1e} or more, rows and columns scaled", n)
        if growth < min(_HARMLESS_GROWTH, 1e-2 / eps):
            return
        if np.isfinite(growth):
            estimate, _, null_vector = onenormest(inverse, t=min(2, n), compute_v=True, compute_w=True)
        else:
            estimate, null_vector = np.inf, np.abs(answer)
    condition = norm * estimate
    if condition > 0.1 / eps:
        dof = int(np.argmax(np.nan_to_num(np.abs(null_vector * cols), posinf=np.inf)))
        raise singular(dof, f"condition number {condition:.1e}, rows and columns scaled", n)


def _answers(
    matrix: csc_array,
    inverse: LinearOperator,
    rows: NDArray[Any],
    cols: NDArray[Any],
    probe: NDArray[Any],
    answer: NDArray[Any],
) -> bool:
    """Return whether refinement with perturbed factors solves the scaled system, shape (n,)."""
    for _ in range(_REFINEMENTS):
        missed = probe - rows * (matrix @ (cols * answer))
        if np.abs(missed).max() <= _LARGEST_RESIDUAL * np.abs(probe).max():
            return True
        answer = answer + inverse.matvec(missed)
    return False


def checked_solve(
    matrix: csc_array, factorization: Factorization, b: NDArray[Any], trans: Any, units: Units | None = None
) -> NDArray[Any]:
    """Return x of ``op(A) x = b``, shape (k, n), refined until its backward error is small.

    Raises
    ------
    Inaccurate
        If the backward error stays above 1e-12 (of the norms of A, x and b, in the units of the matrix if they
        are given; in single precision 8e-6).
    SingularMatrixError
        If it is small only because x is huge: the residual is not small beside b.
    """
    x = factorization.solve(b, trans)
    operator = matrix if trans == "N" else matrix.T if trans == "T" else matrix.conj().T
    eps = np.finfo(matrix.dtype).eps
    tolerance = max(_LARGEST_BACKWARD_ERROR, _MANY_ROUNDINGS * eps)
    equations, unknowns = (None, None) if units is None else units.of(trans)
    norm = np.abs(matrix.data).max(initial=0.0) if units is None else 1.0
    with np.errstate(all="ignore"):
        of_b = _largest(b, equations)
        for step in range(_REFINEMENTS):
            residual = b - (operator @ x.T).T
            scale = norm * _largest(x, unknowns) + of_b
            largest = _largest(residual, equations)
            # where units are mixed an equation far below the others has digits to gain first
            enough = tolerance if units is None or step == _REFINEMENTS - 1 else _MANY_ROUNDINGS * eps
            if (largest <= enough * scale).all():
                unanswered = _unanswered(operator, residual, b, largest, of_b)
                if not unanswered.any():
                    return x
            x = x + factorization.solve(np.ascontiguousarray(residual), trans)
    if not (largest <= tolerance * scale).all():
        raise Inaccurate(f"backward error {(largest / scale).max():.1e} after {_REFINEMENTS} refinements")
    k = int(np.argmax(unanswered))
    dof = int(np.argmax(np.abs(x[k])))
    raise singular(dof, f"x[{dof}] = {x[k, dof]:.3g}, residual {largest[k]:.1e}", len(b.T))


def _largest(vectors: NDArray[Any], weights: NDArray[Any] | None) -> NDArray[Any]:
    sizes = np.abs(vectors)
    return (sizes if weights is None else sizes * weights).max(axis=1)


def _unanswered(
    operator: csc_array, residual: NDArray[Any], b: NDArray[Any], largest: NDArray[Any], of_b: NDArray[Any]
) -> NDArray[np.bool_]:
    """Return for which right-hand sides the residual is not small beside b, whatever the units of the equations."""
    unanswered = largest > _LARGEST_RESIDUAL * of_b
    if unanswered.any():
        rows = reciprocal(abs(operator).max(axis=1).toarray().ravel())
        unanswered &= (np.abs(residual) * rows).max(axis=1) > _LARGEST_RESIDUAL * (np.abs(b) * rows).max(axis=1)
    return unanswered


def singular(dof: int | None, sign: str, n: int) -> SingularMatrixError:
    """Return the error for a matrix that is singular to working precision, and where it shows."""
    where = "" if dof is None else f"; dof {dof} moves most in the motion that meets no resistance"
    return SingularMatrixError(
        "matrix is singular",
        expected=f"a nonsingular matrix, shape ({n}, {n})",
        got=f"{sign}{where}",
        fix="prescribe enough dofs to remove free motions, or remove the dependent equation",
        dof=dof,
    )


def locate(matrix: csc_array) -> int | None:
    """Return the dof that moves most in a null vector of a singular matrix, None if none was found.

    One inverse iteration with a slightly shifted matrix; runs only on the way to an error.
    """
    magnitudes = abs(matrix)
    for sums in (magnitudes.sum(axis=0), magnitudes.sum(axis=1)):
        if (sums == 0).any():
            return int(np.argmax(sums == 0))
    rows, cols, _ = _equilibrate(matrix)
    scaled = csc_array(diags_array(rows) @ matrix @ diags_array(cols))
    n = matrix.shape[0]
    shift = np.sqrt(np.finfo(matrix.dtype).eps)
    try:
        # No vector of ones, to which the null vector (1, -1) of a joint is orthogonal.
        vector = np.random.default_rng(0).normal(size=n).astype(matrix.dtype)
        from_shifted = splu(csc_array(scaled + shift * diags_array(np.ones(n))))
        for _ in range(3):
            vector = from_shifted.solve(vector)
            vector /= np.abs(vector).max()
    except (RuntimeError, ValueError):  # singular still, or too large for the integers of SuperLU
        return None
    return int(np.argmax(np.abs(vector * cols)))


def _equilibrate(matrix: csc_array) -> tuple[NDArray[Any], NDArray[Any], float]:
    """Scale rows and columns alike, to largest entries near one; return both scales and the one-norm of the result.

    Both at once [2]_: rows first would leave the rest to the columns, and a symmetric matrix D S D
    that is graded over many orders would come out as one of another condition than S.
    """
    sizes, in_column = np.abs(matrix.data), np.diff(matrix.indptr)
    rows, cols = np.ones((2, matrix.shape[0]), sizes.dtype)
    for _ in range(_EQUILIBRATIONS):
        by_rows = np.sqrt(reciprocal(largest_of_rows(matrix, sizes)))
        by_cols = np.sqrt(reciprocal(np.maximum.reduceat(sizes, matrix.indptr[:-1])))
        rows, cols = rows * by_rows, cols * by_cols
        sizes = sizes * by_rows.take(matrix.indices) * np.repeat(by_cols, in_column)
        if all(by.max() <= _ALIKE * by.min() for by in (by_rows, by_cols)):
            break
    return rows, cols, float(np.add.reduceat(sizes, matrix.indptr[:-1]).max())


def _scaled_inverse(
    factorization: Factorization, rows: NDArray[Any], cols: NDArray[Any], dtype: np.dtype[Any]
) -> LinearOperator:
    """(R A C)^-1 = C^-1 A^-1 R^-1 as an operator on (n,) and (n, k)."""

    def apply(v: NDArray[Any], before: NDArray[Any], after: NDArray[Any], trans: Any) -> NDArray[Any]:
        columns = v.reshape(len(before), -1).astype(dtype)
        x = factorization.solve(np.ascontiguousarray((columns / before[:, None]).T), trans).T
        return (x / after[:, None]).reshape(v.shape)

    return LinearOperator(
        (len(rows), len(rows)),
        matvec=lambda v: apply(v, rows, cols, "N"),
        rmatvec=lambda v: apply(v, cols, rows, "H"),
        matmat=lambda v: apply(v, rows, cols, "N"),
        rmatmat=lambda v: apply(v, cols, rows, "H"),
        dtype=dtype,
    )
