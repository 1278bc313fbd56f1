"""Vectors and sparse matrices of cvxopt, made from NumPy arrays; its failures as errors.

cvxopt reads and writes arrays entry by entry, so numbers go through views on its own memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.errors import BackendError

# cvxopt looks for each triplet among those of its column before it: columns longer than this, dense rows of
# constraints for instance, would take seconds.
_LONG_COLUMN = 500


def vector(library: Any, array: NDArray[Any]) -> Any:
    """Return a column with the numbers of `array`, shape (n,): integers, real or complex."""
    made = library.matrix(0, (len(array), 1), {"i": "i", "f": "d", "c": "z"}[array.dtype.kind])
    seen(made)[:] = array
    return made


def seen(column: Any) -> NDArray[Any]:
    """Return a view, shape (n,), of a column of cvxopt."""
    return np.asarray(column)[:, 0]


def sparse(library: Any, rows: NDArray[np.integer], counts: NDArray[np.integer], dtype: np.dtype[Any]) -> Any:
    """Return a square matrix with stored values that mean nothing yet.

    Parameters
    ----------
    library : module
        ``cvxopt``.
    rows : int array, shape (s,)
        Row of each stored entry, column after column, ascending within each.
    counts : int array, shape (n,)
        Stored entries of each column.
    dtype : dtype
        float64 or complex128.
    """
    n, size = len(counts), len(rows)
    code = "z" if dtype.kind == "c" else "d"
    rows, cols = vector(library, rows), vector(library, np.repeat(np.arange(n), counts))
    if counts.max() <= _LONG_COLUMN:
        return library.spmatrix(1.0, rows, cols, (n, n), code)
    # A sum over stored entries, e_row e_col^T: one triplet in each column of both factors.
    entries = vector(library, np.arange(size))
    return library.spmatrix(1.0, rows, entries, (n, size), code) * library.spmatrix(1.0, cols, entries, (n, size)).T


def with_values(template: Any, values: Any) -> Any:
    """Return a copy of a sparse matrix with other stored values, a column of cvxopt."""
    made = +template
    made.V = values
    return made


def bytes_of(rows: int, n: int, dtype: np.dtype[Any]) -> int:
    """Return the memory of a sparse matrix of cvxopt with so many stored entries. Unit: [byte]."""
    return rows * (8 + dtype.itemsize) + 8 * (n + 1)


def solve_each(library: Any, solve: Callable[[Any], object], b: NDArray[Any]) -> NDArray[Any]:
    """Return x, shape (k, n), where `solve` overwrites one right-hand side with its solution.

    cvxopt solves one after the other in any case; here other threads come in between.
    """
    x = np.empty_like(b)
    if b.size:
        column = vector(library, b[0])
        view = seen(column)
        for one_x, one_b in zip(x, b, strict=True):
            view[:] = one_b
            solve(column)
            one_x[:] = view
    return x


@contextlib.contextmanager
def failures(n: int, size: int) -> Iterator[None]:
    """Within it, running out of memory and statuses that SuiteSparse does not explain become a `BackendError`."""
    try:
        yield
    except (MemoryError, ValueError) as error:
        raise BackendError(
            "cvxopt failed",
            expected="a factorization",
            got=f"{type(error).__name__}: {error}, on a matrix of shape {(n, n)} with {size} stored entries",
            fix="out of memory: use backend='pardiso', or a machine with more memory; else report it",
        ) from error
