"""Saddle point problems: the public function, for every front-end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.from_parts import block
from sparsead.arrays.products import check_rows
from sparsead.arrays.solve import check_square, solve_with
from sparsead.arrays.sparse_array import SparseArray, check_sparse
from sparsead.backends.registry import get
from sparsead.errors import BackendError, NonFiniteError, ShapeError, SingularMatrixError, StructureError
from sparsead.factors.options import OnSingular, Precision, SolveOptions
from sparsead.factors.saddle import SaddlePoint

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.arrays.dense import Array
    from sparsead.errors import SparseADError
    from sparsead.pattern.pattern import Pattern


def solve_saddle(
    H: SparseArray[Array],
    B: SparseArray[Array],
    f: ArrayLike | Array,
    g: ArrayLike | Array,
    C: SparseArray[Array] | None = None,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> tuple[Array, Array]:
    """Return x and y of the saddle point problem ``H x + B^H y = f``, ``B x - C y = g``.

    Without C, x is where ``x^H H x / 2 - Re f^H x`` is least under the constraints ``B x = g``, and y are the
    multipliers, or the pressure. That it is a minimum is checked, by the signs of the eigenvalues. One factorization,
    for all derivatives too, of any order, forward and reverse.

    Parameters
    ----------
    H : SparseArray, shape (n, n)
        Symmetric or Hermitian, positive definite where ``B x = 0``; need not be declared so. Unit: [H].
    B : SparseArray, shape (m, n)
        Constraints, independent of each other if there is no C. Unit: [B].
    f : array, shape (n,) or (n, k)
        Loads. Unit: [H] [x].
    g : array, shape (m,) or (m, k)
        Values of the constraints. Unit: [B] [x].
    C : SparseArray, shape (m, m), optional
        Symmetric or Hermitian, positive semidefinite: compliance of the constraints, by default zero.
        Unit: [B]^2 / [H].
    backend : str, optional
        A name of `sparsead.backends.installed`; by default `sparsead.backends.choose` decides.
    on_singular : {"raise", "nan"}
        What to do with a matrix that is singular, not finite, or has other signs: raise, or return NaN.
    precision : {"double", "single"}
        Type of the factors.

    Returns
    -------
    x : array, shape (n,) or (n, k)
        Unit: [x].
    y : array, shape (m,) or (m, k)
        Unit: [H] [x] / [B].

    Raises
    ------
    NotPositiveDefiniteError
        If x is no minimum, or C not semidefinite; says in how many directions.
    SingularMatrixError
        If constraints depend on each other, or something is free; says which.
    StructureError
        If H or C is not symmetric or Hermitian; says at which entry.
    ShapeError
        If the parts do not fit.
    BackendError
        If no library that is here counts the signs, of more than 1,000 unknowns: see `inertia`.
    DtypeError, NonFiniteError, BackendMissingError
        As `solve`.

    References
    ----------
    Benzi, M., Golub, G. H., and Liesen, J., "Numerical solution of saddle point problems", Acta Numerica 14, 2005,
    doi:10.1017/S0962492904000212.

    Examples
    --------
    Two springs share a displacement of three:

    >>> import numpy as np, sparsead.numpy as sp
    >>> H, B = sp.diags([np.array([1.0, 2.0])]), sp.coo([0, 0], [0, 1], np.ones(2), (1, 2))
    >>> x, y = sp.solve_saddle(H, B, np.zeros(2), np.array([3.0]))
    >>> x, y
    (array([2., 1.]), array([-2.]))
    """
    n = check_square(H, fix="pass the square matrix of the energy as H, that of the constraints as B")
    lower = None if C is None else -check_sparse("C", C)
    system = block(type(H), [[H, check_sparse("B", B).H], [B, lower]], hermitian=True)
    if backend is not None:
        get(backend)
    binding = H.binding
    loads = _right_hand_sides(binding, (f, g), (n, B.shape[0]))
    explain = Parts(n)
    options = SolveOptions(system._structure, SaddlePoint(n, backend), on_singular, precision, explain=explain)
    solved = solve_with(options, system, binding.xp.concatenate(loads))
    return solved[:n], solved[n:]


def _right_hand_sides(binding: Any, given: tuple[Any, Any], rows: tuple[int, int]) -> list[Any]:
    loads = [binding.asarray(name, load) for name, load in zip("fg", given, strict=True)]
    for name, load, extent in zip("fg", loads, rows, strict=True):
        check_rows(name, np.shape(load), extent, "rows of its block")
    if np.shape(loads[0])[1:] != np.shape(loads[1])[1:]:
        raise ShapeError(
            "f and g do not go together",
            expected="as many right-hand sides in one as in the other: (n,) and (m,), or (n, k) and (m, k)",
            got=f"f of shape {np.shape(loads[0])}, g of shape {np.shape(loads[1])}",
            fix="pass zeros where one of them is not there",
        )
    working = np.result_type(*(binding.dtype(load) for load in loads))
    return [binding.astype(load, working) for load in loads]


@dataclass(frozen=True)
class Parts:
    """Says errors of a saddle point matrix in words of its parts.

    Parameters
    ----------
    size : int
        Rows of H.
    """

    size: int

    def __call__(self, error: SparseADError, pattern: Pattern, values: NDArray[Any]) -> SparseADError:
        """Return the error to raise."""
        if isinstance(error, SingularMatrixError):
            return self._singular(error)
        if isinstance(error, NonFiniteError):
            return self._not_finite(error)
        if isinstance(error, StructureError):
            return self._not_symmetric(error, values)
        if isinstance(error, BackendError) and error.fault == "untold":
            return _uncounted(error)
        return error

    def _singular(self, error: SingularMatrixError) -> SingularMatrixError:
        dof, n = error.dof, self.size
        if dof is not None and dof >= n:
            got = f"a combination of rows of B, without C, that vanishes; row {dof - n} has the largest share"
            fix = "drop that constraint; of a pressure that is known but for a constant hold one value"
        else:
            got = "a motion that nothing resists" + ("" if dof is None else f"; x[{dof}] moves most")
            fix = "hold it by H or by a constraint"
        return SingularMatrixError(
            "saddle point matrix is singular",
            expected="constraints that do not depend on each other, and H regular where B x = 0",
            got=got,
            fix=fix,
            dof=dof,
        )

    def _place(self, row: int, column: int) -> str:
        n = self.size
        if row < n and column < n:
            return f"H[{row}, {column}]"
        if row >= n and column >= n:
            return f"-C[{row - n}, {column - n}]"
        return f"B[{max(row, column) - n}, {min(row, column)}]"

    def _not_finite(self, error: Any) -> SparseADError:
        if error.of == "matrix":
            place = self._place(error.row, error.column)
        elif error.of == "right-hand side":
            name, row = ("f", error.row) if error.row < self.size else ("g", error.row - self.size)
            place = f"{name}[{row}] of right-hand side {error.column}"
        else:
            return error
        return NonFiniteError(
            error.what,
            expected="finite values",
            got=f"{place} = {error.value}",
            fix="look at what computes it",
            row=error.row,
            column=error.column,
            of=error.of,
            value=error.value,
        )

    def _not_symmetric(self, error: Any, values: NDArray[Any]) -> SparseADError:
        row, column = error.row, error.column
        place, mirror = self._place(row, column), self._place(column, row)
        name = "H" if row < self.size else "C"
        kind = "Hermitian" if values.dtype.kind == "c" else "symmetric"
        return StructureError(
            f"{name} of a saddle point problem is not {kind}",
            expected=f"{place} = {'conj ' if kind == 'Hermitian' else ''}{mirror}",
            got=error.got.replace(f"A[{row}, {column}]", place).replace(f"A[{column}, {row}]", mirror),
            fix="correct the assembly of that pair",
            row=row,
            column=column,
        )


def _uncounted(error: BackendError) -> BackendError:
    return BackendError(
        error.what,
        expected="PARDISO, or at most 1000 unknowns: the signs of its eigenvalues tell a minimum",
        got=error.got,
        fix='install PARDISO, pip install "sparsead[pardiso]"; unchecked: '
        "solve(block([[H, B.H], [B, -C]], hermitian=True), ...)",
        fault="untold",
    )
