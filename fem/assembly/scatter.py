"""Add values at indices, in place: SciPy's product of a sparse matrix with ones, else NumPy's ``add.at``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

try:
    # Adds to its output; the public product allocates a new one, of the size of the matrix for each batch.
    from scipy.sparse._sparsetools import csc_matvec, csc_matvecs
except ImportError:
    csc_matvec = csc_matvecs = None

_COLUMN = 512


def add_at(target: NDArray[Any], index: NDArray[np.integer], values: NDArray[Any]) -> None:
    """Add ``values[t]`` to ``target[index[t]]``, repetitions too.

    The values are those of a sparse matrix whose row indices are `index` and whose
    columns are any cut of them; times ones it is the sum, at the speed of memory.

    Parameters
    ----------
    target : array, shape (s,)
        Contiguous; changed.
    index : int array, shape (t,)
        Indices into `target`; not checked.
    values : array, shape (t,)
        Of the type of `target`.
    """
    if csc_matvec is None:
        np.add.at(target, index, values)
        return
    count = len(index)
    cuts = np.append(np.arange(0, count, _COLUMN), count).astype(index.dtype)
    ones = np.ones(len(cuts) - 1, values.dtype)
    csc_matvec(len(target), len(ones), cuts, index, values, ones, target)


def add_blocks_at(
    target: NDArray[Any], index: NDArray[np.integer], factors: NDArray[Any], blocks: NDArray[Any]
) -> None:
    """Add ``factors[c, t] blocks[c]`` to block ``index[c, t]`` of the target, repetitions too.

    Parameters
    ----------
    target : array, shape (s,)
        Contiguous; changed. Seen as blocks of i numbers.
    index : int array, shape (c, t)
        Blocks of the target; not checked.
    factors : array, shape (c, t)
        Contiguous.
    blocks : array, shape (c, i)
        Contiguous.
    """
    columns, width = blocks.shape
    if csc_matvecs is None:
        np.add.at(target.reshape(-1, width), index, factors[..., None] * blocks[:, None])
        return
    cuts = np.arange(0, index.size + 1, index.shape[1], dtype=index.dtype)
    flat = np.ascontiguousarray(index).reshape(-1)
    csc_matvecs(len(target) // width, columns, width, cuts, flat, factors.reshape(-1), blocks.reshape(-1), target)
