"""Kernel ``eigsh``: the eigenpairs nearest to a shift, with the factorization from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.largest import pencil_of
from sparsead.eigen.pairs import pairs
from sparsead.kernels.lanes import noted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.pattern.pattern import Pattern


def eigsh(
    stiffness: NDArray[Any],
    mass: NDArray[Any],
    *,
    patterns: tuple[Pattern, Pattern],
    options: EigenOptions,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return the pairs of ``K v = lambda M v``, each as one row: lambda, then v.

    Parameters
    ----------
    stiffness, mass : array, shape (b, s)
        Stored values of K and of M. Units: [K], [M].
    patterns : tuple of Pattern
        Of K and of M, shape (n, n).
    options : EigenOptions
        Which pairs, and how.
    out : array, shape (b, k, 1 + n), optional
        Where to write.

    Returns
    -------
    array, shape (b, k, 1 + n)
        Ascending eigenvalues and M-orthonormal vectors. Units: [K] / [M], [M]^-1/2.

    Raises
    ------
    SparseADError
        Whatever is wrong with a matrix, see `sparsead.eigen.pairs.pairs`; a note says which of the batch.
    """
    n = patterns[0].shape[0]
    out = np.empty((len(stiffness), options.k, 1 + n), stiffness.dtype) if out is None else out
    for lane in range(len(stiffness)):
        with noted(lane, len(stiffness)):
            values, vectors = pairs(pencil_of(stiffness[lane], mass[lane], patterns, options))
        out[lane, :, 0], out[lane, :, 1:] = values, vectors
    return out
