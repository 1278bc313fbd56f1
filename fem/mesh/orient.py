"""Turn cells whose nodes run the wrong way round."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fem.mesh.blocks import CellBlock
from fem.mesh.check import jacobian_determinants
from fem.mesh.facets import Facets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fem.reference import ReferenceElement


def oriented(
    points: NDArray[np.float64], blocks: Sequence[CellBlock], facet_sets: Mapping[str, Facets]
) -> tuple[tuple[CellBlock, ...], dict[str, Facets]]:
    """Return blocks and facet sets in which no cell that fills its space has a negative volume.

    Parameters
    ----------
    points : float array, shape (p, d)
        Coordinates.
    blocks : sequence of CellBlock
        Cells.
    facet_sets : mapping of str to Facets
        Sets whose sides are numbered anew in the cells that are turned.
    """
    wrong = [_inverted(points, block) for block in blocks]
    turned = []
    for block, mask in zip(blocks, wrong, strict=True):
        nodes = block.nodes.copy()
        nodes[mask] = nodes[mask][:, _mirrored(block.element)[0]]
        turned.append(CellBlock(block.element, nodes) if mask.any() else block)
    return tuple(turned), {name: _turned_sides(blocks, wrong, facets) for name, facets in facet_sets.items()}


def _inverted(points: NDArray[np.float64], block: CellBlock) -> NDArray[np.bool_]:
    element = block.element
    if element.dimension != points.shape[1] or not len(block):
        return np.zeros(len(block), dtype=bool)
    center = element.nodes[: element.corners].mean(axis=0, keepdims=True)
    return np.asarray(jacobian_determinants(points, block, center)[:, 0] < 0)


def _turned_sides(blocks: Sequence[CellBlock], wrong: Sequence[NDArray[np.bool_]], facets: Facets) -> Facets:
    sides = []
    for block, mask, cells, own in zip(blocks, wrong, facets.cells, facets.sides, strict=True):
        new = _mirrored(block.element)[1][own] if mask.any() else own
        sides.append(np.where(mask[cells], new, own).astype(np.int32))
    return Facets(facets.cells, tuple(sides))


@cache
def _mirrored(element: ReferenceElement) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which node comes to each place, and which side each side becomes, in the mirror image of a cell."""
    mirror = -element.nodes if element.dimension == 1 else element.nodes.copy()
    if element.dimension > 1:
        mirror[:, [0, 1]] = mirror[:, [1, 0]]
    order = np.array([int(np.argmin(np.abs(element.nodes - node).sum(axis=1))) for node in mirror])
    place = np.argsort(order)
    sides = [set(local) for _, local in element.facets]
    return order, np.array([sides.index({int(place[a]) for a in local}) for local in sides])
