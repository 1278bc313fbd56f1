"""The pattern of a matrix on a space, and the stored entry of every entry of every cell matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from fem.dofs.pairs import Pairs, couple
from sparsead.pattern.pattern import Pattern, index_dtype

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.dofs.fields import Numbering


class System:
    """Pattern of all matrices on a space; immutable, one object for each space and fill-in.

    A stored entry is found in three parts, so that integers are kept for pairs of
    nodes only: the start of its column, the rows that stand before its row node
    in that column, and its place within the node.

    Parameters
    ----------
    numbering : Numbering
        Dofs of each node.
    groups : sequence of int arrays, shape (e, a)
        Nodes of the cells of each kind.
    extra : int array, shape (2, m), optional
        More coupled nodes, which multi-point constraints need: rows, columns.

    Attributes
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    plans : dict
        What the assembly makes once for each kind of cell matrix.
    """

    def __init__(
        self, numbering: Numbering, groups: Sequence[NDArray[np.integer]], extra: NDArray[np.integer] | None = None
    ) -> None:
        counts = numbering.counts
        self.numbering = numbering
        self.pairs, positions = couple(len(counts), groups, extra)
        self._before = self.pairs.rows_before(counts)
        self.pattern = _expand(self.pairs, numbering)
        self._of_groups = {id(nodes): self._before.take(pair) for nodes, pair in zip(groups, positions, strict=True)}
        self._groups = list(groups)  # keeps the ids alive
        self.plans: dict[Any, Any] = {}

    def rows_before(self, nodes: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return the rows that stand before each row node in each column node's column, (e, a) to (a, b, e).

        What was found with the pattern is given away: whoever asks first keeps it.
        """
        found = self._of_groups.pop(id(nodes), None)
        return self._before.take(self.pairs.locate(nodes)) if found is None else found

    def stored(self, row: NDArray[np.integer], column: NDArray[np.integer]) -> NDArray[np.integer]:
        """Return the stored entry at dofs (row, column), shape (m,); every one must be stored."""
        n = self.pattern.shape[0]
        wanted = np.asarray(column, np.int64) * n + row
        columns = np.flatnonzero(np.bincount(column, minlength=n))
        starts, ends = self.pattern.indptr[columns], self.pattern.indptr[columns + 1]
        lengths = (ends - starts).astype(np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        entries = np.arange(offsets[-1]) - np.repeat(offsets[:-1] - starts, lengths)
        keys = np.repeat(columns.astype(np.int64), lengths) * n + self.pattern.indices[entries]
        return entries[np.searchsorted(keys, wanted)].astype(self.pattern.indptr.dtype)


def _expand(pairs: Pairs, numbering: Numbering) -> Pattern:
    """The pattern of dofs of a pattern of nodes: every dof of a node with every dof of its neighbours."""
    counts, n = numbering.counts, numbering.count
    sizes = counts[pairs.neighbours]
    running = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    dtype = index_dtype(int(running[-1]) * int(counts.max(initial=1)))
    if numbering.uniform is not None:
        c = numbering.uniform
        rows = (pairs.neighbours.astype(dtype)[:, None] * dtype.type(c) + np.arange(c, dtype=dtype)).reshape(-1)
    else:
        starts = np.repeat(numbering.first[pairs.neighbours] - running[:-1], sizes)
        rows = (starts + np.arange(running[-1])).astype(dtype)
    of_node = running[pairs.indptr].astype(dtype)
    by_node = csr_array((np.empty(len(rows), np.int8), rows, of_node), shape=(len(counts), n))
    by_node.has_sorted_indices = True
    by_dof = by_node[np.repeat(np.arange(len(counts), dtype=dtype), counts)]
    return Pattern((n, n), by_dof.indptr, by_dof.indices)
