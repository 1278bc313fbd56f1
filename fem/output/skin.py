"""What of a mesh can be seen: triangles and edges of its plane cells, or of the surface of its solid cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.reference import ELEMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import Mesh
    from fem.reference import ReferenceElement


@dataclass(frozen=True, eq=False)
class Skin:
    """Triangles, and edges of cells.

    Attributes
    ----------
    points : float array, shape (n, d)
        Corners of the triangles; each visible side has its own.
    triangles : int array, shape (t, 3)
        Corners of each triangle.
    cells : int array, shape (n,)
        Cell that each corner belongs to.
    nodes, weights : arrays, shape (n, a)
        Points of the mesh, and shape functions, that give values at the corners.
    edges : float array, shape (m, k, d)
        Edges of cells as polylines, curved ones with several pieces.
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    cells: NDArray[np.int64]
    nodes: NDArray[np.int64]
    weights: NDArray[np.float64]
    edges: NDArray[np.float64]

    def at_points(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values at the corners of the triangles from values at the points of the mesh."""
        return np.einsum("na,na...->n...", self.weights, values[self.nodes])


def skin(mesh: Mesh, points: NDArray[np.float64], pieces: int | None = None) -> Skin:
    """Return what can be seen of a mesh.

    Parameters
    ----------
    mesh : Mesh
        Cells.
    points : float array, shape (p, d)
        Where its points are, deformed or not.
    pieces : int, optional
        Pieces that each edge is cut into; by default 1 for linear triangles, else 4.
    """
    patches = _patches(mesh)
    width = max((element.count for element, _, _ in patches), default=1)
    found: list[tuple[NDArray[Any], ...]] = []
    start = 0
    for element, nodes, cells in patches:
        lattice, triangles = _lattice(element, pieces or (1 if element.name == "tri3" else 4))
        shape = element.shape(lattice)
        corners = np.einsum("qa,fad->fqd", shape, points[nodes]).reshape(-1, points.shape[1])
        offsets = start + len(lattice) * np.arange(len(nodes))
        pad = ((0, 0), (0, width - element.count))
        found.append(
            (
                corners,
                (offsets[:, None, None] + triangles).reshape(-1, 3),
                np.repeat(cells, len(lattice)),
                np.pad(np.repeat(nodes, len(lattice), axis=0), pad),
                np.pad(np.tile(shape, (len(nodes), 1)), pad),
            )
        )
        start += len(corners)
    joined = [np.concatenate(parts) for parts in zip(*found, strict=True)] if found else _nothing(points.shape[1])
    corners, triangles, owners, givers, weights = joined
    return Skin(corners, triangles, owners, givers, weights, _edges(mesh, patches, points))


def outline(mesh: Mesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the boundary of a plane mesh as polylines, shape (m, k, d)."""
    lines = [(group.element, group.nodes) for group in mesh.facet_groups(mesh.boundary)]
    return _polylines([(e, nodes) for e, nodes in lines if e.cell == "line"], points)


def _patches(mesh: Mesh) -> list[tuple[ReferenceElement, NDArray[np.int64], NDArray[np.int64]]]:
    """Return plane elements with nodes and cells: plane cells themselves, boundary facets of solid cells."""
    patches = []
    for number, block in enumerate(mesh.blocks):
        if block.element.dimension == 2:
            patches.append((block.element, block.nodes.astype(np.int64), np.arange(len(block)) + mesh.offsets[number]))
    if mesh.cell_dimension == 3:
        for group in mesh.facet_groups(mesh.boundary):
            cells = group.cells.astype(np.int64) + mesh.offsets[group.block]
            patches.append((group.element, group.nodes.astype(np.int64), cells))
    return patches


def _edges(
    mesh: Mesh, patches: list[tuple[ReferenceElement, NDArray[Any], NDArray[Any]]], points: NDArray[Any]
) -> NDArray[Any]:
    lines = [(block.element, block.nodes) for block in mesh.blocks if block.element.dimension == 1]
    for element, nodes, _ in patches:
        lines += [(ELEMENTS[name], nodes[:, list(local)]) for name, local in element.facets]
    return _polylines(lines, points)


def _polylines(lines: list[tuple[ReferenceElement, NDArray[Any]]], points: NDArray[Any]) -> NDArray[Any]:
    pieces = 8 if any(element.order > 1 for element, _ in lines) else 1
    steps = np.linspace(-1.0, 1.0, pieces + 1)[:, None]
    curves = [np.einsum("ka,mad->mkd", element.shape(steps), points[nodes]) for element, nodes in lines]
    return np.concatenate([np.zeros((0, pieces + 1, points.shape[1])), *curves])


def _lattice(element: ReferenceElement, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points of the reference cell and the triangles between them, n along each edge."""
    steps = np.arange(n + 1)
    if element.cell == "triangle":
        grid = np.array([(i, j) for j in steps for i in steps if i + j <= n])
        number = {(i, j): k for k, (i, j) in enumerate(grid.tolist())}
        up = [(number[i, j], number[i + 1, j], number[i, j + 1]) for i, j in number if i + j < n]
        down = [(number[i + 1, j], number[i + 1, j + 1], number[i, j + 1]) for i, j in number if i + j < n - 1]
        return grid / n, np.array(up + down)
    grid = np.array([(i, j) for j in steps for i in steps])
    first = np.array([j * (n + 1) + i for j in range(n) for i in range(n)])
    a, b, c, d = first, first + 1, first + n + 2, first + n + 1
    return grid * 2.0 / n - 1.0, np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def _nothing(dimension: int) -> list[NDArray[Any]]:
    return [np.zeros((0, dimension)), np.zeros((0, 3), int), np.zeros(0, int), np.zeros((0, 1), int), np.zeros((0, 1))]
