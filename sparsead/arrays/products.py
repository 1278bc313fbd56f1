"""Products of a sparse matrix with dense vectors and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from sparsead.arrays.dense import Array
    from sparsead.arrays.stored_matrix import StoredMatrix


def matmul(matrix: StoredMatrix[Array], x: Any) -> Array:
    """Return ``A @ x``, shape (m,) or (m, k), for dense `x` of shape (n,) or (n, k).

    Raises
    ------
    DtypeError
        If `x` is no array of numbers.
    ShapeError
        If `x` does not fit.
    """
    binding = matrix.binding
    x = binding.asarray("x", x)
    check_rows("x", np.shape(x), matrix.shape[1], "columns")
    working = np.result_type(matrix.dtype, binding.dtype(x))
    values, x = binding.astype(matrix.values, working), binding.astype(x, working)
    trans = "T" if matrix._transposed else "N"
    if not matrix._conjugated:
        return _product(matrix, values, x, trans)
    return binding.xp.conj(_product(matrix, values, binding.xp.conj(x), trans))


def _product(matrix: StoredMatrix[Array], values: Any, x: Any, trans: str) -> Array:
    y = matrix.binding.spmv(values[None], as_rows(x), pattern=matrix._pattern, trans=trans)
    return as_columns(y, np.ndim(x))


def check_rows(name: str, shape: tuple[int, ...], rows: int, what: str) -> None:
    """Raise `ShapeError` unless `shape` is (rows,) or (rows, k)."""
    if len(shape) not in (1, 2) or shape[0] != rows:
        raise ShapeError(
            f"{name} does not fit the matrix",
            expected=f"shape ({rows},) or ({rows}, k): the matrix has {rows} {what}",
            got=f"{name} of shape {tuple(shape)}",
            fix=f"pass {name}.T" if len(shape) == 2 and shape[1] == rows else f"pass one value for each of the {rows}",
        )


def as_rows(x: Any) -> Any:
    """(n,) or (n, k) as the kernels' (1, k, n): each vector contiguous."""
    return x[None, None] if np.ndim(x) == 1 else x.T[None]


def as_columns(x: Any, ndim: int) -> Any:
    """The kernels' (1, k, n) as (n,) or (n, k)."""
    return x[0, 0] if ndim == 1 else x[0].T
