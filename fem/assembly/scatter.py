"""Add values at indices, in place: SciPy's product of a sparse matrix with ones, else NumPy's ``add.at``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

try:
    # Adds to its output; the public product allocates a new one, of the size of the matrix for each batch.
    from scipy.sparse._sparsetools import csc_matvec
except ImportError:
    csc_matvec = None

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
