"""Least squares: the public function, for every front-end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.from_parts import block, diags
from sparsead.arrays.products import check_rows
from sparsead.arrays.solve import solve_with
from sparsead.arrays.sparse_array import check_sparse
from sparsead.backends.registry import get
from sparsead.errors import NonFiniteError, SingularMatrixError
from sparsead.factors.least_squares import LeastSquares
from sparsead.factors.options import OnSingular, Precision, SolveOptions

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray
    from sparsead.errors import SparseADError
    from sparsead.pattern.pattern import Pattern


def lstsq(
    matrix: SparseArray[Array],
    b: ArrayLike | Array,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> Array:
    """Return the x that makes ``|A x - b|`` least; of a matrix with fewer rows than columns, the shortest solution.

    The augmented system of x and the residual is factorized once, for all right-hand sides and all derivatives, of any
    order, forward and reverse. The normal equations, which square the condition of A, are not formed.

    Parameters
    ----------
    matrix : SparseArray, shape (m, n)
        The matrix A, of full rank. Unit: [A].
    b : array, shape (m,) or (m, k)
        Right-hand sides. Unit: [A] [x].
    backend : str, optional
        A name of `sparsead.backends.installed`; by default `sparsead.backends.choose` decides.
    on_singular : {"raise", "nan"}
        What to do with a matrix that has not full rank, or is not finite: raise, or return NaN.
    precision : {"double", "single"}
        Type of the factors.

    Returns
    -------
    array, shape (n,) or (n, k)
        Solution, in the type that promotion of A and b gives. Unit: [x].

    Raises
    ------
    SingularMatrixError
        If the columns of A (its rows, if these are fewer) depend on each other to working precision; says which.
    ShapeError
        If b does not fit.
    DtypeError, NonFiniteError, BackendMissingError, BackendError
        As `solve`.

    Notes
    -----
    Weights w of the equations are ``lstsq(A * s[:, None], s * b)`` with the roots s of w; damping is more equations,
    ``block([[A], [c * eye(n)]])`` with zeros below b. Both are differentiable.

    References
    ----------
    Bjorck, A., "Numerical Methods for Least Squares Problems", SIAM, 1996, doi:10.1137/1.9781611971484.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> t = np.array([0.0, 1.0, 2.0, 3.0])
    >>> A = sp.coo([0, 1, 2, 3, 1, 2, 3], [0, 0, 0, 0, 1, 1, 1], np.r_[np.ones(4), t[1:]], (4, 2))
    >>> sp.lstsq(A, 1.0 + 2.0 * t).round(12)
    array([1., 2.])
    """
    m, n = check_sparse("the matrix", matrix).shape
    if backend is not None:
        get(backend)
    binding = matrix.binding
    load = binding.asarray("b", b)
    check_rows("b", np.shape(load), m, "rows")
    tall, size = m >= n, max(m, n)
    design = matrix if tall else matrix.H
    ones = np.ones(size, np.empty(0, matrix.dtype).real.dtype)
    system = block(type(matrix), [[diags(type(matrix), [ones]), design], [design.H, None]], hermitian=True)
    zeros = binding.asarray("zeros", np.zeros((n, *np.shape(load)[1:]), binding.dtype(load)))
    whole = binding.xp.concatenate([load, zeros] if tall else [zeros, load])
    explain = Dependent(size, "column" if tall else "row")
    options = SolveOptions(system._structure, LeastSquares(size, backend), on_singular, precision, explain=explain)
    solved = solve_with(options, system, whole)
    return solved[size:] if tall else solved[:size]


@dataclass(frozen=True)
class Dependent:
    """Says errors of an augmented system in words of its matrix.

    Parameters
    ----------
    size : int
        Rows of the identity.
    line : {"column", "row"}
        What of the matrix stands beside it.
    """

    size: int
    line: str

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if isinstance(error, SingularMatrixError):
            return self._dependent(error)
        if isinstance(error, NonFiniteError):
            return self._not_finite(error)
        return error

    def _dependent(self, error: SingularMatrixError) -> SingularMatrixError:
        dof = None if error.dof is None or error.dof < self.size else error.dof - self.size
        where = "" if dof is None else f"; {self.line} {dof} has the largest share"
        return SingularMatrixError(
            "matrix of a least squares problem has not full rank",
            expected=f"{self.line}s that do not depend on each other, to working precision",
            got=f"a combination of {self.line}s that vanishes{where}",
            fix=f"drop that {self.line}, or damp: block([[A], [c * eye(n)]]) with zeros below b",
            dof=dof,
        )

    def _not_finite(self, error: Any) -> SparseADError:
        row, column = error.row, error.column
        if error.of == "matrix":
            one, two = sorted((row, column))
            row, column = (one, two - self.size) if self.line == "column" else (two - self.size, one)
            got, fix = f"A[{row}, {column}] = {error.value}", "look at what computes the values of that row"
        elif error.of == "right-hand side":
            row -= 0 if self.line == "column" else self.size
            got, fix = f"b[{row}] = {error.value} in right-hand side {column}", "look at what computes that number"
        else:
            return error
        return NonFiniteError(
            error.what,
            expected="finite values",
            got=got,
            fix=fix,
            row=row,
            column=column,
            of=error.of,
            value=error.value,
        )
