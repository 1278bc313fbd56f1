"""Cells of a gmsh file as they are found, and the physical groups that they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from fem.mesh.files.content import FileCells
from fem.mesh.files.gmsh.kinds import NODES_IN_OUR_ORDER, Kind
from fem.mesh.groups import unique_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fem.mesh.files.labels import Labels

# Dimension and tag of a physical group.
Group: TypeAlias = tuple[int, int]


class FoundCells:
    """Cells by kind, in the order of the file, each with the physical groups that it is in."""

    def __init__(self) -> None:
        self._nodes: dict[Kind, list[NDArray[np.int64]]] = {}
        self._members: dict[Kind, dict[Group, list[NDArray[np.int64]]]] = {}
        self._count: dict[Kind, int] = {}

    def add(self, kind: Kind, nodes: NDArray[np.int64], groups: Mapping[int, NDArray[np.int64]]) -> None:
        """Add cells of one kind.

        Parameters
        ----------
        kind : Kind
            Their kind.
        nodes : int array, shape (e, a)
            Tags of their nodes, in gmsh's order.
        groups : dict of int to int array
            Which of them are in the physical group of a tag. Its sign is an orientation; 0 is no group.
        """
        first = self._count.get(kind, 0)
        self._nodes.setdefault(kind, []).append(nodes)
        self._count[kind] = first + len(nodes)
        for tag, members in groups.items():
            if tag:
                group = (kind.dimension, abs(tag))
                self._members.setdefault(kind, {}).setdefault(group, []).append(members + first)

    def blocks(
        self, labels: Labels, names: Mapping[Group, str]
    ) -> tuple[list[FileCells], dict[str, list[NDArray[np.int64]]]]:
        """Return a block for each kind, and the members of each group in each block."""
        cells: list[FileCells] = []
        sets: dict[str, list[NDArray[np.int64]]] = {}
        for place, (kind, parts) in enumerate(self._nodes.items()):
            nodes = labels.places(np.concatenate(parts))
            order = NODES_IN_OUR_ORDER.get(kind.name)
            cells.append(FileCells(kind.name, nodes if order is None else nodes[:, order], kind.dimension))
            for group, found in self._members.get(kind, {}).items():
                name = names.get(group, f"physical={group[1]}")
                own = sets.setdefault(name, [np.zeros(0, dtype=np.int64) for _ in self._nodes])
                own[place] = np.union1d(own[place], np.concatenate(found))
        return cells, sets


def without_repeats(
    nodes: NDArray[np.int64], entities: NDArray[np.int64], groups: NDArray[np.int64]
) -> tuple[NDArray[np.int64], dict[int, NDArray[np.int64]]]:
    """Return each cell once, and the members of each group.

    Version 2 has room for one group of a cell, so gmsh writes the cells of a geometrical entity once for each group.

    Parameters
    ----------
    nodes : int array, shape (e, a)
        Tags of the nodes of cells of one kind.
    entities, groups : int arrays, shape (e,)
        Geometrical entity, 0 if there is none, and physical group of each.

    Returns
    -------
    nodes : int array, shape (c, a)
    members : dict of int to int array
    """
    place = np.arange(len(nodes))
    tags = np.unique(nodes, return_inverse=True)[1].reshape(nodes.shape)
    entity = np.unique(entities, return_inverse=True)[1].reshape(-1, 1) + tags.max(initial=0) + 1
    first, number, _ = unique_groups(np.hstack([tags, entity]))
    # Only another group makes a repeat: a cell that stands twice in one group is the user's to find.
    repeats = (first[number] != place) & (groups != groups[first[number]]) & (entities != 0)
    own = np.where(repeats, first[number], place)
    kept, new = np.unique(own, return_inverse=True)
    return nodes[kept], {int(tag): np.unique(new[groups == tag]) for tag in np.unique(groups)}
