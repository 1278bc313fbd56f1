"""Determinants: the public functions, for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparsead.arrays.solve import check_square
from sparsead.backends.registry import get
from sparsead.factors.options import OnSingular, Precision, SolveOptions

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray


def logdet(
    matrix: SparseArray[Array],
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> Array:
    """Return the natural logarithm of the determinant.

    Its gradient is the inverse on the pattern, exact, from the same factorization (`selected_inverse`), which a solve
    with the matrix uses too. Derivatives of any order, forward and reverse.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix A; its declared structure chooses the factorization. Unit: [A].
    backend : str, optional
        A name of `sparsead.backends.installed`; by default `sparsead.backends.choose` decides.
    on_singular : {"raise", "nan"}
        What to do with a matrix that is singular, not positive definite where declared so, not finite, or of negative
        determinant: raise, or return NaN.
    precision : {"double", "single"}
        Type of the factors.

    Returns
    -------
    array, shape ()
        log det A, in units of whose n-th power [A] is; real for a matrix that is real or declared positive definite.
        Else complex, with an imaginary part in [-pi, pi].

    Raises
    ------
    NotPositiveDefiniteError
        If the determinant of a real matrix is negative, or A is declared positive definite and is not.
    SingularMatrixError
        If A is singular, structurally or to working precision.
    DtypeError, ShapeError, NonFiniteError, StructureError, BackendMissingError, BackendError
        As `solve`.

    Notes
    -----
    A gradient takes some twice the arithmetic of the factorization with libraries that show their factors, CHOLMOD
    (scikit-sparse 0.4), UMFPACK and SuperLU. With others up to 1,000 unknowns are solved with the identity; larger
    matrices are factorized once more, by one of these: name it by ``backend``, here and in `solve`, to pay for one.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.diags([np.array([2.0, 5.0])], positive_definite=True)
    >>> value, pullback = sp.vjp(sp.logdet, A)
    >>> (A_bar,) = pullback(1.0)
    >>> round(float(value), 4), A_bar.diagonal()
    (2.3026, array([0.5, 0.2]))
    """
    return logdet_with(solve_options(matrix, backend, on_singular, precision), matrix)


def logdet_with(options: SolveOptions, matrix: SparseArray[Array]) -> Array:
    """Return log det A, as `logdet` does, for functions that choose the backend themselves.

    Parameters
    ----------
    options : SolveOptions
        With the structure of the matrix.
    matrix : SparseArray, shape (n, n)
        The matrix A.
    """
    value: Any = _logarithm(matrix, options, positive=True)[0]
    return matrix.binding.xp.real(value) if matrix._structure.positive_definite else value


def slogdet(
    matrix: SparseArray[Array],
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> tuple[Array, Array]:
    """Return the sign of the determinant and the logarithm of its absolute value.

    Parameters
    ----------
    matrix, backend, on_singular, precision
        As in `logdet`; any sign is right.

    Returns
    -------
    sign : array, shape ()
        1 or -1 of a real matrix, a number of absolute value 1 of a complex one: ``det A / |det A|``.
    logabsdet : array, shape ()
        ``log |det A|``, real.

    Raises
    ------
    SingularMatrixError
        If A is singular: unlike NumPy's, this function has no sign 0.
    SparseADError
        As `logdet`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sign, log = sp.slogdet(sp.coo([0, 1], [1, 0], np.array([2.0, 5.0]), (2, 2)))
    >>> float(sign), round(float(log), 4)
    (-1.0, 2.3026)
    """
    options = solve_options(matrix, backend, on_singular, precision)
    value, factor = _logarithm(matrix, options, positive=False)
    binding = matrix.binding
    if binding.dtype(value).kind == "c":
        factor = binding.xp.exp(1j * binding.xp.imag(value))
    return factor, binding.xp.real(value)


def solve_options(matrix: SparseArray[Any], backend: str | None, on_singular: Any, precision: Any) -> SolveOptions:
    """Return the options of a factorization of a square matrix, checked."""
    check_square(matrix, fix="pass a square matrix: others have neither determinant nor inverse")
    if backend is not None:
        get(backend)
    return SolveOptions(matrix._structure, backend, on_singular, precision)


def _logarithm(matrix: SparseArray[Any], options: SolveOptions, *, positive: bool) -> tuple[Any, Any]:
    """(l, f) with det A = f exp(l)."""
    binding = matrix.binding
    found = binding.logdet(matrix.values[None], pattern=matrix._pattern, options=options, positive=positive)[0, 0]
    value, factor = found[0], found[1]
    return (binding.xp.conj(value) if matrix._conjugated else value), factor
