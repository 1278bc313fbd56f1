"""Symmetry of a design: a cell and its mirror image take their mean.

Derivation
----------
With the mirror image m(i) of cell i::

    y_i = (v_i x_i + v_m(i) x_m(i)) / (v_i + v_m(i))

A projection onto symmetric designs: applied twice it is itself, so its pullback makes gradients symmetric too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from fem.design.alike import means, nearest, size_of
from fem.design.cells import bulk
from fem.design.directions import plane
from fem.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.design.linear_map import LinearMap
    from fem.mesh import Mesh


def symmetric(mesh: Mesh, normal: ArrayLike, point: ArrayLike | None = None) -> LinearMap:
    """Return a function that makes a design symmetric to a plane.

    Parameters
    ----------
    mesh : Mesh
        Symmetric to the plane itself; cells of the highest dimension have a density.
    normal : array, shape (d,)
        Normal of the plane, of any length.
    point : array, shape (d,), optional
        A point of the plane; by default the middle of the box around the mesh. Unit: [length].

    Returns
    -------
    callable
        ``mirrored(x)``, shape (e,), from x of shape (e,). Two planes: one after the other.

    Raises
    ------
    ShapeError
        If the normal or the point does not fit the dimension of the mesh, or the normal has no length.
    MeshError
        If a cell has no mirror image in the mesh.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mirrored = fem.design.symmetric(fem.interval(4), normal=[1.0])
    >>> mirrored([1.0, 0.0, 0.0, 0.5]).tolist()
    [0.75, 0.0, 0.0, 0.75]
    """
    n, p = plane(mesh, normal, point)
    cells = bulk(mesh)
    centers = mesh.centers[cells]
    mirrored = centers - 2 * np.outer((centers - p) @ n, n)
    image, alone = nearest(centers, mirrored, size_of(mesh.points))
    if alone >= 0:
        raise MeshError(
            "the mesh is not symmetric", expected=f"a cell with its center at {mirrored[alone].round(6).tolist()}",
            got=f"none there, the mirror image of cell {cells[alone]} in the plane through {p.round(6).tolist()} with "
            f"the normal {n.round(6).tolist()}",
            fix="move the plane with point=, or mesh both halves alike", cell=int(cells[alone]),
        )  # fmt: skip
    pairs = csr_array((np.ones(len(cells)), (np.arange(len(cells)), image)), shape=2 * (len(cells),))
    groups = connected_components(pairs, directed=False)[1]
    return means(groups, mesh.measures[cells])
