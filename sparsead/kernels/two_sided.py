"""Kernel ``two_sided``: the systems that derivatives of right and left eigenvectors solve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.general import GeneralPencil
from sparsead.eigen.oblique import Side
from sparsead.kernels.lanes import noted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import GeneralOptions
    from sparsead.pattern.pattern import Pattern


def two_sided(
    values: NDArray[Any],
    mass: NDArray[Any],
    pairs: NDArray[Any],
    r: NDArray[Any],
    *,
    patterns: tuple[Pattern, Pattern],
    options: GeneralOptions,
    trans: str,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return z of ``B z = r``, where B is the derivative of the equations of each pair, on either side, in the pair.

    Parameters
    ----------
    values, mass : array, shape (b, s)
        Stored values of A and of M. Units: [A], [M].
    pairs : array, shape (b, k, 2 + 2 n)
        Their eigenpairs, from `eigs`.
    r : array, shape (b, m k, 2 + 2 n)
        Right-hand sides (g, f), of the right side and of the left: m for each pair, all pairs in turn.
    patterns, options
        As of `eigs`.
    trans : {"N", "T"}
        B, or its transpose.
    out : array, shape of `r`, optional
        Where to write.

    Returns
    -------
    array, shape of `r`
        Solutions (mu, x), or (nu, w), of either side.

    Raises
    ------
    ConvergenceError
        If the iteration is too slow.
    """
    out = np.empty_like(r) if out is None else out
    for lane in range(len(values)):
        with noted(lane, len(values)):
            pencil = GeneralPencil(values[lane], mass[lane], patterns, options)
            z = _one(pencil, pairs[lane], r[lane], trans)
            out[lane] = z if out.dtype.kind == "c" else z.real
    return out


def _one(pencil: GeneralPencil, pairs: NDArray[Any], r: NDArray[Any], trans: str) -> NDArray[Any]:
    """Solve the systems of one matrix, r of shape (m k, 2 + 2 n)."""
    z, width, k = np.zeros(r.shape, np.complex128), 1 + pencil.n, len(pairs)
    wide = np.asarray(pairs, np.complex128)
    values, right, left = wide[:, 0], wide[:, 1:width], wide[:, width + 1 :]
    sides = Side(pencil, values, right, left, "N"), Side(pencil, values, left, right, "T")
    for start in range(0, len(r), k):
        rows = np.asarray(r[start : start + k], np.complex128)
        for side, at in zip(sides, (0, width), strict=True):
            g, f = rows[:, at], rows[:, at + 1 : at + width]
            if g.any() or f.any():
                numbers, vectors = (side.solve if trans == "N" else side.solve_transposed)(g, f)
                z[start : start + k, at], z[start : start + k, at + 1 : at + width] = numbers, vectors
    return z
