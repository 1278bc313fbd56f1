"""Programs that read the same in every front-end, on which the adapters are compared with `sparsead.numpy`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

N = 6
_along = np.arange(N)
ROWS = np.concatenate([_along, _along[:-1], _along[1:], [0, 4, 4]])  # the last two add
COLS = np.concatenate([_along, _along[1:], _along[:-1], [5, 1, 1]])
T = len(ROWS)

# The lower triangle of a symmetric matrix: each number is used for both places.
_i, _j = np.tril_indices(N)
_off = _i != _j
SYMMETRIC_ROWS, SYMMETRIC_COLS = np.concatenate([_i, _j[_off]]), np.concatenate([_j, _i[_off]])
SYMMETRIC_SOURCE = np.concatenate([np.arange(len(_i)), np.flatnonzero(_off)])


def arrays(dtype: Any, *, columns: int | None = None, seed: int = 0) -> tuple[Any, Any]:
    """Return triplet values (t,) of a well-conditioned matrix and right-hand sides (n,) or (n, k)."""
    rng = np.random.default_rng(seed)
    shapes = (T, N if columns is None else (N, columns))
    values, b = (drawn(rng, shape, dtype) for shape in shapes)
    values[:N] += 6
    return values, b


def symmetric_values(dtype: Any, *, shift: float = 8.0, seed: int = 0) -> Any:
    """Return the lower triangle, row by row, of a symmetric matrix; positive definite if real and `shift` is large."""
    values = drawn(np.random.default_rng(seed), len(_i), dtype)
    values[_i == _j] += shift * np.where(np.arange(N) % 2, 1, np.sign(shift - 8) or 1)
    return values


def grid(side: int) -> tuple[Any, Any, Any]:
    """Return rows, columns and values of the positive definite five-point matrix of a square grid."""
    number = np.arange(side * side).reshape(side, side)
    pairs = [(number[1:], number[:-1]), (number[:, 1:], number[:, :-1])]
    a, b = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in (0, 1))
    values = np.concatenate([np.full(side * side, 4.0), np.full(2 * len(a), -1.0)])
    return np.concatenate([number.ravel(), a, b]), np.concatenate([number.ravel(), b, a]), values


def drawn(rng: np.random.Generator, shape: Any, dtype: Any) -> Any:
    """Return random numbers of a type."""
    found = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        found = found + 1j * rng.standard_normal(shape)
    return found.astype(dtype)


def _matrix(sp: Any, values: Any) -> Any:
    return sp.coo(ROWS, COLS, values, (N, N))


def _block(sp: Any, values: Any, b: Any) -> Any:
    matrix = _matrix(sp, values)
    whole = sp.block([[matrix, None], [matrix.select([3, 1], None), sp.diags([b[:2]])]])
    return whole @ sp.to_dense(whole)[:, 0]


def _compressed(sp: Any, values: Any, b: Any) -> Any:
    by_column = sp.csc(values[:4], [0, 2, 1, 1], [0, 2, 3, 4], (3, 3))
    by_row = sp.csr(values[4:8], [2, 2, 0, 1], [0, 2, 3, 4], (3, 3))
    return (by_column - by_row) @ b[:3]


PROGRAMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "solve": lambda sp, v, b: sp.solve(_matrix(sp, v), b),
    "solve, trans=T": lambda sp, v, b: sp.solve(_matrix(sp, v), b, trans="T"),
    "solve, trans=H": lambda sp, v, b: sp.solve(_matrix(sp, v), b, trans="H"),
    "solve, view .H": lambda sp, v, b: sp.solve(_matrix(sp, v).H, b, trans="T"),
    "product": lambda sp, v, b: _matrix(sp, v) @ b,
    "product, view .T": lambda sp, v, b: _matrix(sp, v).T @ b,
    "product, view .conj()": lambda sp, v, b: _matrix(sp, v).conj() @ b,
    "sum": lambda sp, v, b: sp.solve(_matrix(sp, v) + sp.diags([v[:N], v[1:N]], [0, 1]), b),
    "sum with a view": lambda sp, v, b: sp.solve(_matrix(sp, v) + _matrix(sp, v * v).H, b),
    "scaled by a number": lambda sp, v, b: (_matrix(sp, v) * v[0] / v[1]) @ b,
    "scaled by columns": lambda sp, v, b: (_matrix(sp, v) * v[:N]) @ b,
    "scaled by rows": lambda sp, v, b: (_matrix(sp, v) * v[:N].reshape((N, 1))) @ b,
    "entry by entry": lambda sp, v, b: sp.solve(_matrix(sp, v) * _matrix(sp, v), b),
    "matrix by matrix": lambda sp, v, b: (_matrix(sp, v) @ _matrix(sp, v).H) @ b,
    "Kronecker product": lambda sp, v, b: sp.kron(sp.diags([b[:2]]), _matrix(sp, v)).diagonal(),
    "triangle": lambda sp, v, b: sp.tril(_matrix(sp, v)) @ b,
    "logarithm of the determinant": lambda sp, v, b: sp.slogdet(_matrix(sp, v))[1] * b,
    "sign of the determinant": lambda sp, v, b: sp.slogdet(_matrix(sp, v))[0] * b,
    "inverse on the pattern": lambda sp, v, b: sp.selected_inverse(_matrix(sp, v)) @ b,
    "selected": lambda sp, v, b: sp.solve(_matrix(sp, v).select([4, 1, 0], [0, 4, 1]), b[:3]),
    "diagonal": lambda sp, v, b: _matrix(sp, v).H.diagonal() * b[0],
    "dense": lambda sp, v, b: sp.to_dense(_matrix(sp, v).T) * b[0],
    "compressed": _compressed,
    "block": _block,
}
