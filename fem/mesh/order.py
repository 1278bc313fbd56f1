"""Meshes of second order from meshes of first order, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.errors import ElementError
from fem.mesh.blocks import CellBlock
from fem.mesh.facets import boundary_facets, facet_groups
from fem.mesh.groups import unique_groups
from fem.reference import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fem.reference import ReferenceElement

# For each cell: first order, second order, second order with all nodes.
_FAMILIES = {
    "point": ("point1", "point1", "point1"),
    "line": ("line2", "line3", "line3"),
    "triangle": ("tri3", "tri6", "tri6"),
    "quadrilateral": ("quad4", "quad8", "quad9"),
    "tetrahedron": ("tet4", "tet10", "tet10"),
    "hexahedron": ("hex8", "hex20", "hex27"),
    "wedge": ("wedge6",),
}


def with_order(
    points: NDArray[np.float64],
    blocks: Sequence[CellBlock],
    point_sets: Mapping[str, NDArray[np.int32]],
    degree: int,
    complete: bool,
) -> tuple[NDArray[np.float64], tuple[CellBlock, ...], dict[str, NDArray[np.int32]]]:
    """Return points, blocks and point sets with elements of another order; curved cells stay as they are.

    A new node joins a set if all corners of its edge, face or cell are in it; in a set of boundary points it
    must lie on the boundary too, because an edge may cross the inside from boundary to boundary.

    Raises
    ------
    ElementError
        If there is no such element.
    """
    targets = [_target(block.element, degree, complete) for block in blocks]
    if all(block.element is target for block, target in zip(blocks, targets, strict=True)):
        return points, tuple(blocks), dict(point_sets)
    kept = _kept_points(len(points), blocks)
    compact = np.cumsum(kept) - 1
    corners = [compact[block.nodes[:, : block.element.corners]] for block in blocks]
    nodes = [
        np.concatenate([own, np.zeros((len(own), target.count - target.corners), own.dtype)], axis=1)
        for own, target in zip(corners, targets, strict=True)
    ]
    coordinates, parents = _fill(points, points[kept], blocks, targets, corners, nodes)
    raised = tuple(CellBlock(target, own) for target, own in zip(targets, nodes, strict=True))
    sets = {name: compact[members[kept[members]]] for name, members in point_sets.items()}
    return coordinates, raised, _extended(sets, raised, int(kept.sum()), parents)


def _target(element: ReferenceElement, degree: int, complete: bool) -> ReferenceElement:
    family = _FAMILIES[element.cell]
    wanted = 0 if degree == 1 else 2 if complete else 1
    if degree not in (1, 2) or wanted >= len(family):
        raise ElementError(
            "no element of this order",
            expected=f"degree 1 or 2 for {element.cell}s" if len(family) > 1 else f"degree 1 for {element.cell}s",
            got=f"degree={degree!r} for cells of {element.name}",
            fix="pass another degree, or mesh without these cells",
        )
    return ELEMENTS[family[wanted]]


def _kept_points(count: int, blocks: Sequence[CellBlock]) -> NDArray[np.bool_]:
    """Mark corners, and points that belong to no cell; the other nodes are made anew."""
    kept = np.ones(count, dtype=bool)
    for block in blocks:
        kept[block.nodes[:, block.element.corners :]] = False
    for block in blocks:
        kept[block.nodes[:, : block.element.corners]] = True
    return kept


def _supports(target: ReferenceElement) -> list[NDArray[np.int64]]:
    """Return for each node beyond the corners the corners of its edge, face or cell."""
    linear = ELEMENTS[_FAMILIES[target.cell][0]]
    weights = linear.shape(target.nodes[target.corners :])
    return [np.flatnonzero(row > 0) for row in weights]


def _fill(
    points: NDArray[np.float64],
    coordinates: NDArray[np.float64],
    blocks: Sequence[CellBlock],
    targets: Sequence[ReferenceElement],
    corners: Sequence[NDArray[np.int64]],
    nodes: Sequence[NDArray[np.int64]],
) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
    """Number the nodes beyond the corners, in place in `nodes`; return all coordinates and the new nodes' corners."""
    supports = [_supports(target) for target in targets]
    parents = []
    for size in sorted({len(support) for own in supports for support in own}):
        places = [(b, a) for b, own in enumerate(supports) for a, support in enumerate(own) if len(support) == size]
        groups = np.concatenate([corners[b][:, supports[b][a]] for b, a in places])
        where = np.concatenate([_positions(points, blocks[b], targets[b], a) for b, a in places])
        first, number, _ = unique_groups(groups)
        number += len(coordinates)
        coordinates = np.concatenate([coordinates, where[first]])
        parents.append(groups[first])
        lengths = np.cumsum([len(blocks[b]) for b, _ in places])[:-1]
        for (b, a), numbers in zip(places, np.split(number, lengths), strict=True):
            nodes[b][:, targets[b].corners + a] = numbers
    return coordinates, parents


def _positions(
    points: NDArray[np.float64], block: CellBlock, target: ReferenceElement, extra: int
) -> NDArray[np.float64]:
    """Return where node `extra` beyond the corners lies in each cell, on the geometry that the cells have now."""
    weights = block.element.shape(target.nodes[[target.corners + extra]])[0]
    position: NDArray[np.float64] = sum(
        (weight * points[block.nodes[:, a]] for a, weight in enumerate(weights) if weight),
        start=np.zeros((len(block), points.shape[1])),
    )
    return position


def _extended(
    sets: Mapping[str, NDArray[np.int64]],
    blocks: Sequence[CellBlock],
    old: int,
    parents: Sequence[NDArray[np.int64]],
) -> dict[str, NDArray[np.int32]]:
    """Return point sets with the new nodes that belong to them."""
    if not sets:
        return {}
    count = old + sum(map(len, parents))
    boundary = np.zeros(count, dtype=bool)
    facets = boundary_facets(blocks, max(block.element.dimension for block in blocks))
    for group in facet_groups(blocks, facets):
        boundary[group.nodes] = True
    extended = {}
    for name, members in sets.items():
        mask = np.zeros(count, dtype=bool)
        mask[members] = True
        allowed = boundary if boundary[members].all() else np.ones(count, dtype=bool)
        new = np.concatenate([mask[groups].all(axis=1) for groups in parents]) if parents else mask[old:]
        mask[old:] = new & allowed[old:]
        extended[name] = np.flatnonzero(mask).astype(np.int32)
    return extended
