"""Find the cells that points lie in, and their reference coordinates there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from fem.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import CellBlock, Mesh
    from fem.reference import ReferenceElement

_NEWTON_STEPS = 30
# How far outside the reference cell a point still counts as inside it.
_MARGIN = 1e-9
_NEAREST = 12


def locate(mesh: Mesh, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the cell of each point, numbered through all blocks, and its reference coordinates.

    Parameters
    ----------
    mesh : Mesh
        Cells that fill their space.
    points : float array, shape (m, d)
        Points.

    Raises
    ------
    MeshError
        If a point lies in no cell; the message names the first.
    """
    found = np.full(len(points), -1, dtype=np.int64)
    reference = np.zeros((len(points), mesh.dimension))
    near = cKDTree(mesh.centers).query(points, min(_NEAREST, mesh.cell_count))[1].reshape(len(points), -1)
    for candidates in near.T:
        open_ = np.flatnonzero(found < 0)
        _try(mesh, points, open_, candidates[open_], found, reference)
    # Where cells are very unlike, the right one is not among those with the nearest centers.
    for point in np.flatnonzero(found < 0):
        inside = _boxes_around(mesh, points[point])
        _try_each(mesh, points, int(point), inside, found, reference)
    missing = np.flatnonzero(found < 0)
    if len(missing):
        low, high = mesh.points.min(axis=0).tolist(), mesh.points.max(axis=0).tolist()
        raise MeshError(
            "a point lies in no cell",
            expected=f"points inside the mesh, which extends from {low} to {high}",
            got=f"points[{missing[0]}] = {points[missing[0]].tolist()}"
            + (f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""),
            fix="move it into the mesh; a polygon of cells cuts the corners of a curved boundary",
            index=int(missing[0]),
        )
    return found, reference


def _try(
    mesh: Mesh,
    points: NDArray[np.float64],
    which: NDArray[np.int64],
    cells: NDArray[np.int64],
    found: NDArray[np.int64],
    reference: NDArray[np.float64],
) -> None:
    """Try one cell for each of some points, and note those that lie inside."""
    for number, block in enumerate(mesh.blocks):
        mine = (cells >= mesh.offsets[number]) & (cells < mesh.offsets[number + 1])
        if block.element.dimension != mesh.dimension or not mine.any():
            continue
        nodes = mesh.points[block.nodes[cells[mine] - mesh.offsets[number]]]
        xi = _invert(block, nodes, points[which[mine]])
        good = _inside(block.element, xi)
        found[which[mine][good]] = cells[mine][good]
        reference[which[mine][good]] = xi[good]


def _try_each(
    mesh: Mesh,
    points: NDArray[np.float64],
    point: int,
    cells: NDArray[np.int64],
    found: NDArray[np.int64],
    reference: NDArray[np.float64],
) -> None:
    for cell in cells:
        if found[point] < 0:
            _try(mesh, points, np.array([point]), np.array([cell]), found, reference)


def _boxes_around(mesh: Mesh, point: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the cells whose bounding box, a little enlarged because sides may bulge, holds a point."""
    cells = []
    for number, block in enumerate(mesh.blocks):
        nodes = mesh.points[block.nodes]
        low, high = nodes.min(axis=1), nodes.max(axis=1)
        margin = 0.25 * (high - low) + _MARGIN
        inside = ((point >= low - margin) & (point <= high + margin)).all(axis=1)
        cells.append(np.flatnonzero(inside) + mesh.offsets[number])
    return np.concatenate(cells)


def _invert(block: CellBlock, nodes: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve x(xi) = point by Newton's method from the center, shape (m, d); NaN where it fails."""
    element = block.element
    xi = np.tile(element.nodes[: element.corners].mean(axis=0), (len(points), 1))
    for _ in range(_NEWTON_STEPS):
        gap = np.einsum("ma,mad->md", element.shape(xi), nodes) - points
        jacobian = np.einsum("mar,mad->mdr", element.gradients(xi), nodes)
        singular = np.abs(np.linalg.det(jacobian)) < np.finfo(float).tiny
        jacobian[singular] = np.eye(jacobian.shape[-1])
        step = np.linalg.solve(jacobian, gap[..., None])[..., 0]
        # Far outside the cell the map may fold: such a point is not in it.
        xi = np.clip(xi - np.where(singular[:, None], np.nan, step), -10.0, 10.0)
        if not (np.abs(step) > 1e-14).any():
            break
    xi[~(np.abs(step).max(axis=1) < 1e-10)] = np.nan
    return xi


def _inside(element: ReferenceElement, xi: NDArray[np.float64]) -> NDArray[np.bool_]:
    def simplex(x: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray((x > -_MARGIN).all(axis=1) & (x.sum(axis=1) < 1 + _MARGIN))

    def cube(x: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray((np.abs(x) < 1 + _MARGIN).all(axis=1))

    if element.cell in ("triangle", "tetrahedron"):
        return simplex(xi)
    if element.cell == "wedge":
        return simplex(xi[:, :2]) & cube(xi[:, 2:])
    return cube(xi)
