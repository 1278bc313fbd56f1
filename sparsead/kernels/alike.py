"""Kernel ``alike``: numbers that go with eigenvalues, one each; where they are cotangents, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.clusters import check_alike, repeated
from sparsead.eigen.largest import pencil_of
from sparsead.kernels.lanes import noted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.pattern.pattern import Pattern


def alike(
    stiffness: NDArray[Any],
    mass: NDArray[Any],
    pairs: NDArray[Any],
    g: NDArray[Any],
    *,
    patterns: tuple[Pattern, Pattern],
    options: EigenOptions,
    checked: bool,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Return g.

    Parameters
    ----------
    stiffness, mass : array, shape (b, s)
        Stored values of K and of M. Units: [K], [M].
    pairs : array, shape (b, k, 1 + n)
        Their eigenpairs, from `eigsh`.
    g : array, shape (b, m, k)
        Tangents or cotangents of the eigenvalues, m in turn.
    patterns, options
        As of `eigsh`.
    checked : bool
        Whether g are cotangents, which must be alike for members of a repeated eigenvalue.
    out : array, shape of `g`, optional
        Where to write.

    Returns
    -------
    array, shape of `g`
        A copy.

    Raises
    ------
    NoDerivativeError
        If cotangents differ within a repeated eigenvalue; says which eigenvalues are how close.
    """
    out = np.empty_like(g) if out is None else out
    out[...] = g
    for lane, own in enumerate(pairs if checked else ()):
        values = own[:, 0]
        noise = pencil_of(stiffness[lane], mass[lane], patterns, options).noise(own[:, 1:])
        together = repeated(values, noise, pairs.dtype)
        with noted(lane, len(pairs)):
            for one in g[lane] if together.any() else ():
                check_alike(values, together, one)
    return out
