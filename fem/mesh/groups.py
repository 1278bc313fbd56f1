"""Which groups of nodes (edges, faces, cells) are the same, whatever the order of their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEP = 0x9E3779B97F4A7C15


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
    order, fresh = _sorted(nodes, kind="stable")
    # Distinct groups are numbered as they first occur, so that new nodes stay near to their cells.
    starts = np.flatnonzero(fresh)
    first = order[starts]
    by_first = np.argsort(first)
    rank = np.empty(len(first), dtype=np.int64)
    rank[by_first] = np.arange(len(first))
    number = np.empty(len(nodes), dtype=np.int64)
    number[order] = rank[np.cumsum(fresh) - 1]
    return first[by_first], number, np.diff(np.append(starts, len(nodes)))[by_first]


def occurrences(nodes: NDArray[Any]) -> NDArray[np.int64]:
    """Return how often each group of nodes occurs, shape (g, a) to (g,)."""
    order, fresh = _sorted(nodes, kind=None)
    counts = np.diff(np.append(np.flatnonzero(fresh), len(nodes)))
    result = np.empty(len(nodes), dtype=np.int64)
    result[order] = np.repeat(counts, counts)
    return result


def _sorted(nodes: NDArray[Any], kind: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return an order in which equal groups follow each other, and where a new group starts.

    Groups are compared by two sums of hashes of their nodes, 128 bits in all: no sort within groups.
    """
    keys = _keys(nodes, seed=1)
    order = np.argsort(keys, kind=kind)
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = keys[order[1:]] != keys[order[:-1]]
    second = _keys(nodes, seed=2)
    again = np.flatnonzero(~fresh)
    if (second[order[again]] != second[order[again - 1]]).any():
        order = np.lexsort((second, keys))
        fresh[1:] = (keys[order[1:]] != keys[order[:-1]]) | (second[order[1:]] != second[order[:-1]])
    return order, fresh


def _keys(nodes: NDArray[Any], seed: int) -> NDArray[np.uint64]:
    """Return the sum over each group of a hash of its nodes (splitmix64), shape (g,)."""
    count = int(nodes.max(initial=-1)) + 1
    step = np.uint64(_STEP * (2 * seed + 1) % 2**64)
    with np.errstate(over="ignore"):
        mixed = np.arange(seed, seed + count, dtype=np.uint64) * step
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
        keys = np.zeros(len(nodes), dtype=np.uint64)
        for column in nodes.T:
            keys += mixed[column]
    return keys
