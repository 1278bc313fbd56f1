"""Schur complement and static condensation: the public functions, for every front-end."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.conversions import to_dense
from sparsead.arrays.products import check_rows
from sparsead.arrays.scaling import positions
from sparsead.arrays.solve import check_square, solve_with
from sparsead.backends.registry import get
from sparsead.errors import NonFiniteError, NotPositiveDefiniteError, PatternError, ShapeError, SingularMatrixError
from sparsead.factors.options import OnSingular, Precision, SolveOptions
from sparsead.pattern.slots import Slots

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray
    from sparsead.errors import SparseADError
    from sparsead.pattern.pattern import Pattern


def schur(
    matrix: SparseArray[Array],
    kept: ArrayLike,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> Array:
    """Return the Schur complement ``S = A_bb - A_bi A_ii^-1 A_ib`` of the inner unknowns, dense.

    Of a stiffness matrix it is the stiffness that shows at the unknowns b, if nothing acts on the inner ones. One
    factorization, of A_ii, for all derivatives too, of any order, forward and reverse.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix A; its declared structure is that of A_ii, and chooses the factorization. Unit: [A].
    kept : int or bool array
        The k unknowns b, as indices, in any order, or as a mask; known when the program is traced.
    backend, on_singular, precision
        As in `logdet`, for A_ii.

    Returns
    -------
    array, shape (k, k)
        S, rows and columns in the order of `kept`. Unit: [A].

    Raises
    ------
    PatternError
        If indices are out of range, or one is given twice.
    SingularMatrixError, NotPositiveDefiniteError
        If A_ii is; says in which unknown of A.
    SparseADError
        As `solve`.

    Notes
    -----
    The inner part is solved with for k right-hand sides, which are kept full: (n - k) k numbers.

    References
    ----------
    Guyan, R. J., "Reduction of stiffness and mass matrices", AIAA Journal 3, 1965, doi:10.2514/3.2874.

    Examples
    --------
    Two springs in series, of which only the ends are seen:

    >>> import numpy as np, sparsead.numpy as sp
    >>> G = sp.diags([-np.ones(2), np.ones(2)], [0, 1], (2, 3))
    >>> K = G.T @ sp.diags([np.array([3.0, 6.0])]) @ G
    >>> sp.schur(K, [0, 2])
    array([[ 2., -2.],
           [-2.,  2.]])
    """
    parts = _Parts(matrix, kept, backend, on_singular, precision)
    return parts.complement(parts.solved(parts.coupling))


def condense(
    matrix: SparseArray[Array],
    b: ArrayLike | Array,
    kept: ArrayLike,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> tuple[Array, Array, Callable[[Any], Array]]:
    """Return the system of a few unknowns that ``A x = b`` leaves when the others are eliminated.

    A superelement: ``S`` and ``g`` go into the system of the whole structure, and `expand` gives what happens within.
    All in one solve with the inner part, for all of its right-hand sides, and differentiable as `schur` is.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix A, as of `schur`. Unit: [A].
    b : array, shape (n,) or (n, l)
        Right-hand sides. Unit: [A] [x].
    kept : int or bool array
        The k unknowns that stay, as of `schur`.
    backend, on_singular, precision
        As in `logdet`, for the inner part.

    Returns
    -------
    S : array, shape (k, k)
        Schur complement. Unit: [A].
    g : array, shape (k,) or (k, l)
        ``b_b - A_bi A_ii^-1 b_i``. Unit: [A] [x].
    expand : callable
        ``expand(x_b)`` is all of x, shape of `b`, from the unknowns that stayed, shape of `g`; no solve.

    Raises
    ------
    ShapeError
        If b, or what is expanded, does not fit.
    SparseADError
        As `schur`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.diags([np.full(3, 2.0), -np.ones(2), -np.ones(2)], [0, 1, -1], positive_definite=True)
    >>> S, g, expand = sp.condense(A, np.ones(3), [2])
    >>> expand(g / S[0]), sp.solve(A, np.ones(3))
    (array([1.5, 2. , 1.5]), array([1.5, 2. , 1.5]))
    """
    parts = _Parts(matrix, kept, backend, on_singular, precision)
    binding, n, k = matrix.binding, matrix.shape[0], len(parts.kept)
    load = binding.asarray("b", b)
    check_rows("b", np.shape(load), n, "rows")
    several = math.prod(np.shape(load)[1:])
    columns = binding.xp.reshape(load, (n, several))
    working = np.result_type(binding.dtype(parts.coupling), binding.dtype(load))
    right = [binding.astype(each, working) for each in (parts.coupling, columns[parts.inner])]
    solved = parts.solved(binding.xp.concatenate(right, 1))
    motions, at_rest = solved[:, :k], solved[:, k:]
    reduced = columns[parts.kept] - parts.outward @ at_rest

    def expand(x_b: Any) -> Any:
        ends = binding.asarray("x_b", x_b)
        check_rows("x_b", np.shape(ends), k, "unknowns that stayed")
        if np.shape(ends)[1:] != np.shape(load)[1:]:
            raise ShapeError(
                "x_b does not go with the right-hand sides",
                expected=f"shape {(k, *np.shape(load)[1:])}, that of g",
                got=f"x_b of shape {np.shape(ends)}",
                fix="pass a solution of S x_b = g, with what is added to both",
            )
        ends = binding.xp.reshape(ends, (k, several))
        both = binding.xp.concatenate([ends, at_rest - motions @ ends], 0)
        return binding.xp.reshape(both[parts.back], np.shape(load))

    return parts.complement(motions), binding.xp.reshape(reduced, (k, *np.shape(load)[1:])), expand


class _Parts:
    """The four parts of a matrix."""

    def __init__(
        self, matrix: SparseArray[Any], kept: Any, backend: str | None, on_singular: Any, precision: Any
    ) -> None:
        n = check_square(matrix)
        if backend is not None:
            get(backend)
        self.kept = _distinct(positions("kept", kept, n))
        self.inner = np.setdiff1d(np.arange(n), self.kept)
        self.back = np.argsort(np.concatenate([self.kept, self.inner]))
        self.within = matrix.select(self.inner, self.inner)
        self.outward = matrix.select(self.kept, self.inner)
        self.coupling: Any = to_dense(matrix.select(self.inner, self.kept))
        self._corner: Any = to_dense(matrix.select(self.kept, self.kept))
        explain = Inner(Slots(self.inner, n), Slots(self.kept, n))
        self._options = SolveOptions(self.within._structure, backend, on_singular, precision, explain=explain)

    def solved(self, right: Any) -> Any:
        """A_ii^-1 of right-hand sides, shape (n - k, l)."""
        return solve_with(self._options, self.within, right)

    def complement(self, motions: Any) -> Any:
        """S from ``A_ii^-1 A_ib``."""
        return self._corner - self.outward @ motions


def _distinct(kept: NDArray[Any]) -> NDArray[Any]:
    found, counts = np.unique(kept, return_counts=True)
    if len(found) < len(kept):
        twice = int(found[np.argmax(counts)])
        raise PatternError(
            "an unknown is to be kept twice",
            expected="different indices in kept",
            got=f"index {twice} in {counts.max()} places",
            fix="pass np.unique(kept)",
            index=twice,
        )
    return kept


@dataclass(frozen=True)
class Inner:
    """Says errors of the inner part of a matrix in words of the whole.

    Parameters
    ----------
    inner, kept : Slots
        Which unknowns of the whole its own, and those kept, are.
    """

    inner: Slots
    kept: Slots

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if isinstance(error, SingularMatrixError):
            return self._singular(error)
        if isinstance(error, NotPositiveDefiniteError):
            return self._not_definite(error)
        return self._not_finite(error) if isinstance(error, NonFiniteError) else error

    def _singular(self, error: SingularMatrixError) -> SingularMatrixError:
        dof = None if error.dof is None else int(self.inner.slot[error.dof])
        return SingularMatrixError(
            "inner part of a matrix is singular",
            expected="inner unknowns that are determined when those kept are known",
            got="a motion of inner unknowns that nothing resists" + ("" if dof is None else f"; x[{dof}] moves most"),
            fix="keep that unknown too",
            dof=dof,
        )

    def _not_definite(self, error: Any) -> NotPositiveDefiniteError:
        column = None if error.column is None else int(self.inner.slot[error.column])
        return NotPositiveDefiniteError(
            "inner part of a matrix is not positive definite",
            expected="x^H A x > 0 for all x, as declared by positive_definite=True",
            got="a pivot that is not positive" + ("" if column is None else f" in column {column}"),
            fix="declare symmetric=True only, or correct the assembly",
            column=column,
        )

    def _not_finite(self, error: Any) -> SparseADError:
        if error.of == "solution":
            return error
        row, column = int(self.inner.slot[error.row]), error.column
        if error.of == "matrix":
            column = int(self.inner.slot[column])
            place = f"A[{row}, {column}]"
        elif column < len(self.kept.slot):
            column = int(self.kept.slot[column])
            place = f"A[{row}, {column}]"
        else:
            column -= len(self.kept.slot)
            place = f"b[{row}] of right-hand side {column}"
        return NonFiniteError(
            f"{error.of} is not finite",
            expected="finite values",
            got=f"{place} = {error.value}",
            fix="look at what computes it",
            row=row,
            column=column,
            of=error.of,
            value=error.value,
        )
