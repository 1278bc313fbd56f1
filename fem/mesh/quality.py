"""How well shaped cells are: the scaled Jacobian."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh.mesh import Mesh

# Neighbours of each corner along the edges, so that their directions make a positive determinant.
NEIGHBOURS = {
    "triangle": ((1, 2), (2, 0), (0, 1)),
    "quadrilateral": ((1, 3), (2, 0), (3, 1), (0, 2)),
    "tetrahedron": ((1, 2, 3), (2, 0, 3), (0, 1, 3), (0, 2, 1)),
    "hexahedron": (
        *((1, 3, 4), (2, 0, 5), (3, 1, 6), (0, 2, 7)),
        *((7, 5, 0), (4, 6, 1), (5, 7, 2), (6, 4, 3)),
    ),
    "wedge": ((1, 2, 3), (2, 0, 4), (0, 1, 5), (5, 4, 0), (3, 5, 1), (4, 3, 2)),
}
# The regular cell has quality 1.
REGULAR = {"triangle": 2 / sqrt(3), "tetrahedron": sqrt(2), "wedge": 2 / sqrt(3)}


def quality(mesh: Mesh) -> NDArray[np.float64]:
    """Return the scaled Jacobian of each cell, shape (e,).

    Parameters
    ----------
    mesh : Mesh
        Any cells; lines have quality 1.

    Returns
    -------
    float array, shape (e,)
        The least, over the corners, of the determinant of the unit vectors along the edges, as a part of that of
        the regular cell: 1 for squares, cubes and equilateral triangles, 0 for flat and less for inverted cells.
        Cells on a surface in space cannot be inverted. Midside nodes are not looked at; `Mesh.check` does.

    Examples
    --------
    >>> from fem.mesh import rectangle
    >>> quality(rectangle((2, 1), size=(8.0, 1.0)))
    array([1., 1.])
    """
    found = [np.ones(0)]
    for block in mesh.blocks:
        cell = block.element.cell
        if cell not in NEIGHBOURS:
            found.append(np.ones(len(block)))
            continue
        corners = mesh.points[block.nodes[:, : block.element.corners]]
        edges = corners[:, list(NEIGHBOURS[cell])] - corners[:, :, None]
        lengths = np.linalg.norm(edges, axis=-1, keepdims=True)
        found.append(_determinant(edges / np.where(lengths > 0, lengths, 1.0)).min(axis=1) * REGULAR.get(cell, 1.0))
    return np.concatenate(found)


def _determinant(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Determinants of shape (..., r, d); of vectors in a higher space the area that they span."""
    if rows.shape[-1] == rows.shape[-2]:
        return np.asarray(np.linalg.det(rows))
    return np.sqrt(np.maximum(np.linalg.det(rows @ np.swapaxes(rows, -1, -2)), 0.0))
