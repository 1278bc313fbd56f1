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
    values: NDArray[Any],
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
    values : array, shape (b, k)
        Their eigenvalues, ascending. Unit: [K] / [M].
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
    for lane in range(len(values) if checked else 0):
        noise = pencil_of(stiffness[lane], mass[lane], patterns, options).typical_noise
        together = repeated(values[lane], noise, values.dtype)
        with noted(lane, len(values)):
            for one in g[lane] if together.any() else ():
                check_alike(values[lane], together, one)
    return out
