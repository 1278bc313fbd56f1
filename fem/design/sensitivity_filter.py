"""Sensitivity filter: not the densities are smoothed but the gradient.

::

    s_i <- sum_j w_ij x_j s_j / v_j / (max(x_i, 1e-3) sum_j w_ij) v_i,   w_ij = max(0, r - |c_i - c_j|)

A heuristic that works: what comes out is the gradient of no function [1]_, so it belongs into an optimizer and not into
an objective.

References
----------
.. [1] O. Sigmund, "Morphology-based black and white filters for topology optimization", Structural and
   Multidisciplinary Optimization 33, 2007, doi:10.1007/s00158-006-0087-x.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.design.cells import bulk, densities
from fem.design.cone_mean import ConeMean, cone_mean

if TYPE_CHECKING:
    import jax
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh

_LEAST = 1e-3  # the published formula's guard against division by a density of zero


@dataclass(frozen=True, eq=False)
class SensitivityFilter:
    """What `sensitivity_filter` returns.

    Parameters
    ----------
    mean : ConeMean
        Mean over the neighbours.
    volumes : float array, shape (e,)
        Of the cells. Unit: [length^d].
    """

    mean: ConeMean
    volumes: NDArray[np.float64] = field(repr=False)

    def __call__(self, x: ArrayLike, slope: ArrayLike) -> jax.Array:
        """Return the smoothed gradient, shape (e,), from densities and gradient of shape (e,)."""
        density, gain = densities(x, len(self.volumes)), densities(slope, len(self.volumes))
        return self.volumes * self.mean(density * gain / self.volumes) / jnp.maximum(density, _LEAST)


def sensitivity_filter(mesh: Mesh, radius: float) -> SensitivityFilter:
    """Return a function that smooths a gradient over the neighbours of each cell.

    Parameters
    ----------
    mesh : Mesh
        Any cells; those of the highest dimension have a density.
    radius : float
        Where the weights reach zero. Unit: [length].

    Returns
    -------
    callable
        ``smooth(x, slope)``, shape (e,): for `fem.optimize.oc(..., sensitivity=smooth)`.

    Raises
    ------
    ShapeError
        If the radius is not positive, or, when called, an array does not fit the cells.
    MeshError
        If a cell has no volume.

    Warns
    -----
    UserWarning
        If no cell has a neighbour within the radius.

    References
    ----------
    O. Sigmund, 2007, doi:10.1007/s00158-006-0087-x.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> smooth = fem.design.sensitivity_filter(fem.interval(3, size=3.0), radius=1.5)
    >>> smooth([1.0, 1.0, 1.0], [0.0, -2.0, 0.0]).round(3).tolist()
    [-0.5, -1.2, -0.5]
    """
    return SensitivityFilter(cone_mean(mesh, radius), mesh.measures[bulk(mesh)])
