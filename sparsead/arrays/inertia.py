"""Inertia of a matrix: the public function, for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.determinants import solve_options
from sparsead.errors import NoDerivativeError, StructureError
from sparsead.factors.inertia import inertia_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.arrays.sparse_array import SparseArray


def inertia(matrix: SparseArray[Any], *, backend: str | None = None) -> tuple[int, int, int]:
    """Return the numbers of positive, negative and zero eigenvalues of a symmetric or Hermitian matrix.

    Of ``K - s M`` it is the number of eigenvalues of (K, M) above and below s: a count without eigenvalues. Of a saddle
    point matrix it tells whether the block of the constraints has full rank.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n)
        The matrix, declared symmetric (real), Hermitian or positive definite; its values are known, not traced.
    backend : str, optional
        A name of `sparsead.backends.installed`; by default `sparsead.backends.choose` decides.

    Returns
    -------
    tuple of int
        Positive, negative, zero; they sum to n. The last is 0, since a singular matrix is an error.

    Raises
    ------
    StructureError
        If the matrix is not declared symmetric or Hermitian.
    NoDerivativeError
        If its values are traced: counts have no derivative.
    BackendError
        If no library that is here tells, of a matrix of more than 1,000 unknowns.
    SparseADError
        As `logdet`; of a singular matrix too.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.inertia(sp.diags([np.array([2.0, -1.0, 5.0])]).declare(symmetric=True))
    (2, 1, 0)
    """
    options = solve_options(matrix, backend, "raise", "double")
    values = _known(matrix)
    if not matrix._structure.on(is_complex=values.dtype.kind == "c").hermitian:
        raise StructureError(
            "inertia is of symmetric and Hermitian matrices",
            expected="a matrix declared symmetric=True (real), hermitian=True or positive_definite=True",
            got=f"{matrix!r}",
            fix="declare what holds: A.declare(hermitian=True)",
        )
    if matrix.shape[0] == 0:
        return 0, 0, 0
    working = np.result_type(values, np.float64)
    return inertia_of(matrix._pattern, np.ascontiguousarray(values, working), options)


def _known(matrix: SparseArray[Any]) -> NDArray[Any]:
    try:
        values: NDArray[Any] = matrix.binding.concrete("values", matrix.values)
    except NoDerivativeError as error:
        raise NoDerivativeError(
            "inertia is of known values: counts have no derivative",
            expected="concrete values",
            got=error.got,
            fix="count outside the function that is differentiated or compiled",
        ) from None
    return values
