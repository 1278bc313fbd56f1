"""Factorized: a factorization that its user holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.products import as_columns, as_rows, check_rows
from sparsead.arrays.solve import _composed, check_square
from sparsead.errors import ShapeError
from sparsead.factors.options import Precision, SolveOptions
from sparsead.factors.range import check_finite_solution, exponents, narrowed, shifted
from sparsead.factors.store import factor_cache
from sparsead.factors.values import check_finite_rhs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.backends.backend import Trans
    from sparsead.numpy.sparse_array import SparseArray


class Factorized:
    """A factorized matrix; stays valid whatever the store evicts. Made by `factorize`.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix; its values are copied.
    backend : str, optional
        Name of the backend.
    precision : {"double", "single"}
        Type of the factors.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> F = sp.factorize(2.0 * sp.eye(3))
    >>> F.solve(np.ones(3)), round(F.log_abs_det(), 3)
    (array([0.5, 0.5, 0.5]), 2.079)
    """

    def __init__(self, matrix: SparseArray, *, backend: str | None = None, precision: Precision = "double") -> None:
        if check_square(matrix) == 0:
            raise ShapeError(
                "there is nothing to factorize",
                expected="a matrix of one row at least",
                got="shape (0, 0)",
                fix="use solve, which returns an empty solution for an empty right-hand side",
            )
        options = SolveOptions(matrix._structure, backend, precision=precision)
        values = matrix.binding.concrete("values", matrix.values)
        self._view = matrix._with_values(values)
        self._working = np.result_type(values, np.float64) if precision == "double" else values.dtype
        self._entry = factor_cache.entry(matrix._pattern, np.ascontiguousarray(values, self._working), options)

    @property
    def shape(self) -> tuple[int, int]:
        """``(n, n)``."""
        return self._view.shape

    @property
    def backend(self) -> str:
        """Name of the library that factorized."""
        return self._entry.group.backend

    @property
    def nbytes(self) -> int:
        """Memory of the factors and of the copied values. Unit: [byte]."""
        return self._entry.nbytes

    def solve(self, b: ArrayLike, trans: Trans = "N") -> NDArray[Any]:
        """Return x with ``op(A) x = b``.

        Parameters
        ----------
        b : array, shape (n,) or (n, k)
            Right-hand sides. Unit: [A] [x].
        trans : {"N", "T", "H"}
            op(A) is A, its transpose or its conjugate transpose.

        Returns
        -------
        array, shape of `b`
            Solution, in the type that promotion of A and b gives. Unit: [x].

        Raises
        ------
        ShapeError, NonFiniteError
            If b does not fit, or holds NaN or infinity.
        SingularMatrixError
            If no accurate solution was found.

        Examples
        --------
        >>> import numpy as np, sparsead.numpy as sp
        >>> sp.factorize(2.0 * sp.eye(2)).solve(np.array([[2.0, 4.0], [6.0, 8.0]]))
        array([[1., 2.],
               [3., 4.]])
        """
        load: NDArray[Any] = self._view.binding.asarray("b", b)
        check_rows("b", load.shape, self.shape[0], "rows")
        transposed, conjugated = _composed(self._view, trans)
        rhs = as_rows(np.conj(load) if conjugated else load)[0]
        check_finite_rhs(rhs)
        op: Trans = "T" if transposed else "N"
        if rhs.dtype.kind == "c" and self._working.kind != "c":
            k = len(rhs)
            parts = self._solve_rows(np.concatenate([rhs.real, rhs.imag]), op)
            x = parts[:k] + 1j * parts[k:]
        else:
            x = self._solve_rows(rhs, op)
        x = as_columns(narrowed(x, np.result_type(self._view.dtype, load.dtype))[None], load.ndim)
        return np.conj(x) if conjugated else x

    def _solve_rows(self, b: NDArray[Any], op: Trans) -> NDArray[Any]:
        """Solve with the factors for b, shape (k, n); in single precision 1e-200 must not become zero."""
        if np.finfo(b.dtype).maxexp <= np.finfo(self._working).maxexp:
            return self._entry.solve(np.ascontiguousarray(b, self._working), op)
        powers = exponents(np.ascontiguousarray(b))
        x = self._entry.solve(np.ascontiguousarray(shifted(b, -powers), self._working), op)
        x = shifted(x.astype(np.result_type(x, b)), powers)
        check_finite_solution(x)
        return x

    def log_abs_det(self) -> float:
        """Return ``log |det A|``.

        Returns
        -------
        float
            Natural logarithm; the determinant itself overflows.

        Raises
        ------
        BackendError
            If the backend does not tell it.

        Examples
        --------
        >>> import sparsead.numpy as sp
        >>> round(sp.factorize(10.0 * sp.eye(400), backend="superlu").log_abs_det(), 3)
        921.034
        """
        return self._entry.log_abs_det()

    def inertia(self) -> tuple[int, int, int]:
        """Return the numbers of positive, negative and zero eigenvalues of a symmetric or Hermitian matrix.

        Returns
        -------
        tuple of int
            They sum to n.

        Raises
        ------
        BackendError
            If the backend does not tell it.

        Examples
        --------
        >>> import sparsead.numpy as sp
        >>> sp.factorize(sp.eye(3)).inertia()
        (3, 0, 0)
        """
        return self._entry.factorization().inertia()

    def __repr__(self) -> str:
        return f"Factorized({self._view!r}, backend={self.backend!r}, {self.nbytes} bytes)"


def factorize(matrix: SparseArray, *, backend: str | None = None, precision: Precision = "double") -> Factorized:
    """Factorize a matrix and return what solves with it.

    `solve` keeps factorizations by itself; this is for people who want to hold one.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix.
    backend : str, optional
        Name of the backend; by default the structure chooses.
    precision : {"double", "single"}
        Type of the factors.

    Returns
    -------
    Factorized
        With ``solve``, ``log_abs_det``, ``inertia``, ``nbytes``.

    Raises
    ------
    ShapeError, NonFiniteError, StructureError, SingularMatrixError, NotPositiveDefiniteError
        As `solve`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.factorize(4.0 * sp.eye(2)).solve(np.array([4.0, 8.0]), trans="T")
    array([1., 2.])
    """
    return Factorized(matrix, backend=backend, precision=precision)
