"""Extrusion of a design: all cells along a direction take their mean, so that it has one cross-section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.design.alike import gathered, means, size_of
from fem.design.cells import bulk
from fem.design.directions import direction_of
from fem.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.design.linear_map import LinearMap
    from fem.mesh import Mesh


def extruded(mesh: Mesh, direction: ArrayLike) -> LinearMap:
    """Return a function that gives a design one cross-section.

    Parameters
    ----------
    mesh : Mesh
        Made of columns of cells along the direction; cells of the highest dimension have a density.
    direction : array, shape (d,)
        Where the profile goes, of any length.

    Returns
    -------
    callable
        ``profile(x)``, shape (e,), from x of shape (e,): the mean of the material of each column.

    Raises
    ------
    ShapeError
        If the direction does not fit the dimension of the mesh or has no length.
    MeshError
        If no two cells lie in one column.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> profile = fem.design.extruded(fem.rectangle((2, 2)), direction=[1.0, 0.0])
    >>> profile([1.0, 0.25, 0.0, 0.25]).tolist()
    [0.5, 0.25, 0.5, 0.25]
    """
    along = direction_of(mesh, "direction", direction)
    cells = bulk(mesh)
    centers = mesh.centers[cells]
    groups = gathered(centers - np.outer(centers @ along, along), size_of(mesh.points))
    if len(cells) > 1 and groups.max() + 1 == len(cells):
        raise MeshError(
            "the mesh has no columns of cells", expected=f"cells behind each other along {along.round(6).tolist()}",
            got=f"{len(cells)} cells, no two of them in one line", fix="extrude a mesh of the section",
        )  # fmt: skip
    return means(groups, mesh.measures[cells])
