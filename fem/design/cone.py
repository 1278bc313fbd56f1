"""Neighbouring cells, weighted by a cone over the distance of their centers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.spatial import KDTree

from fem.design.cells import bulk, check_positive

if TYPE_CHECKING:
    from fem.mesh import Mesh


def cone(mesh: Mesh, radius: float) -> csr_array:
    """Return ``max(0, radius - |c_i - c_j|)`` for all pairs of cells.

    Parameters
    ----------
    mesh : Mesh
        Cells of the highest dimension count; c are the means of their corners.
    radius : float
        Radius of the cone. Unit: [length].

    Returns
    -------
    csr_array, shape (e, e)
        Symmetric; its diagonal is `radius`. Unit: [length].

    Raises
    ------
    ShapeError
        If the radius is not positive.

    Warns
    -----
    UserWarning
        If no cell has a neighbour within the radius.

    Examples
    --------
    >>> import fem
    >>> cone(fem.interval(3, size=3.0), 1.5).toarray()
    array([[1.5, 0.5, 0. ],
           [0.5, 1.5, 0.5],
           [0. , 0.5, 1.5]])
    """
    radius = check_positive("radius", radius, "units of the mesh")
    centers = mesh.centers[bulk(mesh)]
    pairs = KDTree(centers).query_pairs(radius, output_type="ndarray")
    weight = radius - np.linalg.norm(centers[pairs[:, 0]] - centers[pairs[:, 1]], axis=1)
    if len(centers) > 1 and not (weight > 0).any():
        nearest = KDTree(centers).query(centers, k=2)[0][:, 1].min()
        warnings.warn(
            f"radius = {radius:.6g} reaches no neighbour: the filter does nothing. The nearest centers of two cells "
            f"are {nearest:.6g} apart; take 1.5 to 3 times the size of a cell",
            stacklevel=4,
        )
    pairs, weight = pairs[weight > 0], weight[weight > 0]
    upper = csr_array((weight, (pairs[:, 0], pairs[:, 1])), shape=2 * (len(centers),))
    return csr_array(upper + upper.T + diags_array(np.full(len(centers), radius)))
