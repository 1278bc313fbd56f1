"""Fields as NumPy arrays that fit a mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import Mesh


def point_values(name: str, values: Any, mesh: Mesh) -> NDArray[np.float64]:
    """Return values at points, shape (p,), (p, c) or (p, c, c); a vector of all dofs is cut into points.

    Raises
    ------
    MeshError
        If they do not fit the points.
    """
    return _fitting(name, values, len(mesh.points), "points")


def cell_values(name: str, values: Any, mesh: Mesh) -> NDArray[np.float64]:
    """Return values of cells, shape (e,), (e, c) or (e, c, c).

    Raises
    ------
    MeshError
        If they do not fit the cells.
    """
    return _fitting(name, values, mesh.cell_count, "cells")


def _fitting(name: str, values: Any, count: int, what: str) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.ndim == 1 and what == "points" and count and array.size != count and array.size % count == 0:
        array = array.reshape(count, -1)
    if not 1 <= array.ndim <= 3 or array.shape[0] != count or array.dtype.kind not in "buif":
        raise MeshError(
            f"a field that does not fit the {what}",
            expected=f"real numbers of shape ({count},), ({count}, c) or ({count}, c, c) for {count} {what}",
            got=f"{name!r} is {array.dtype} of shape {array.shape}",
            fix=f"pass one value, vector or tensor for each of the {what}",
        )
    return array.astype(np.float64)
