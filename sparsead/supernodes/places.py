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
    """

    def __init__(self, shown: Shown, tree: Tree, pattern: Pattern) -> None:
        self._tree = tree
        self._rows = shown.row_place[pattern.indices]
        self._cols = np.repeat(shown.col_place, pattern.counts)
        blocks = tree.owner[np.minimum(self._rows, self._cols)]
        self._order, self._starts = stable_order(blocks, len(tree))
        self._local = np.empty(pattern.shape[0], np.int64)

    def of(self, block: int) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]:
        """Return the stored entries of a block, and the row and the column of each in its front."""
        front = self._tree.front(block)
        self._local[front] = np.arange(len(front))
        stored = self._order[self._starts[block] : self._starts[block + 1]]
        return stored, self._local[self._rows[stored]], self._local[self._cols[stored]]
