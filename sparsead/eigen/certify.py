"""What is known of computed pairs: their residual is small, and none was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import ConvergenceError, SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.pencil import Pencil

_SMALL = 1e-9  # rounding leaves 1e-15 to 1e-12
_AT_THE_SHIFT = 1e-13  # of the shift


def check_residuals(pencil: Pencil, values: NDArray[Any], vectors: NDArray[Any]) -> None:
    """Raise unless ``K v - lambda M v`` is small beside the terms that it is made of, in the largest row.

    Where the largest pairs were asked for, every vector carries rounding of the largest lambda: the terms are with it.

    Raises
    ------
    ConvergenceError
        Of which pair it is not, and by how much.
    """
    massed = pencil.times_mass(vectors)
    residual = np.abs(pencil.times_stiffness(vectors) - values[:, None] * massed).max(1)
    size = np.abs(values).max() if pencil.sigma == np.inf else np.abs(values)
    terms = (abs(pencil.stiffness) @ np.abs(vectors).T).T.max(1) + size * np.abs(massed).max(1)
    gaps = residual / np.where(terms > 0, terms, 1.0)
    worst = int(gaps.argmax())
    if not gaps[worst] <= _SMALL:
        raise ConvergenceError(
            "an eigenpair is not accurate",
            expected=f"K v = lambda M v to {_SMALL:g} of the terms",
            got=f"{gaps[worst]:.1e} for lambda = {values[worst]:.9g}, pair {worst}",
            fix="move sigma away from eigenvalues, and check the units of K and M",
            residuals=tuple(map(float, gaps)),
        )


def check_distance(values: NDArray[Any], noise: NDArray[Any], sigma: float) -> None:
    """Raise `SingularMatrixError` if an eigenvalue lies at the shift, to rounding in it and in K, `Pencil.noise`."""
    if not np.isfinite(sigma):
        return
    at = int(np.abs(values - sigma).argmin())
    if not abs(values[at] - sigma) > max(_AT_THE_SHIFT * abs(sigma), noise[at]):
        raise SingularMatrixError(
            "an eigenvalue at the shift",
            expected=f"eigenvalues that differ from sigma={sigma!r}",
            got=f"lambda = {values[at]:.9g}, {abs(values[at] - sigma):.1e} from it",
            fix="move sigma; below zero for a structure that is free to move: sigma=None",
        )
