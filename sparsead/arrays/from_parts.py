"""Matrices from diagonals and blocks, and the identity, for every front-end."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import numpy as np

from sparsead.arrays.from_triplets import coo
from sparsead.arrays.sparse_array import SparseArray, check_sparse
from sparsead.checks import check_length, check_offset, check_shape
from sparsead.errors import ShapeError
from sparsead.pattern import combine
from sparsead.pattern.structure import GENERAL, Structure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sparsead.pattern.structure import Declared

A = TypeVar("A", bound=SparseArray[Any])


def diags(
    array_type: type[A],
    /,
    diagonals: Sequence[ArrayLike],
    offsets: Sequence[int] = (0,),
    shape: tuple[int, int] | None = None,
    **declared: Unpack[Declared],
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
        n = math.prod(np.shape(arrays[0])) + abs(offsets[0])
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


def eye(array_type: type[A], /, m: int, n: int | None = None) -> A:
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

    Raises
    ------
    ShapeError
        If `m` or `n` is not a whole number, or negative.

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


def block(array_type: type[A], /, blocks: Sequence[Sequence[A | None]], **declared: Unpack[Declared]) -> A:
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
    shapes = [[None if a is None else a.shape for a in row] for row in plain]
    if not there or not all(any(line) for line in (*shapes, *itertools.zip_longest(*shapes))):
        raise ShapeError(
            "no block gives the size of a block row or column",
            expected="one block at least in each block row and each block column",
            got=f"{shapes}",
            fix="a block of zeros that gives a size is coo([], [], [], shape)",
        )
    try:
        pattern, slots = combine.block([[None if a is None else a.pattern for a in row] for row in plain])
    except ValueError as error:
        raise ShapeError(
            "blocks do not fit together",
            expected="equal heights in a block row, equal widths in a block column, one block at least in each",
            got=f"{shapes} ({error})",
            fix="correct the shapes; a block of zeros that gives a size is coo([], [], [], shape)",
        ) from error
    working = np.result_type(*(matrix.dtype for matrix in there))
    values = binding.xp.concatenate([binding.astype(matrix.values, working) for matrix in there])
    moved = binding.gather(values[None], slots=slots)[0]
    return array_type(moved, pattern, Structure(**declared) if declared else GENERAL)
