"""What ``A[...]`` means: rows and columns as a matrix, or single entries as a vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sparsead.arrays.scaling import positions, select
from sparsead.checks import concrete
from sparsead.errors import PatternError
from sparsead.pattern import combine
from sparsead.pattern.slots import Slots

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.stored_matrix import StoredMatrix

A = TypeVar("A", bound="StoredMatrix[Any]")


def index(matrix: A, key: Any) -> Any:
    """Return the part of a matrix that NumPy's meaning of the key names.

    Raises
    ------
    PatternError
        If it names something that has not two axes, or is out of range.
    ShapeError, NoDerivativeError
        If a mask has the wrong length, or indices are traced.
    """
    parts = key if isinstance(key, tuple) else (key, slice(None))
    if len(parts) != 2 or any(part is None or part is Ellipsis for part in parts):
        raise _no_matrix(f"an index of {len(parts)} parts: {key!r}")
    (rows, cols), (m, n) = parts, matrix.shape
    if isinstance(rows, slice) or isinstance(cols, slice):
        return select(matrix, _along("rows", rows, m), _along("cols", cols, n))
    rows, cols = _from_start("rows", rows, m), _from_start("cols", cols, n)
    if np.ndim(rows) == np.ndim(cols) == 2 and np.shape(rows)[1] == np.shape(cols)[0] == 1:  # as np.ix_ makes them
        return select(matrix, np.ravel(rows), np.ravel(cols))
    return entries(matrix, rows, cols)


def entries(matrix: StoredMatrix[Array], rows: Any, cols: Any) -> Array:
    """Return A[rows[p], cols[p]] for each p; zero where nothing is stored.

    Raises
    ------
    PatternError
        If there are not as many rows as columns, or some are out of range.
    """
    matrix = matrix.plain()
    chosen = [np.atleast_1d(concrete(name, part)) for name, part in (("rows", rows), ("cols", cols))]
    places = [positions(n, c, e) for n, c, e in zip(("rows", "cols"), chosen, matrix.shape, strict=True)]
    if len({len(place) for place in places} - {1}) > 1:
        raise PatternError(
            "rows and cols name entries in pairs, and have different lengths",
            expected="one column for each row, or one of them for all",
            got=f"{len(places[0])} rows and {len(places[1])} columns",
            fix="for the matrix of these rows and columns use A[rows][:, cols] or A[np.ix_(rows, cols)]",
        )
    in_rows, in_cols = np.broadcast_arrays(*places)
    m, n = matrix.shape
    stored, found = combine.entries(matrix.pattern, (Slots(in_rows, m), Slots(in_cols, n)))
    values = matrix.binding.gather(matrix.values[None], slots=stored)
    values = matrix.binding.sum_triplets(values, slots=found)[0]
    return values[0] if np.ndim(rows) == np.ndim(cols) == 0 else values


def _along(name: str, part: Any, extent: int) -> Any:
    """Indices along an axis: of a slice, or those given."""
    if isinstance(part, slice):
        try:
            return np.arange(*part.indices(extent))
        except (TypeError, ValueError) as error:
            raise _no_matrix(f"{name} = {part!r}: {error}") from error
    if np.ndim(part) == 0:
        raise _no_matrix(f"the single index {part!r} beside a slice")
    return _from_start(name, part, extent)


def _from_start(name: str, part: Any, extent: int) -> Any:
    """Indices, or a mask; those below zero, which count from the end, counted from the start."""
    indices = concrete(name, part)
    if indices.dtype.kind != "i":
        return indices
    beyond = np.flatnonzero(indices < -extent)
    if beyond.size:
        first = int(beyond[0])
        raise PatternError(
            f"index in {name} is outside the matrix",
            expected=f"{-extent} <= {name} < {extent}, from the {extent} {name} of the matrix",
            got=f"{name}[{first}] = {indices.flat[first]}",
            fix="drop that index: those below 0 count from the end",
            index=first,
        )
    return np.where(indices < 0, indices + extent, indices)


def _no_matrix(got: str) -> PatternError:
    return PatternError(
        "this part of a matrix is none",
        expected="two axes: slices, arrays of indices or masks; or pairs of indices, for single entries",
        got=got,
        fix="keep both axes, A[[i], :] or A[:, [j]]; one entry is A[i, j]",
    )
