"""From a sparse matrix to SciPy and to a dense array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy.sparse import csc_array

from sparsead.arrays.sparse_array import check_sparse
from sparsead.pattern import combine

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.sparse_array import SparseArray


def to_scipy(matrix: SparseArray[Any]) -> csc_array:
    """Return the matrix as a SciPy array of compressed columns.

    Parameters
    ----------
    matrix : SparseArray, shape (m, n)
        With concrete values.

    Returns
    -------
    scipy.sparse.csc_array, shape (m, n)
        Own copy; stored zeros stay stored.

    Raises
    ------
    DtypeError
        If it is no `SparseArray`.
    NoDerivativeError
        If the values are traced.

    Examples
    --------
    >>> import sparsead.numpy as sp
    >>> sp.to_scipy(sp.eye(2)).toarray()
    array([[1., 0.],
           [0., 1.]])
    """
    plain = check_sparse("the matrix", matrix).plain()
    values = plain.binding.concrete("values", plain.values)
    pattern = plain.pattern
    return csc_array((values.copy(), pattern.indices.copy(), pattern.indptr.copy()), shape=pattern.shape)


def to_dense(matrix: SparseArray[Array]) -> Array:
    """Return the matrix as a dense array, differentiably.

    Parameters
    ----------
    matrix : SparseArray, shape (m, n)
        Any matrix that fits into memory when full.

    Returns
    -------
    array, shape (m, n)
        Zeros where nothing is stored. Unit: [A].

    Raises
    ------
    DtypeError
        If it is no `SparseArray`.

    Examples
    --------
    >>> import sparsead.numpy as sp
    >>> sp.to_dense(2.0 * sp.eye(2))
    array([[2., 0.],
           [0., 2.]])
    """
    plain = check_sparse("the matrix", matrix).plain()
    full = plain.binding.sum_triplets(plain.values[None], slots=combine.dense(plain.pattern))
    return plain.binding.xp.reshape(full, plain.shape)
