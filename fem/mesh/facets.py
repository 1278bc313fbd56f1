"""Facets: which cells and which of their sides; the boundary of a mesh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.mesh.groups import occurrences, unique_groups
from fem.reference import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.mesh.blocks import CellBlock
    from fem.reference import ReferenceElement


@dataclass(frozen=True, eq=False)
class Facets:
    """Sides of cells, block by block; compared by content, so that the same selection meets the same program.

    Attributes
    ----------
    cells : tuple of int arrays, shape (f,) each
        For each block of the mesh, the number within the block of each facet's cell.
    sides : tuple of int arrays, shape (f,) each
        For each block, which side of the cell it is: an index into ``block.element.facets``.

    Examples
    --------
    >>> import fem
    >>> fem.rectangle((2, 2)).boundary
    Facets(8)
    """

    cells: tuple[NDArray[np.int32], ...]
    sides: tuple[NDArray[np.int32], ...]

    @cached_property
    def _content(self) -> tuple[bytes, ...]:
        return tuple(part.tobytes() for part in (*self.cells, *self.sides))

    def __hash__(self) -> int:
        return hash(self._content)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Facets) and self._content == other._content)

    def __len__(self) -> int:
        return sum(len(cells) for cells in self.cells)

    def __repr__(self) -> str:
        return f"Facets({len(self)})"


@dataclass(frozen=True, eq=False)
class FacetGroup:
    """Facets of one block that have the same facet element.

    Attributes
    ----------
    element : ReferenceElement
        Element of the facets.
    nodes : int32 array, shape (f, a)
        Nodes of each facet; seen from outside they run counterclockwise.
    block : int
        Block of the mesh that the facets' cells belong to.
    cells, sides : int32 array, shape (f,)
        Cell within the block, and side of that cell.
    """

    element: ReferenceElement
    nodes: NDArray[np.int32]
    block: int
    cells: NDArray[np.int32]
    sides: NDArray[np.int32]


def facet_groups(blocks: Sequence[CellBlock], facets: Facets) -> list[FacetGroup]:
    """Return facets with their nodes, in groups of one block and one facet element.

    Parameters
    ----------
    blocks : sequence of CellBlock
        Blocks of the mesh.
    facets : Facets
        Facets of these blocks.
    """
    groups = []
    for number, block in enumerate(blocks):
        cells, sides = facets.cells[number], facets.sides[number]
        names = np.array([name for name, _ in block.element.facets])
        for name in dict.fromkeys(names[np.unique(sides)]):
            chosen = np.flatnonzero(names[sides] == name)
            table = np.array([local if kind == name else [0] * ELEMENTS[name].count
                              for kind, local in block.element.facets])  # fmt: skip
            nodes = block.nodes[cells[chosen, None], table[sides[chosen]]]
            groups.append(FacetGroup(ELEMENTS[name], nodes, number, cells[chosen], sides[chosen]))
    return groups


def all_facets(blocks: Sequence[CellBlock], dimension: int) -> Facets:
    """Return every side of every cell of one dimension; inner facets occur twice.

    Parameters
    ----------
    blocks : sequence of CellBlock
        Blocks of the mesh.
    dimension : int
        Dimension of the cells whose facets are meant.
    """
    cells, sides = [], []
    for block in blocks:
        count = len(block.element.facets) if block.element.dimension == dimension else 0
        cells.append(np.tile(np.arange(len(block), dtype=np.int32), count))
        sides.append(np.repeat(np.arange(count, dtype=np.int32), len(block)))
    return Facets(tuple(cells), tuple(sides))


def boundary_facets(blocks: Sequence[CellBlock], dimension: int) -> Facets:
    """Return the facets that belong to one cell only.

    Parameters
    ----------
    blocks : sequence of CellBlock
        Blocks of the mesh.
    dimension : int
        Dimension of the cells whose boundary is meant.
    """
    return _chosen(blocks, facets_with_count(blocks, dimension, 1))


def facets_with_count(blocks: Sequence[CellBlock], dimension: int, count: int) -> list[FacetGroup]:
    """Return the facets that exactly `count` cells share (or `-count` and more, if negative), in groups.

    Facets are compared by their corners, so that a block of another order may be the neighbour.
    """
    groups = facet_groups(blocks, all_facets(blocks, dimension))
    found = []
    for corners in sorted({group.element.corners for group in groups}):
        alike = [group for group in groups if group.element.corners == corners]
        counts = occurrences(np.concatenate([group.nodes[:, :corners] for group in alike]))
        chosen = counts == count if count > 0 else counts >= -count
        ends = np.cumsum([len(group.nodes) for group in alike])[:-1]
        found += [_masked(group, mask) for group, mask in zip(alike, np.split(chosen, ends), strict=True)]
    return found


def facet_masks(blocks: Sequence[CellBlock], facets: Facets) -> list[NDArray[np.int32]]:
    """Return facets as one number for each cell, the sum of 2**side over its sides; shape (e,) for each block."""
    masks = [np.zeros(len(block), dtype=np.int32) for block in blocks]
    for mask, cells, sides in zip(masks, facets.cells, facets.sides, strict=True):
        np.bitwise_or.at(mask, cells, np.int32(1) << sides)
    return masks


def facets_from_masks(masks: Sequence[NDArray[Any]]) -> Facets:
    """Return the facets that `facet_masks` wrote."""
    found = [np.argwhere(mask[:, None] >> np.arange(8) & 1).astype(np.int32) for mask in masks]
    return Facets(tuple(pairs[:, 0] for pairs in found), tuple(pairs[:, 1] for pairs in found))


def find_facets(blocks: Sequence[CellBlock], nodes: Sequence[NDArray[np.int64]]) -> Facets | None:
    """Return the sides of cells that have given nodes, or None if one of them is no side of any cell.

    Parameters
    ----------
    blocks : sequence of CellBlock
        Blocks of the mesh.
    nodes : sequence of int arrays, shape (f, a) each
        Nodes of facets; their order does not matter. Between two cells it is the side of the first.
    """
    dimension = max(block.element.dimension for block in blocks)
    groups = facet_groups(blocks, all_facets(blocks, dimension))
    found = []
    for wanted in nodes:
        alike = [group for group in groups if group.element.count == wanted.shape[1]]
        if not alike:
            return None
        candidates = np.concatenate([group.nodes for group in alike])
        first, number, _ = unique_groups(np.concatenate([candidates, wanted]))
        places = first[number[len(candidates) :]]
        if (places >= len(candidates)).any():
            return None
        mask = np.zeros(len(candidates), dtype=bool)
        mask[places] = True
        ends = np.cumsum([len(group.nodes) for group in alike])[:-1]
        found += [_masked(group, part) for group, part in zip(alike, np.split(mask, ends), strict=True)]
    return _chosen(blocks, found)


def _masked(group: FacetGroup, mask: NDArray[np.bool_]) -> FacetGroup:
    return FacetGroup(group.element, group.nodes[mask], group.block, group.cells[mask], group.sides[mask])


def _chosen(blocks: Sequence[CellBlock], groups: list[FacetGroup]) -> Facets:
    cells, sides = [], []
    for number in range(len(blocks)):
        mine = [group for group in groups if group.block == number]
        cell = np.concatenate([group.cells for group in mine] or [np.zeros(0, np.int32)])
        side = np.concatenate([group.sides for group in mine] or [np.zeros(0, np.int32)])
        order = np.lexsort((side, cell))
        cells.append(cell[order])
        sides.append(side[order])
    return Facets(tuple(cells), tuple(sides))
