"""Solve: the public function, for every front-end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.null_space import grounded
from sparsead.arrays.products import as_columns, as_rows, check_rows
from sparsead.arrays.sparse_array import check_sparse
from sparsead.backends.registry import get
from sparsead.errors import ShapeError
from sparsead.factors.options import Automatic, OnSingular, Precision, SolveOptions, chosen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray
    from sparsead.backends.backend import Backend, Trans

_LEAST_SQUARES = "pass a square matrix; for least squares call lstsq"


def solve(
    matrix: SparseArray[Array],
    b: ArrayLike | Array,
    *,
    trans: Trans = "N",
    backend: str | None = None,
    method: Backend | Automatic | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
    null_space: ArrayLike | None = None,
) -> Array:
    """Return x with ``op(A) x = b``.

    The factorization is kept: further solves with the same matrix, its transpose
    or its conjugate transpose, and all derivatives, use it again.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix A; its declared structure chooses the factorization. Unit: [A].
    b : array, shape (n,) or (n, k)
        Right-hand sides. Unit: [A] [x].
    trans : {"N", "T", "H"}
        op(A) is A, its transpose or its conjugate transpose.
    backend : str, optional
        A name of `sparsead.backends.installed`; by default `sparsead.backends.choose` decides.
    method : iterative method, optional
        Instead of a library that factorizes: a value that `sparsead.iterative` makes, such as
        ``sparsead.iterative.cg()``. Solutions are then those to its tolerance. ``"auto"`` factorizes where the factors
        will take at most a quarter of the memory that is free, and, if the matrix is declared positive definite, no
        longer than twice what iterations would; else it iterates to 1e-8: `cg` with `amg` (`ichol` without pyamg) if
        it is declared so, `gmres` with `ilu` if not.
    on_singular : {"raise", "nan"}
        What to do with a matrix that is singular, not positive definite where declared so, or not finite, or with
        iterations that do not converge: raise, or return NaN (zero for ``b = 0``), as dead lanes of a batch need.
    precision : {"double", "single"}
        Type of the factors; float32 values are factorized in float64 unless "single" is asked for.
    null_space : array, shape (n,) or (n, r), optional
        All motions that a singular symmetric or Hermitian matrix does not resist, known when the program is traced:
        rigid motions of a floating structure, constants of a pure Neumann problem. The solution is the one of
        minimum norm. Derivatives are those of matrices that keep this null space.

    Returns
    -------
    array, shape of `b`
        Solution, in the type that promotion of A and b gives. Unit: [x].

    Raises
    ------
    DtypeError
        If A is no `SparseArray`, b is no array of numbers, or `null_space` is complex and A real.
    ShapeError
        If A is not square, or b or `null_space` does not fit.
    NonFiniteError
        If A, b or `null_space` holds NaN or infinity; says where.
    SingularMatrixError
        If A is singular, structurally or to working precision; says which dof.
    NotPositiveDefiniteError
        If A is declared positive definite and is not; says in which column.
    StructureError
        If A is declared symmetric or Hermitian and is not; says at which entry.
    NullSpaceError
        If A does not map `null_space` to zero, or b has a share in it; says how large.
    BackendMissingError, BackendError
        If the backend is not installed, or cannot do it.
    ConvergenceError
        If an iterative method does not reach its tolerance; has the residuals.

    Warns
    -----
    UserWarning
        Before factors that will take more memory than is free; says which method to name instead.

    References
    ----------
    Davis, T. A., "Direct Methods for Sparse Linear Systems", SIAM, 2006, doi:10.1137/1.9780898718881.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.coo([0, 0, 1], [0, 1, 1], np.array([2.0, 1.0, 4.0]), (2, 2))
    >>> sp.solve(A, np.array([4.0, 8.0]))
    array([1., 2.])
    """
    check_square(matrix)
    asked = chosen(method, backend)
    if null_space is not None:
        asked = grounded(matrix, null_space, asked)
    options = SolveOptions(matrix._structure, asked, on_singular, precision)
    return solve_with(options, matrix, b, trans=trans)


def solve_with(options: SolveOptions, matrix: SparseArray[Array], b: ArrayLike | Array, *, trans: Trans = "N") -> Array:
    """Return x with ``op(A) x = b``, as `solve` does, for packages that say its errors in their own words.

    Parameters
    ----------
    options : SolveOptions
        With the structure of the matrix.
    matrix, b, trans
        As in `solve`.
    """
    n = check_square(matrix)
    binding = matrix.binding
    load = binding.asarray("b", b)
    check_rows("b", np.shape(load), n, "rows")
    if isinstance(options.backend, str):
        get(options.backend)
    transposed, conjugated = _composed(matrix, trans)
    values: Any = matrix.values
    load = binding.xp.conj(load) if conjugated else load
    x = _solve(binding, values, load, pattern=matrix._pattern, options=options, trans="T" if transposed else "N")
    return binding.xp.conj(x) if conjugated else x


def check_square(matrix: SparseArray[Any], fix: str = _LEAST_SQUARES) -> int:
    """Return n of an (n, n) matrix; else say what to do instead.

    Raises
    ------
    DtypeError
        If it is no `SparseArray`.
    ShapeError
        If it is not square.
    """
    m, n = check_sparse("the matrix", matrix).shape
    if m != n:
        raise ShapeError(
            "matrix is not square",
            expected="as many rows as columns",
            got=f"shape {(m, n)}",
            fix=fix,
        )
    return n


def _composed(matrix: SparseArray[Any], trans: Trans) -> tuple[bool, bool]:
    """The operation on the stored matrix: transposed?, conjugated?, for op of a view."""
    if trans not in ("N", "T", "H"):
        raise ShapeError(
            "unknown trans",
            expected='trans="N", "T" or "H"',
            got=f"trans={trans!r}",
            fix='pass "T" for the transpose, "H" for the conjugate transpose',
        )
    return matrix._transposed != (trans != "N"), matrix._conjugated != (trans == "H")


def _solve(binding: Any, values: Any, b: Any, *, options: SolveOptions, **static: Any) -> Any:
    """Solve in the common type; a complex b with a real matrix is two real right-hand sides in turn."""
    of_values, of_b = binding.dtype(values), binding.dtype(b)
    if of_values.kind != "c" and of_b.kind == "c":
        xp, rows = binding.xp, as_rows(b)
        _, k, n = rows.shape
        parts = xp.concatenate([xp.reshape(part, (1, k, 1, n)) for part in (xp.real(rows), xp.imag(rows))], 2)
        working = np.result_type(of_values, np.empty(0, of_b).real.dtype)
        parts = binding.astype(xp.reshape(parts, (1, 2 * k, n)), working)
        x = binding.solve(binding.astype(values, working)[None], parts, options=replace(options, parts=2), **static)
        x = xp.reshape(x, (1, k, 2, n))
        return as_columns(x[:, :, 0] + 1j * x[:, :, 1], np.ndim(b))
    working = np.result_type(of_values, of_b)
    x = binding.solve(
        binding.astype(values, working)[None], as_rows(binding.astype(b, working)), options=options, **static
    )
    return as_columns(x, np.ndim(b))
