"""Kernel ``bordered``: the systems that derivatives of eigenpairs solve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.clusters import check_alike, check_second, check_unrotated, repeated
from sparsead.eigen.deflated import Pairs
from sparsead.eigen.largest import pencil_of
from sparsead.kernels.lanes import noted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.eigen.pencil import Pencil
    from sparsead.pattern.pattern import Pattern


def bordered(
    stiffness: NDArray[Any],
    mass: NDArray[Any],
    pairs: NDArray[Any],
    r: NDArray[Any],
    *,
    patterns: tuple[Pattern, Pattern],
    options: EigenOptions,
    trans: str,
    checked: bool,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return z of ``B z = r``, where B is the derivative of the equations of each pair in the pair.

    Parameters
    ----------
    stiffness, mass : array, shape (b, s)
        Stored values of K and of M. Units: [K], [M].
    pairs : array, shape (b, k, 1 + n)
        Their eigenpairs, from `eigsh`.
    r : array, shape (b, m k, 1 + n)
        Right-hand sides (g, f): m for each pair, all pairs in turn.
    patterns, options
        As of `eigsh`.
    trans : {"N", "T"}
        Which derivative is asked for; K and M are symmetric, so both are solved alike.
    checked : bool
        Whether r are cotangents, which must not see rotations within repeated eigenvalues.
    out : array, shape of `r`, optional
        Where to write.

    Returns
    -------
    array, shape of `r`
        Solutions (mu, x).

    Raises
    ------
    NoDerivativeError
        If cotangents see members of a repeated eigenvalue, or a derivative of this derivative follows.
    ConvergenceError
        If the iteration is too slow.
    """
    out = np.empty_like(r) if out is None else out
    for lane in range(len(stiffness)):
        with noted(lane, len(stiffness)):
            pencil = pencil_of(stiffness[lane], mass[lane], patterns, options)
            out[lane] = _one(pencil, pairs[lane], r[lane], checked=checked)
    return out


def _one(pencil: Pencil, pairs: NDArray[Any], r: NDArray[Any], *, checked: bool) -> NDArray[Any]:
    """Solve the systems of one matrix, r of shape (m k, 1 + n)."""
    values, vectors = (np.asarray(part, np.float64) for part in (pairs[:, 0], pairs[:, 1:]))
    noise = pencil.noise(vectors)
    together = repeated(values, noise, pairs.dtype)
    if pencil.options.order:
        check_second(values, noise)
    known, z, k = Pairs(pencil, values, vectors, together), np.empty(r.shape), len(pairs)
    for start in range(0, len(r), k):
        rows = slice(start, start + k)
        g, f = np.asarray(r[rows, 0], np.float64), np.asarray(r[rows, 1:], np.float64)
        if checked and together.any():
            check_alike(values, together, g)
            check_unrotated(values, together, f @ vectors.T, np.abs(f) @ np.abs(vectors).T)
        z[rows, 0], z[rows, 1:] = known.solve(g, f)
    return z
