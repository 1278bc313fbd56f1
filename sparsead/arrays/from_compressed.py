"""Matrices from compressed columns or rows and from SciPy, for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import numpy as np
from scipy.sparse import issparse

from sparsead.arrays.from_triplets import Assembler
from sparsead.arrays.sparse_array import SparseArray
from sparsead.errors import PatternError
from sparsead.pattern.structure import Structure, Triangle
from sparsead.pattern.triplets import from_compressed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy.sparse import sparray, spmatrix

    from sparsead.pattern.structure import Declared

A = TypeVar("A", bound=SparseArray[Any])


def csc(
    array_type: type[A],
    /,
    values: ArrayLike,
    indices: ArrayLike,
    indptr: ArrayLike,
    shape: tuple[int, int],
    *,
    symmetric: bool = False,
    hermitian: bool = False,
    positive_definite: bool = False,
    triangular: Triangle | None = None,
) -> A:
    """Return the matrix of compressed columns.

    Parameters
    ----------
    values : array, shape (t,)
        Values; may be traced. Unit: [A].
    indices : int array, shape (t,)
        Row of each value; any order within a column, repetitions add.
    indptr : int array, shape (n + 1,)
        Where each column starts.
    shape : tuple of int
        ``(m, n)``.
    symmetric, hermitian, positive_definite, triangular
        Declared facts, see `triplets`.

    Returns
    -------
    SparseArray
        Shape (m, n).

    Raises
    ------
    PatternError
        If an index is out of range or `indptr` does not partition the values.
    ShapeError, NoDerivativeError, StructureError
        See `triplets`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.to_dense(sp.csc(np.array([1.0, 2.0]), [0, 1], [0, 1, 2], (2, 2)))
    array([[1., 0.],
           [0., 2.]])
    """
    structure = Structure(symmetric, hermitian, positive_definite, triangular)
    return Assembler(array_type, *from_compressed(indices, indptr, shape, axis="col"), structure)(values)


def csr(
    array_type: type[A],
    /,
    values: ArrayLike,
    indices: ArrayLike,
    indptr: ArrayLike,
    shape: tuple[int, int],
    *,
    symmetric: bool = False,
    hermitian: bool = False,
    positive_definite: bool = False,
    triangular: Triangle | None = None,
) -> A:
    """Return the matrix of compressed rows.

    Parameters
    ----------
    values : array, shape (t,)
        Values; may be traced. Unit: [A].
    indices : int array, shape (t,)
        Column of each value; any order within a row, repetitions add.
    indptr : int array, shape (m + 1,)
        Where each row starts.
    shape : tuple of int
        ``(m, n)``.
    symmetric, hermitian, positive_definite, triangular
        Declared facts, see `triplets`.

    Returns
    -------
    SparseArray
        Shape (m, n).

    Raises
    ------
    PatternError, ShapeError, NoDerivativeError, StructureError
        See `csc`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.to_dense(sp.csr(np.array([1.0, 2.0]), [1, 0], [0, 1, 2], (2, 2)))
    array([[0., 1.],
           [2., 0.]])
    """
    structure = Structure(symmetric, hermitian, positive_definite, triangular)
    return Assembler(array_type, *from_compressed(indices, indptr, shape, axis="row"), structure)(values)


def from_scipy(array_type: type[A], /, matrix: sparray | spmatrix, **declared: Unpack[Declared]) -> A:
    """Return a SciPy sparse matrix or array as a `SparseArray`.

    Parameters
    ----------
    matrix : scipy.sparse array or matrix, shape (m, n)
        Any format; repeated entries add, stored zeros stay stored.
    **declared
        ``symmetric``, ``hermitian``, ``positive_definite``, ``triangular``, see `triplets`.

    Returns
    -------
    SparseArray
        Shape (m, n).

    Raises
    ------
    PatternError
        If it is not a two-dimensional SciPy sparse matrix.

    Examples
    --------
    >>> import scipy.sparse, sparsead.numpy as sp
    >>> sp.from_scipy(scipy.sparse.eye_array(3))
    SparseArray(3x3, 3 stored, float64, general)
    """
    if not issparse(matrix) or matrix.ndim != 2:
        raise PatternError(
            "not a SciPy sparse matrix",
            expected="a two-dimensional scipy.sparse array or matrix",
            got=f"{type(matrix).__name__}" + (f" of shape {np.shape(matrix)}" if np.shape(matrix) else ""),
            fix="for a dense array pass scipy.sparse.csc_array(x); for triplets use coo(...)",
        )
    compressed = matrix.tocsc()
    return csc(array_type, compressed.data, compressed.indices, compressed.indptr, compressed.shape, **declared)
