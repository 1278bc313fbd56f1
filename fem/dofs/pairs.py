"""Which nodes are coupled: pairs of nodes that share a cell, sorted, and where each cell finds its pairs.

Everything about the pattern of a matrix follows from pairs of nodes, of which
there are nine times fewer than pairs of dofs of a vector field in space.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sparsead.pattern.pattern import index_dtype, stable_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Pairs:
    """Coupled nodes in compressed columns: the neighbours of each node, ascending, itself included.

    Attributes
    ----------
    indptr : int array, shape (p + 1,)
        First neighbour of each node.
    neighbours : int array, shape (u,)
        Neighbouring nodes.
    """

    indptr: NDArray[np.integer]
    neighbours: NDArray[np.integer]

    def rows_before(self, counts: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return how many dofs the smaller neighbours of the same node have, shape (u,).

        Parameters
        ----------
        counts : int array, shape (p,)
            Dofs of each node.
        """
        dtype = self.indptr.dtype
        if len(counts) and (counts == counts[0]).all():
            within = np.arange(len(self.neighbours), dtype=dtype)
            within -= np.repeat(self.indptr[:-1], np.diff(self.indptr))
            within *= dtype.type(counts[0])
            return within
        running = np.concatenate([[0], np.cumsum(counts[self.neighbours])])
        return (running[:-1] - np.repeat(running[self.indptr[:-1]], np.diff(self.indptr))).astype(dtype)

    def locate(self, nodes: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return the pair of each two nodes of some groups of nodes, shape (e, a) to (a, b, e).

        The column of a pair is its second node. Every pair must be coupled.
        """
        count = len(self.indptr) - 1
        columns = np.repeat(np.arange(count, dtype=np.int64), np.diff(self.indptr))
        keys = columns * count + self.neighbours
        wanted = nodes.T[None, :, :].astype(np.int64) * count + nodes.T[:, None, :]
        return np.searchsorted(keys, wanted).astype(self.indptr.dtype)


def couple(
    count: int, groups: Sequence[NDArray[np.integer]], extra: NDArray[np.integer] | None = None
) -> tuple[Pairs, list[NDArray[np.integer]]]:
    """Return the coupled nodes, and the pair of each two nodes of each cell.

    Two counting sorts and no comparison: every pair (a, b) of every cell, ordered
    by b and within it by a, so that equal pairs stand side by side.

    Parameters
    ----------
    count : int
        Number of nodes.
    groups : sequence of int arrays, shape (e, a)
        Nodes of the cells of each kind.
    extra : int array, shape (2, m), optional
        More pairs: rows, columns.

    Returns
    -------
    pairs : Pairs
        Every node is coupled with itself at least.
    positions : list of int array, shape (a, b, e)
        For each group, the pair of local nodes a (row) and b (column) of each cell.
    """
    every = np.arange(count, dtype=np.int32)
    rows, cols = [every], [every]
    for nodes in groups:
        shape = (nodes.shape[1], nodes.shape[1], nodes.shape[0])
        rows.append(np.broadcast_to(nodes.T[:, None, :], shape).reshape(-1))
        cols.append(np.broadcast_to(nodes.T[None, :, :], shape).reshape(-1))
    if extra is not None:
        rows.append(extra[0].astype(np.int32))
        cols.append(extra[1].astype(np.int32))
    row, col = np.concatenate(rows), np.concatenate(cols)
    by_row, _ = stable_order(row, count)
    order = by_row.take(stable_order(col.take(by_row), count)[0])
    row, col = row.take(order), col.take(order)
    first = np.empty(len(order), bool)
    first[:1] = True
    np.not_equal(row[1:], row[:-1], out=first[1:])
    first[1:] |= col[1:] != col[:-1]
    chosen = np.flatnonzero(first)
    dtype = index_dtype(len(order))
    indptr = np.zeros(count + 1, dtype)
    np.cumsum(np.bincount(col.take(chosen), minlength=count), out=indptr[1:])
    pair = np.empty(len(order), dtype)
    pair[order] = np.cumsum(first, dtype=dtype) - 1
    return Pairs(indptr, row.take(chosen)), _cut(pair[count:], groups)


def _cut(pair: NDArray[np.integer], groups: Sequence[NDArray[np.integer]]) -> list[NDArray[np.integer]]:
    parts, start = [], 0
    for nodes in groups:
        e, a = nodes.shape
        parts.append(pair[start : start + a * a * e].reshape(a, a, e))
        start += a * a * e
    return parts
