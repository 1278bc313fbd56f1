"""Matrices that differ from a factorized one by a few dyads: the public functions, for every front-end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.determinants import logdet, logdet_with
from sparsead.arrays.from_parts import block, diags
from sparsead.arrays.products import check_rows
from sparsead.arrays.solve import check_square, solve_with
from sparsead.backends.registry import get
from sparsead.errors import NonFiniteError, NotPositiveDefiniteError, ShapeError, SingularMatrixError
from sparsead.factors.low_rank import Capacitance, Woodbury
from sparsead.factors.options import OnSingular, Precision, SolveOptions
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import GENERAL

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray
    from sparsead.errors import SparseADError


def solve_low_rank(
    matrix: SparseArray[Array],
    U: ArrayLike | Array,
    C: ArrayLike | Array,
    V: ArrayLike | Array,
    b: ArrayLike | Array,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> Array:
    """Return x with ``(A + U C V^T) x = b`` on the factorization of A.

    Woodbury's formula, refined: another U, C or V takes solves and no factorization. Derivatives in A, U, C, V and b,
    of any order, forward and reverse.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix A, regular; its declared structure chooses the factorization, which `solve` uses too. Unit: [A].
    U, V : array, shape (n, r)
        A few columns; V is transposed, not conjugated.
    C : array, shape (r, r)
        May be singular. Unit: [A] / ([U] [V]).
    b : array, shape (n,) or (n, k)
        Right-hand sides. Unit: [A] [x].
    backend, precision
        As in `solve`, for A.
    on_singular : {"raise", "nan"}
        What to do where there is no solution of sure digits: raise, or return NaN.

    Returns
    -------
    array, shape of `b`
        Solution. Unit: [x].

    Raises
    ------
    SingularMatrixError
        If A or the sum is singular, or the residual does not become that of a factorization of the sum: A may be
        singular but for a few digits.
    ShapeError
        If the parts do not fit.
    SparseADError
        As `solve`.

    References
    ----------
    Hager, W. W., "Updating the inverse of a matrix", SIAM Review 31, 1989, doi:10.1137/1031049.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A, u = 2.0 * sp.eye(3), np.ones((3, 1))
    >>> sp.solve_low_rank(A, u, np.array([[1.0]]), u, np.array([5.0, 5.0, 5.0]))
    array([1., 1., 1.])
    """
    load = matrix.binding.asarray("b", b)
    check_rows("b", np.shape(load), check_square(matrix), "rows")
    system = _Bordered(matrix, U, C, V, backend)
    zeros = np.zeros((system.rank, *np.shape(load)[1:]), matrix.binding.dtype(load))
    whole = matrix.binding.xp.concatenate([load, matrix.binding.asarray("zeros", zeros)])
    return system.solve(whole, on_singular, precision, refined=True)[: matrix.shape[0]]


def logdet_low_rank(
    matrix: SparseArray[Array],
    U: ArrayLike | Array,
    C: ArrayLike | Array,
    V: ArrayLike | Array,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> Array:
    """Return ``log det(A + U C V^T)`` on the factorization of A.

    That of A, and that of the r x r matrix ``I + C V^T A^-1 U``, of which both must be positive if they are real.

    Parameters
    ----------
    matrix, U, C, V
        As in `solve_low_rank`.
    backend, on_singular, precision
        As in `logdet`.

    Returns
    -------
    array, shape ()
        As of `logdet`.

    Raises
    ------
    SingularMatrixError
        If A or the sum is singular, or what A and the update lose together cannot be told.
    SparseADError
        As `logdet`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> u = np.ones((3, 1))
    >>> round(float(np.exp(sp.logdet_low_rank(2.0 * sp.eye(3), u, np.array([[1.0]]), u))), 9)
    20.0
    """
    system = _Bordered(matrix, U, C, V, backend)
    n, r = matrix.shape[0], system.rank
    unit = matrix.binding.asarray("ones", np.concatenate([np.zeros((n, r)), -np.eye(r)]).astype(system.dtype))
    inverse = _full(matrix, system.solve(unit, on_singular, precision, refined=False)[n:])
    small: Any = logdet_with(SolveOptions(GENERAL, Capacitance(), on_singular, explain=system.explain), inverse)
    return logdet(matrix, backend=backend, on_singular=on_singular, precision=precision) - small


class _Bordered:
    """The system of A and of what U C V^T does, checked."""

    def __init__(self, matrix: SparseArray[Any], U: Any, C: Any, V: Any, backend: str | None) -> None:
        n = check_square(matrix, fix="pass a square matrix")
        if backend is not None:
            get(backend)
        binding, self._backend, self._plain = matrix.binding, backend, matrix.plain()
        parts = {name: binding.asarray(name, part) for name, part in zip("UCV", (U, C, V), strict=True)}
        shape = np.shape(parts["U"])
        self.rank = shape[1] if len(shape) == 2 else 0
        for name, expected in (("U", (n, self.rank)), ("C", (self.rank, self.rank)), ("V", (n, self.rank))):
            _check_shape(name, np.shape(parts[name]), expected)
        self.dtype = np.result_type(matrix.dtype, *(binding.dtype(part) for part in parts.values()))
        u, c, v = (binding.astype(part, self.dtype) for part in parts.values())
        minus = diags(type(matrix), [np.full(self.rank, -1.0, self.dtype)])
        self._whole = block(type(matrix), [[self._plain, _full(matrix, u)], [_full(matrix, c @ v.T), minus]])
        self.explain = Update(n)

    def solve(self, b: Any, on_singular: Any, precision: Any, *, refined: bool) -> Any:
        """Return x and z, of right-hand sides of both."""
        woodbury = Woodbury(self._plain.shape[0], self._plain.structure, self._backend, refined)
        options = SolveOptions(GENERAL, woodbury, on_singular, precision, explain=self.explain)
        return solve_with(options, self._whole, b)


def _check_shape(name: str, got: tuple[int, ...], expected: tuple[int, int]) -> None:
    if got != expected or expected[1] == 0:
        raise ShapeError(
            f"{name} of a low-rank update does not fit",
            expected=f"shape {expected}" if expected[1] else "U of shape (n, r), r >= 1: two axes, for one column too",
            got=f"{name} of shape {got}",
            fix="pass U and V of shape (n, r), C of shape (r, r)",
        )


def _full(like: SparseArray[Any], dense: Any) -> Any:
    """A dense array, shape (m, n), as a sparse one all of whose entries are stored."""
    m, n = np.shape(dense)
    pattern = Pattern((m, n), np.arange(n + 1) * m, np.tile(np.arange(m), n))
    return type(like)(like.binding.xp.reshape(dense.T, (m * n,)), pattern)


@dataclass(frozen=True)
class Update:
    """Says errors of a bordered system in words of the update.

    Parameters
    ----------
    size : int
        Rows of A.
    """

    size: int

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if isinstance(error, SingularMatrixError):
            return SingularMatrixError(
                "low-rank update cannot be solved on the factorization of A",
                expected="a regular A, and an A + U C V^T whose solutions are as accurate as by its own factorization",
                got=error.got.partition(";")[0],
                fix="if the sum is regular factorize it: solve(A + ..., b) with U C V^T as a SparseArray",
                dof=None,
            )
        if isinstance(error, NotPositiveDefiniteError) and error.what.startswith("determinant"):
            return NotPositiveDefiniteError(
                "determinant of a low-rank update is negative",
                expected="det(I + C V^T A^-1 U) > 0, whose logarithm is taken",
                got="a negative one",
                fix="take slogdet of the sum, A + ... with U C V^T as a SparseArray",
                column=None,
            )
        return self._not_finite(error) if isinstance(error, NonFiniteError) else error

    def _not_finite(self, error: Any) -> SparseADError:
        n, row, column = self.size, error.row, error.column
        if error.of == "matrix" and column >= n:
            place = f"U[{row}, {column - n}]"
        elif error.of == "matrix" and row >= n:
            place = f"(C V^T)[{row - n}, {column}]"
        else:
            return error
        return NonFiniteError(
            "low-rank update is not finite",
            expected="finite values",
            got=f"{place} = {error.value}",
            fix="look at what computes it",
            row=row,
            column=column,
            of="matrix",
            value=error.value,
        )
