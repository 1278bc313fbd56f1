"""Plan: what factors of one structure share, made for the first of them: their order, blocks, and places.

A new matrix of a pattern whose rows are exchanged as those of the one before has factors of the same structure, so that
only the recurrences themselves are paid for it. Whether it has is looked at, number by number: LU may exchange other
rows, and SciPy and CHOLMOD may leave out other zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sparsead.supernodes.places import Places
from sparsead.supernodes.postorder import blocks_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.pattern.pattern import Pattern


class Plan:
    """Blocks of shown factors, and where the stored entries of their matrix stand in them.

    Parameters
    ----------
    shown : Shown
        Factors, of which the structure is kept.
    pattern : Pattern
        Stored entries of the matrix, shape (n, n).

    Attributes
    ----------
    tree : Tree
        The blocks.
    places : Places
        Stored entries in the fronts of the blocks.
    nbytes : int
        Memory. Unit: [byte].
    """

    def __init__(self, shown: Shown, pattern: Pattern) -> None:
        self._structure = _structure(shown)
        moved, self.tree, self._place = blocks_of(shown, pattern)
        self.places = Places(moved, self.tree, pattern)
        self.nbytes = sum(array.nbytes for array in self._structure) + self.places.nbytes + self.tree.nbytes

    def fits(self, shown: Shown) -> bool:
        """Return whether factors have the structure of those that the plan was made for."""
        theirs = _structure(shown)
        return len(theirs) == len(self._structure) and all(map(np.array_equal, theirs, self._structure))

    def ordered(self, shown: Shown) -> Shown:
        """Return factors that fit in the order of the blocks."""
        return shown if self._place is None else shown.moved(self._place)


def _structure(shown: Shown) -> list[NDArray[np.integer]]:
    """Everything of factors but their values, the shortest first."""
    matrices = [matrix for matrix in (shown.lower, shown.upper) if matrix is not None]
    places = [shown.row_place, shown.col_place]
    return [*places, *(matrix.indptr for matrix in matrices), *(matrix.indices for matrix in matrices)]
