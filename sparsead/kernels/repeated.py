"""Kernel ``repeated``: the part of vectors that lies along the other members of a repeated eigenvalue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.clusters import repeated as members
from sparsead.eigen.largest import pencil_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.pattern.pattern import Pattern


def repeated(
    stiffness: NDArray[Any],
    mass: NDArray[Any],
    pairs: NDArray[Any],
    y: NDArray[Any],
    *,
    patterns: tuple[Pattern, Pattern],
    options: EigenOptions,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return, for the row of each pair i, the sum of ``v_j (v_j . y_i)`` over pairs j with the same eigenvalue.

    Parameters
    ----------
    stiffness, mass : array, shape (b, s)
        Stored values of K and of M. Units: [K], [M].
    pairs : array, shape (b, k, 1 + n)
        Eigenpairs, from `eigsh`.
    y : array, shape (b, m k, n)
        Vectors: m for each pair, all pairs in turn.
    patterns, options
        As of `eigsh`.
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
        noise = pencil_of(stiffness[lane], mass[lane], patterns, options).noise(own[:, 1:])
        together, vectors = members(own[:, 0], noise, pairs.dtype), own[:, 1:]
        if together.any():
            for start in range(0, y.shape[1], k):
                rows = slice(start, start + k)
                out[lane, rows] = (y[lane, rows] @ vectors.T * together) @ vectors
    return out
