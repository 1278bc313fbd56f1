"""What can be wrong with a mesh, each fault with its cell, node or set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from fem.errors import MeshError
from fem.mesh.blocks import CellBlock
from fem.mesh.facets import facets_with_count
from fem.mesh.groups import unique_groups
from fem.quadrature import rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

# Points nearer than this part of the mesh's extent count as one place.
_COINCIDENT = 1e-10
# A cell is flat if its measure is below this part of that of a cube on its longest edge.
_FLAT = 1e-12
# Cells whose determinants are in memory at once.
_BATCH = 2**15


def jacobian_determinants(
    points: NDArray[np.float64], block: CellBlock, reference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return det J of each cell at points of the reference cell; for cells in a higher space its absolute value.

    Parameters
    ----------
    points : float array, shape (p, d)
        Coordinates.
    block : CellBlock
        Cells.
    reference : float array, shape (q, d)
        Points of the reference cell.

    Returns
    -------
    float array, shape (e, q)
    """
    gradients = block.element.gradients(reference)
    jacobian = np.einsum("ead,qar->eqdr", points[block.nodes], gradients, optimize=True)
    if jacobian.shape[-1] == jacobian.shape[-2]:
        signed: NDArray[np.float64] = np.linalg.det(jacobian)
        return signed
    gram = np.einsum("eqdr,eqds->eqrs", jacobian, jacobian)
    return np.sqrt(np.maximum(np.linalg.det(gram), 0.0))


def faults(
    points: NDArray[np.float64],
    blocks: Sequence[CellBlock],
    dimension: int,
    sets: Mapping[tuple[str, str], int],
) -> Iterator[MeshError]:
    """Yield every kind of fault of a mesh, with its first place.

    Parameters
    ----------
    points : float array, shape (p, d)
        Coordinates.
    blocks : sequence of CellBlock
        Cells.
    dimension : int
        Highest dimension of the cells.
    sets : mapping
        (kind, name) of each named set to its number of members.
    """
    for number, block in enumerate(blocks):
        yield from _bad_cells(points, number, block)
    yield from _orphans(points, blocks)
    yield from _coincident(points)
    yield from _crowded_facets(blocks, dimension)
    for (kind, name), size in sets.items():
        if not size:
            yield MeshError(
                "a named set is empty",
                expected="at least one member",
                got=f"{kind}[{name!r}] has 0 members",
                fix="correct the selection or the mesh file, or leave the set out",
                name=name,
            )


def _bad_cells(points: NDArray[np.float64], number: int, block: CellBlock) -> Iterator[MeshError]:
    if not len(block) or not block.element.dimension:
        return
    element = block.element
    reference = np.concatenate([element.nodes, rule(element.cell, 2 * element.order).points])
    batches = [CellBlock(element, block.nodes[start : start + _BATCH]) for start in range(0, len(block), _BATCH)]
    worst = np.concatenate([jacobian_determinants(points, batch, reference).min(axis=1) for batch in batches])
    corners = points[block.nodes]
    extent = (corners.max(axis=1) - corners.min(axis=1)).max(axis=1)
    bad = np.flatnonzero(~(worst > _FLAT * extent**element.dimension))
    if len(bad):
        cell = int(bad[0])
        yield MeshError(
            "an inverted or flat cell",
            expected=f"det J > 0 at the nodes and quadrature points of every {element.name}",
            got=f"det J = {worst[cell]:.6g} in cell {cell} of block {number}, nodes {block.nodes[cell].tolist()}"
            f"{_others(len(bad))}",
            fix="mesh.oriented() turns cells that are numbered the wrong way round; else move the node that folds it",
            cell=cell,
            block=number,
        )
    _, same, counts = unique_groups(block.nodes)
    twice = np.flatnonzero(counts[same] > 1)
    if len(twice):
        cell, again = (int(n) for n in np.flatnonzero(same == same[twice[0]])[:2])
        yield MeshError(
            "a cell occurs twice",
            expected="each set of nodes in one cell",
            got=f"cells {cell} and {again} of block {number} have nodes {block.nodes[cell].tolist()}",
            fix="drop one of them",
            cell=again,
            block=number,
        )


def _orphans(points: NDArray[np.float64], blocks: Sequence[CellBlock]) -> Iterator[MeshError]:
    unused = np.ones(len(points), dtype=bool)
    for block in blocks:
        unused[block.nodes] = False
    bad = np.flatnonzero(unused)
    if len(bad):
        yield MeshError(
            "a node that no cell uses",
            expected="every point is a node of a cell; a free one makes the matrix singular",
            got=f"point {bad[0]} at {points[bad[0]].tolist()}{_others(len(bad))}",
            fix="drop it, or fix its dofs",
            node=int(bad[0]),
        )


def _coincident(points: NDArray[np.float64]) -> Iterator[MeshError]:
    extent = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    pairs = cKDTree(points).query_pairs(_COINCIDENT * extent, output_type="ndarray")
    if len(pairs):
        first = pairs[np.lexsort(pairs.T[::-1])[0]]
        yield MeshError(
            "two points at one place",
            expected="distinct points; cells that should hang together share their nodes",
            got=f"points {first[0]} and {first[1]} at {points[first[0]].tolist()}{_others(len(pairs))}",
            fix="merge them; for a slit or a contact, go on without mesh.check()",
            node=int(first[1]),
        )


def _crowded_facets(blocks: Sequence[CellBlock], dimension: int) -> Iterator[MeshError]:
    # Trusses and shells in space branch; only cells that fill their space cannot.
    groups = [group for group in facets_with_count(blocks, dimension, -3) if len(group.nodes)] if dimension == 3 else []
    if groups:
        group = groups[0]
        yield MeshError(
            "a facet of more than two cells",
            expected="one cell on each side of a facet",
            got=f"the facet with nodes {group.nodes[0].tolist()}, of cell {group.cells[0]} of block {group.block}",
            fix="drop the cells that overlap",
            cell=int(group.cells[0]),
            block=group.block,
        )


def _others(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""
