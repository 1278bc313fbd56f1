"""Triangles of a sparse matrix."""

from __future__ import annotations

from typing import Any, TypeVar

from sparsead.arrays import algebra
from sparsead.arrays.sparse_array import SparseArray, check_sparse

A = TypeVar("A", bound=SparseArray[Any])


def tril(matrix: A, k: int = 0) -> A:
    """Return the lower triangle of a matrix, differentiably.

    Parameters
    ----------
    matrix : SparseArray, shape (m, n)
        Any matrix.
    k : int
        The last diagonal that is kept: 0 the main one, above positive, below negative.

    Returns
    -------
    SparseArray, shape (m, n)
        Declared lower triangular if it is square and `k` is not positive. Unit: [A].

    Raises
    ------
    DtypeError
        If it is no `SparseArray`.
    PatternError
        If `k` is no integer.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.diags([np.ones(2), 2 * np.ones(3), np.ones(2)], [-1, 0, 1], (3, 3))
    >>> sp.to_dense(sp.tril(A))
    array([[2., 0., 0.],
           [1., 2., 0.],
           [0., 1., 2.]])
    """
    return algebra.triangle(check_sparse("the matrix", matrix), k, lower=True)


def triu(matrix: A, k: int = 0) -> A:
    """Return the upper triangle of a matrix, differentiably.

    Parameters
    ----------
    matrix : SparseArray, shape (m, n)
        Any matrix.
    k : int
        The first diagonal that is kept: 0 the main one, above positive, below negative.

    Returns
    -------
    SparseArray, shape (m, n)
        Declared upper triangular if it is square and `k` is not negative. Unit: [A].

    Raises
    ------
    DtypeError
        If it is no `SparseArray`.
    PatternError
        If `k` is no integer.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.diags([np.ones(2), 2 * np.ones(3), np.ones(2)], [-1, 0, 1], (3, 3))
    >>> sp.to_dense(sp.triu(A, 1))
    array([[0., 1., 0.],
           [0., 0., 1.],
           [0., 0., 0.]])
    """
    return algebra.triangle(check_sparse("the matrix", matrix), k, lower=False)
