"""Entries of the inverse of a matrix: the public functions, for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sparsead.arrays.determinants import solve_options
from sparsead.errors import StructureError
from sparsead.factors.options import OnSingular, Precision

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray

M = TypeVar("M", bound="SparseArray[Any]")


def selected_inverse(
    matrix: M,
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> M:
    """Return the entries of the inverse that stand on the pattern of the transpose, without those in between.

    That are the entries by which the determinant depends on those of A: of a symmetric pattern, the pattern itself.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix A; its declared structure chooses the factorization. Unit: [A].
    backend, on_singular, precision
        As in `logdet`.

    Returns
    -------
    SparseArray, shape (n, n)
        A^-1 where A^T has stored entries, with the pattern of A^T; symmetric or Hermitian where A is declared so.
        Differentiable. Unit: [1/A].

    Raises
    ------
    SparseADError
        As `logdet`.

    Notes
    -----
    Costs as a gradient of `logdet`. A first derivative of it, which is a second one of `logdet`, takes eight to eleven
    times the time of a factorization by CHOLMOD, and six to seven times the memory of its factor; each further order
    more.

    References
    ----------
    Erisman, A. M., and Tinney, W. F., "On computing certain elements of the inverse of a sparse matrix", Comm. ACM 18,
    1975, doi:10.1145/360680.360704.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.diags([np.full(3, 2.0), -np.ones(2), -np.ones(2)], [0, 1, -1], positive_definite=True)
    >>> sp.to_dense(sp.selected_inverse(A)).round(3)
    array([[0.75, 0.5 , 0.  ],
           [0.5 , 1.  , 0.5 ],
           [0.  , 0.5 , 0.75]])
    """
    options = solve_options(matrix, backend, on_singular, precision)
    values = matrix.binding.selected_inverse(matrix.values[None], pattern=matrix._pattern, options=options)[0]
    kept = matrix._structure.without_sign()  # entries of a positive definite inverse are not positive definite
    return type(matrix)(values, matrix._pattern, kept, transposed=not matrix._transposed, conjugated=matrix._conjugated)


def marginal_variances(
    precision_matrix: SparseArray[Array],
    *,
    backend: str | None = None,
    on_singular: OnSingular = "raise",
    precision: Precision = "double",
) -> Array:
    """Return the variances of a Gaussian field from its precision matrix: the diagonal of the inverse.

    Parameters
    ----------
    precision_matrix : SparseArray, shape (n, n)
        The inverse of the covariance, declared positive definite. Unit: [1/x^2].
    backend, on_singular, precision
        As in `logdet`.

    Returns
    -------
    array, shape (n,)
        Variance of each unknown, real. Unit: [x^2].

    Raises
    ------
    StructureError
        If the matrix is not declared positive definite.
    SparseADError
        As `logdet`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> Q = sp.diags([np.array([4.0, 25.0])], positive_definite=True)
    >>> sp.marginal_variances(Q)
    array([0.25, 0.04])
    """
    solve_options(precision_matrix, backend, on_singular, precision)
    if not precision_matrix._structure.positive_definite:
        raise StructureError(
            "a precision matrix is positive definite",
            expected="a matrix declared positive definite",
            got=f"{precision_matrix!r}",
            fix="declare positive_definite=True, or take selected_inverse(A).diagonal() of any matrix",
        )
    inverse = selected_inverse(precision_matrix, backend=backend, on_singular=on_singular, precision=precision)
    variances: Any = inverse.diagonal()
    return precision_matrix.binding.xp.real(variances)
