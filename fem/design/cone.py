"""Neighbouring cells, weighted by a cone over the distance of their centers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from fem.design.cells import bulk, check_positive
from sparsead.pattern.pattern import index_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import Mesh

_ROWS = 2048  # at once


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
    rows = _rows(centers, radius)
    if len(centers) > 1 and rows.nnz == len(centers):
        nearest = KDTree(centers).query(centers, k=2)[0][:, 1].min()
        warnings.warn(
            f"radius = {radius:.6g} reaches no neighbour: the filter does nothing. The nearest centers of two cells "
            f"are {nearest:.6g} apart; take 1.5 to 3 times the size of a cell",
            stacklevel=4,
        )
    return rows


def _rows(centers: NDArray[np.float64], radius: float) -> csr_array:
    """The weights, some rows at a time: all pairs at once take four times the memory of the matrix."""
    tree = KDTree(centers)
    counts, columns, weights = [], [], []
    for first in range(0, len(centers), _ROWS):
        near = KDTree(centers[first : first + _ROWS]).sparse_distance_matrix(tree, radius, output_type="coo_matrix")
        inside = near.data < radius
        part = csr_array((radius - near.data[inside], (near.row[inside], near.col[inside])), shape=near.shape)
        counts.append(np.diff(part.indptr))
        columns.append(part.indices)
        weights.append(part.data)
    total = sum(map(len, weights))
    indptr = np.concatenate([[0], *counts]).cumsum(dtype=index_dtype(total))
    joined = np.concatenate(weights)
    weights.clear()
    return csr_array((joined, np.concatenate(columns), indptr), shape=2 * (len(centers),))
