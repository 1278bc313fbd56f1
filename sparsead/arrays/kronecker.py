"""Kronecker's product of two sparse matrices."""

from __future__ import annotations

from typing import Any, TypeVar

from sparsead.arrays import algebra
from sparsead.arrays.sparse_array import SparseArray, check_sparse

A = TypeVar("A", bound=SparseArray[Any])


def kron(left: A, right: A) -> A:
    """Return Kronecker's product, the matrix of all blocks ``A[i, j] B``, differentiably.

    Parameters
    ----------
    left : SparseArray, shape (m, n)
        A.
    right : SparseArray, shape (p, q)
        B.

    Returns
    -------
    SparseArray, shape (m p, n q)
        What both are, it is: symmetric, Hermitian, positive definite, triangular. Unit: [A] [B].

    Raises
    ------
    DtypeError
        If one is no `SparseArray`.
    PatternError
        If the product does not fit into memory.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> L = sp.diags([2 * np.ones(3), -np.ones(2), -np.ones(2)], [0, 1, -1], positive_definite=True)
    >>> sp.kron(L, sp.eye(3)) + sp.kron(sp.eye(3), L)
    SparseArray(9x9, 33 stored, float64, positive definite)
    """
    return algebra.kron(check_sparse("the first matrix", left), check_sparse("the second matrix", right))
