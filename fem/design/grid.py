"""Cells in rows and columns, found by their centers, whatever their order in the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.design.alike import gathered, size_of
from fem.design.cells import bulk
from fem.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import Mesh


def grid(mesh: Mesh) -> NDArray[np.int64]:
    """Return which density stands at each place of the grid, shape (n_x, n_y[, n_z]), ascending along each axis.

    Raises
    ------
    MeshError
        If the cells are no full grid along the axes.
    """
    centers = mesh.centers[bulk(mesh)]
    places = [_ranks(centers[:, [axis]], size_of(mesh.points)) for axis in range(mesh.dimension)]
    shape = tuple(int(place.max()) + 1 for place in places)
    found = np.full(shape, -1)
    found[tuple(places)] = np.arange(len(centers))
    if found.size != len(centers) or (found < 0).any():
        raise MeshError(
            "the mesh is no grid", expected="cells in full rows along the axes, as of fem.rectangle or fem.box",
            got=f"{len(centers)} cells at {' x '.join(map(str, shape))} different coordinates",
            fix="mesh the box around the part, and set the cells outside to void with fem.design.passive",
        )  # fmt: skip
    return found


def _ranks(values: NDArray[np.float64], size: float) -> NDArray[np.int64]:
    """Place of each value, shape (e, 1), among the different ones, ascending, shape (e,)."""
    groups = gathered(values, size)
    first = np.zeros(groups.max() + 1)
    first[groups] = values[:, 0]
    return np.argsort(np.argsort(first))[groups]
