"""Cells of one kind, and the groups of corners (edges, faces, interiors) that cells share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError, MeshError
from fem.reference import ELEMENTS, ReferenceElement

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CellBlock:
    """Cells of one element.

    Attributes
    ----------
    element : ReferenceElement
        Element of these cells; a name such as ``"hex8"`` is accepted too.
    nodes : int32 array, shape (e, a)
        Nodes of each cell, read-only.

    Raises
    ------
    ElementError
        If there is no such element.
    MeshError
        If `nodes` is no integer array of shape (e, a).
    """

    element: ReferenceElement
    nodes: NDArray[np.int32]

    def __post_init__(self) -> None:
        element = find_element(self.element)
        nodes = np.asarray(self.nodes)
        if nodes.ndim != 2 or nodes.shape[1] != element.count or nodes.dtype.kind not in "iu":
            raise MeshError(
                f"nodes of {element.name} cells have the wrong form",
                expected=f"whole numbers, shape (cells, {element.count})",
                got=f"{nodes.dtype} array of shape {nodes.shape}",
                fix="pass one row of node numbers for each cell, in the order of VTK",
            )
        nodes = np.array(nodes, dtype=np.int32, order="C")
        nodes.setflags(write=False)
        object.__setattr__(self, "element", element)
        object.__setattr__(self, "nodes", nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"CellBlock({self.element.name!r}, {len(self)} cells)"


def find_element(element: ReferenceElement | str) -> ReferenceElement:
    """Return an element by its name.

    Raises
    ------
    ElementError
        If there is no such element.
    """
    if isinstance(element, ReferenceElement):
        return element
    if element not in ELEMENTS:
        raise ElementError(
            "no such element",
            expected=f"one of {', '.join(ELEMENTS)}",
            got=f"element={element!r}",
            fix="pass one of these names",
        )
    return ELEMENTS[element]


def group_keys(nodes: NDArray[Any]) -> NDArray[np.uint64]:
    """Return one key for each group of nodes, shape (g, a) to (g,); the order within a group does not matter.

    The key is the sum of a hash of each node (splitmix64): no sort within groups. Two different groups
    collide with a probability of about 1e-6 among ten million; `unique_groups` would see it.
    """
    with np.errstate(over="ignore"):
        mixed = (nodes.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        keys: NDArray[np.uint64] = (mixed ^ (mixed >> np.uint64(31))).sum(axis=1, dtype=np.uint64)
    return keys


def unique_groups(nodes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return which groups of nodes are the same.

    Parameters
    ----------
    nodes : int array, shape (g, a)
        Groups of nodes; their order within a group does not matter.

    Returns
    -------
    first : int array, shape (u,)
        First occurrence of each distinct group, ascending.
    number : int array, shape (g,)
        Number of the distinct group of each group.
    count : int array, shape (u,)
        How often each distinct group occurs.
    """
    keys = group_keys(nodes)
    order = np.argsort(keys, kind="stable")
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = keys[order[1:]] != keys[order[:-1]]
    if _collide(nodes, order, fresh):
        keys = np.unique(np.sort(nodes, axis=1), axis=0, return_inverse=True)[1].reshape(-1).astype(np.uint64)
        order = np.argsort(keys, kind="stable")
        fresh[1:] = keys[order[1:]] != keys[order[:-1]]
    # Distinct groups are numbered as they first occur, so that new nodes stay near to their cells.
    starts = np.flatnonzero(fresh)
    first = order[starts]
    rank = np.empty(len(first), dtype=np.int64)
    by_first = np.argsort(first)
    rank[by_first] = np.arange(len(first))
    number = np.empty(len(keys), dtype=np.int64)
    number[order] = rank[np.cumsum(fresh) - 1]
    return first[by_first], number, np.diff(np.append(starts, len(keys)))[by_first]


def _collide(nodes: NDArray[Any], order: NDArray[np.int64], fresh: NDArray[np.bool_]) -> bool:
    """Return whether two groups with one key are different."""
    again = np.flatnonzero(~fresh)
    return bool((np.sort(nodes[order[again]], axis=1) != np.sort(nodes[order[again - 1]], axis=1)).any())
