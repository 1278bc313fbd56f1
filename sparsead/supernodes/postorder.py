"""Factors whose subtrees are columns one after another: only such can become one block.

CHOLMOD orders so; SuperLU's minimum degree does not. A postorder of the tree changes no entry of the factors, only
their places: what a column fills in lies on its way to the root, which still comes later [1]_.

References
----------
.. [1] J. W. H. Liu, "The role of elimination trees in sparse factorization", SIAM J. Matrix Anal. Appl. 11, 1990,
   doi:10.1137/0611010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sparsead.backends.shown import inverted
from sparsead.supernodes.tree import chains_of, merged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.pattern.pattern import Pattern
    from sparsead.supernodes.tree import Tree


def blocks_of(shown: Shown, pattern: Pattern) -> tuple[Shown, Tree, NDArray[np.integer] | None]:
    """Return shown factors in postorder, their blocks, and the new place of each column, None where none moves.

    Parameters
    ----------
    shown : Shown
        Factors.
    pattern : Pattern
        Stored entries of the matrix, shape (n, n).
    """
    tree = chains_of(shown, pattern)
    order = _postorder(tree.parent)
    if (np.diff(order) == 1).all():
        return shown, merged(tree), None
    starts = tree.starts
    columns = np.concatenate([np.arange(starts[block], starts[block + 1]) for block in order])
    place = inverted(columns)
    moved = shown.moved(place)
    return moved, merged(chains_of(moved, pattern)), place


def _postorder(parent: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the blocks so that each subtree is one stretch, its root last, siblings in their order."""
    children: list[list[int]] = [[] for _ in range(len(parent) + 1)]
    for block, of in enumerate(parent.tolist()):
        children[of].append(block)
    reverse: list[int] = []
    pending = children[-1]
    while pending:
        block = pending.pop()
        reverse.append(block)
        pending += children[block]
    return np.array(reverse[::-1], np.int64)
