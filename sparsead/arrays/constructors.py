"""Constructors of sparse matrices, for every front-end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from scipy.sparse import issparse

from sparsead.arrays.sparse_array import SparseArray, check_sparse
from sparsead.checks import check_length, check_offset, check_shape
from sparsead.errors import PatternError, ShapeError
from sparsead.pattern import combine
from sparsead.pattern.slots import Slots
from sparsead.pattern.structure import GENERAL, Structure, Triangle
from sparsead.pattern.triplets import from_compressed, from_triplets
from sparsead.pattern.validate import check_declared

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sparsead.pattern.pattern import Pattern

A = TypeVar("A", bound=SparseArray)


class Assembler(Generic[A]):
    """A pattern that turns triplet values into matrices: built once, called with values.

    Made by `triplets`.

    Attributes
    ----------
    pattern : Pattern
        The stored entries.
    slots : Slots
        Stored entry of each triplet.
    structure : Structure
        Declared facts.
    """

    def __init__(self, array_type: type[A], pattern: Pattern, slots: Slots, structure: Structure) -> None:
        check_declared(pattern, structure)
        self._array_type = array_type
        self.pattern = pattern
        self.slots = slots
        self.structure = structure

    def __call__(self, values: Any) -> A:
        """Return the matrix with these triplet values, shape (t,). Unit: [A].

        Raises
        ------
        ShapeError
            If there is not one value for each triplet.
        """
        binding = self._array_type.binding
        values = binding.asarray("values", values)
        check_length("values", np.shape(values), len(self.slots), "one value for each triplet")
        if not self.slots.is_identity:
            values = binding.sum_triplets(values[None], slots=self.slots)[0]
        return self._array_type(values, self.pattern, self.structure)

    def __repr__(self) -> str:
        m, n = self.pattern.shape
        return f"triplets({m}x{n}, {len(self.slots)} triplets, {self.pattern.size} stored)"


def triplets(
    array_type: type[A],
    rows: ArrayLike,
    cols: ArrayLike,
    shape: tuple[int, int],
    *,
    symmetric: bool = False,
    hermitian: bool = False,
    positive_definite: bool = False,
    triangular: Triangle | None = None,
) -> Assembler[A]:
    """Return a constructor for matrices with these triplet places; call it with values.

    Build it once and reuse it: the sorting of indices is done here, the summation in each call.

    Parameters
    ----------
    rows, cols : int array, shape (t,)
        Place of each triplet, any integer type, any order; triplets at the same place add.
    shape : tuple of int
        ``(m, n)``.
    symmetric, hermitian, positive_definite : bool
        Declared facts; all entries are stored, both triangles. They choose the factorization and are checked.
    triangular : {"lower", "upper"} or None
        Declared triangle.

    Returns
    -------
    Assembler
        ``assembler(values)`` with values of shape (t,) is the matrix.

    Raises
    ------
    PatternError
        If an index is not an integer or out of range, or lengths differ.
    NoDerivativeError
        If the indices are traced.
    StructureError
        If the pattern cannot have the declared structure.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> assemble = sp.triplets([0, 0, 1], [0, 0, 1], (2, 2))
    >>> sp.to_dense(assemble(np.array([1.0, 2.0, 5.0])))
    array([[3., 0.],
           [0., 5.]])
    """
    structure = Structure(symmetric, hermitian, positive_definite, triangular)
    return Assembler(array_type, *from_triplets(rows, cols, shape), structure)


def coo(
    array_type: type[A],
    rows: ArrayLike,
    cols: ArrayLike,
    values: Any,
    shape: tuple[int, int],
    *,
    symmetric: bool = False,
    hermitian: bool = False,
    positive_definite: bool = False,
    triangular: Triangle | None = None,
) -> A:
    """Return the matrix of a set of triplets (row, column, value).

    Sorts the indices at each call; in a loop use `triplets`.

    Parameters
    ----------
    rows, cols : int array, shape (t,)
        Place of each triplet, any integer type, any order; triplets at the same place add.
    values : array, shape (t,)
        Values; may be traced. Unit: [A].
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
    PatternError, NoDerivativeError, StructureError
        See `triplets`.
    ShapeError
        If there is not one value for each triplet.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.coo([1, 0], [0, 1], np.array([5.0, 7.0]), (2, 2), symmetric=True)
    SparseArray(2x2, 2 stored, float64, symmetric)
    """
    structure = Structure(symmetric, hermitian, positive_definite, triangular)
    return Assembler(array_type, *from_triplets(rows, cols, shape), structure)(values)


def csc(
    array_type: type[A],
    values: Any,
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
    values: Any,
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


def diags(
    array_type: type[A],
    diagonals: Sequence[Any],
    offsets: Sequence[int] = (0,),
    shape: tuple[int, int] | None = None,
    **declared: Any,
) -> A:
    """Return the matrix of a few diagonals.

    Parameters
    ----------
    diagonals : sequence of arrays
        Values of each diagonal, from its first row on; may be traced. Unit: [A].
    offsets : sequence of int
        Which diagonal each is: 0 the main one, above positive, below negative.
    shape : tuple of int, optional
        ``(m, n)``; by default the smallest square matrix that holds the first diagonal.
    **declared
        ``symmetric``, ``hermitian``, ``positive_definite``, ``triangular``, see `triplets`.

    Returns
    -------
    SparseArray
        Shape (m, n).

    Raises
    ------
    ShapeError
        If a diagonal has not the length that the shape gives it.
    PatternError
        If an offset is not an integer.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.to_dense(sp.diags([np.ones(2), 3 * np.ones(3)], [1, 0]))
    array([[3., 1., 0.],
           [0., 3., 1.],
           [0., 0., 3.]])
    """
    binding = array_type.binding
    arrays = [binding.asarray(f"diagonals[{i}]", diagonal) for i, diagonal in enumerate(diagonals)]
    if len(arrays) != len(offsets) or not arrays:
        raise ShapeError(
            "diagonals and offsets do not match",
            expected="one offset for each diagonal, at least one",
            got=f"{len(arrays)} diagonals, {len(offsets)} offsets",
            fix="pass for example diags([main, upper], [0, 1])",
        )
    offsets = [check_offset(f"offsets[{i}]", offset) for i, offset in enumerate(offsets)]
    if shape is None:
        n = np.size(arrays[0]) + abs(offsets[0])
        shape = (n, n)
    shape = check_shape(shape)
    rows, cols = [], []
    for i, (array, offset) in enumerate(zip(arrays, offsets, strict=True)):
        length = max(0, min(shape[0] + min(offset, 0), shape[1] - max(offset, 0)))
        check_length(f"diagonals[{i}]", np.shape(array), length, f"diagonal {offset} of a matrix of shape {shape}")
        along = np.arange(length)
        rows.append(along - min(offset, 0))
        cols.append(along + max(offset, 0))
    working = np.result_type(*(binding.dtype(array) for array in arrays))
    values = binding.xp.concatenate([binding.astype(array, working) for array in arrays])
    return coo(array_type, np.concatenate(rows), np.concatenate(cols), values, shape, **declared)


def eye(array_type: type[A], m: int, n: int | None = None) -> A:
    """Return the identity, or ones on the main diagonal of an (m, n) matrix.

    Parameters
    ----------
    m : int
        Rows.
    n : int, optional
        Columns; by default `m`.

    Returns
    -------
    SparseArray
        Shape (m, n); declared positive definite if square.

    Examples
    --------
    >>> import sparsead.numpy as sp
    >>> sp.eye(3)
    SparseArray(3x3, 3 stored, float64, positive definite)
    """
    m, n = check_shape((m, m if n is None else n))
    along = np.arange(min(m, n))
    ones = np.ones(len(along), array_type.binding.default_dtype)
    return coo(array_type, along, along, ones, (m, n), symmetric=m == n, positive_definite=m == n)


def block(array_type: type[A], blocks: Sequence[Sequence[A | None]], **declared: Any) -> A:
    """Return the matrix of blocks; None is a block of zeros.

    Parameters
    ----------
    blocks : sequence of sequences of SparseArray or None
        Block rows. Each block row and column needs one block at least, which gives its size.
    **declared
        ``symmetric``, ``hermitian``, ``positive_definite``, ``triangular``, see `triplets`.

    Returns
    -------
    SparseArray
        The whole matrix.

    Raises
    ------
    ShapeError
        If the sizes of the blocks do not agree.

    Examples
    --------
    >>> import sparsead.numpy as sp
    >>> sp.block([[sp.eye(2), None], [None, sp.eye(1)]]).shape
    (3, 3)
    """
    binding = array_type.binding
    plain = [[None if matrix is None else check_sparse("a block", matrix).plain() for matrix in row] for row in blocks]
    there = [matrix for row in plain for matrix in row if matrix is not None]
    if not there:
        raise ShapeError(
            "no blocks",
            expected="one block at least in each block row and each block column",
            got=f"{len(plain)} block rows without any",
            fix="a block of zeros that gives a size is coo([], [], [], shape)",
        )
    try:
        pattern, slots = combine.block([[None if a is None else a.pattern for a in row] for row in plain])
    except ValueError as error:
        raise ShapeError(
            "blocks do not fit together",
            expected="equal heights in a block row, equal widths in a block column, one block at least in each",
            got=f"{[[None if a is None else a.shape for a in row] for row in plain]} ({error})",
            fix="correct the shapes; a block of zeros that gives a size is coo([], [], [], shape)",
        ) from error
    working = np.result_type(*(matrix.dtype for matrix in there))
    values = binding.xp.concatenate([binding.astype(matrix.values, working) for matrix in there])
    moved = binding.gather(values[None], slots=slots)[0]
    return array_type(moved, pattern, Structure(**declared) if declared else GENERAL)


def from_scipy(array_type: type[A], matrix: Any, **declared: Any) -> A:
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
