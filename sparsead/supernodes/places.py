"""Where the stored entries of a matrix stand in the fronts of its factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sparsead.pattern.pattern import stable_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.pattern.pattern import Pattern
    from sparsead.supernodes.tree import Tree


class Places:
    """Stored entries by the block that eliminates the earlier of their row and column.

    Parameters
    ----------
    shown : Shown
        Factors, which order rows and columns.
    tree : Tree
        Their blocks.
    pattern : Pattern
        Stored entries, shape (n, n).

    Attributes
    ----------
    count : int
        Number of stored entries.
    nbytes : int
        Memory. Unit: [byte].
    """

    def __init__(self, shown: Shown, tree: Tree, pattern: Pattern) -> None:
        rows, cols = shown.row_place[pattern.indices], np.repeat(shown.col_place, pattern.counts)
        order, self._starts = stable_order(tree.owner[np.minimum(rows, cols)], len(tree))
        local = np.empty(pattern.shape[0], np.int32)
        self._order, self.count = order, pattern.size
        self._rows, self._cols = np.empty((2, pattern.size), np.int32)
        for block in range(len(tree)):
            front, here = tree.front(block), slice(self._starts[block], self._starts[block + 1])
            local[front] = np.arange(len(front), dtype=np.int32)
            self._rows[here], self._cols[here] = local[rows[order[here]]], local[cols[order[here]]]
        self.nbytes = order.nbytes + 2 * self._rows.nbytes

    def of(self, block: int) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]:
        """Return the stored entries of a block, and the row and the column of each in its front."""
        here = slice(self._starts[block], self._starts[block + 1])
        return self._order[here], self._rows[here], self._cols[here]
