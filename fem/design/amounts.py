"""How much material a design takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.arrays import real
from fem.design.cells import bulk, densities
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    import jax
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh


def volume_fraction(mesh: Mesh, x: ArrayLike) -> jax.Array:
    """Return the volume of the material as a part of that of the mesh.

    Parameters
    ----------
    mesh : Mesh
        Cells of the highest dimension have a density.
    x : array, shape (e,)
        Densities between 0 and 1.

    Returns
    -------
    scalar
        ``sum(v x) / sum(v)`` with the volumes v of the cells.

    Raises
    ------
    ShapeError
        If x does not fit the cells.
    MeshError
        If a cell has no volume.

    Examples
    --------
    >>> import fem
    >>> fem.design.volume_fraction(fem.interval(4), [1.0, 1.0, 0.0, 0.0]).item()
    0.5
    """
    volumes = _volumes(mesh)
    return jnp.vdot(constant(volumes / volumes.sum()), densities(x, len(volumes)))


def mass(mesh: Mesh, x: ArrayLike, density: ArrayLike = 1.0) -> jax.Array:
    """Return the mass of the material.

    Parameters
    ----------
    mesh : Mesh
        Cells of the highest dimension have a density.
    x : array, shape (e,)
        Densities between 0 and 1, or thicknesses, or areas of bars: what the volume of a cell is multiplied by.
    density : array, shape () or (e,)
        Mass per volume of the solid. Unit: [mass/length^d].

    Returns
    -------
    scalar
        ``sum(density v x)``. Unit: [mass].

    Raises
    ------
    ShapeError
        If an array does not fit the cells.
    MeshError
        If a cell has no volume.

    Examples
    --------
    >>> import fem
    >>> fem.design.mass(fem.interval(4, size=2.0), [1.0, 1.0, 0.0, 0.0], density=7.0).item()
    7.0
    """
    volumes = _volumes(mesh)
    weight = real("density", density)
    if weight.ndim:
        weight = densities(weight, len(volumes))
    return jnp.vdot(constant(volumes), weight * densities(x, len(volumes)))


def _volumes(mesh: Mesh) -> NDArray[np.float64]:
    """Volumes of the cells that have a density, shape (e,)."""
    return mesh.measures[bulk(mesh)]
