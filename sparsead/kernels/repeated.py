"""Kernel ``repeated``: the part of vectors that lies along the other members of a repeated eigenvalue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.eigen.clusters import repeated as members


def repeated(pairs: NDArray[Any], y: NDArray[Any], *, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return, for the row of each pair i, the sum of ``v_j (v_j . y_i)`` over pairs j with the same eigenvalue.

    Parameters
    ----------
    pairs : array, shape (b, k, 1 + n)
        Eigenpairs, from `eigsh`.
    y : array, shape (b, m k, n)
        Vectors: m for each pair, all pairs in turn.
    out : array, shape of `y`, optional
        Where to write.

    Returns
    -------
    array, shape of `y`
        Zero where no eigenvalue is repeated.
    """
    out = np.zeros_like(y) if out is None else out
    out[...] = 0
    k = pairs.shape[1]
    for lane, own in enumerate(pairs):
        together, vectors = members(own[:, 0], pairs.dtype), own[:, 1:]
        if together.any():
            for start in range(0, y.shape[1], k):
                rows = slice(start, start + k)
                out[lane, rows] = (y[lane, rows] @ vectors.T * together) @ vectors
    return out
