"""Tree of the dense blocks of a factor: which columns go together, and in whose block their rows lie.

A block has columns ``J`` that stand one after another and rows ``B`` below them; ``J`` and ``B`` together are its
front. The parent of a block owns the first row of ``B``, and its front holds all of ``B``: elimination fills it in
[1]_. Blocks are made larger than columns of one structure would make them, with stored zeros, so that there are few
of them: whatever walks the tree is a loop of Python around BLAS.

References
----------
.. [1] J. W. H. Liu, "The multifrontal method for sparse matrix solution: theory and practice", SIAM Review 34, 1992,
   doi:10.1137/1034004.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.pattern.pattern import Pattern

# Measured on 80,000 unknowns in the plane and 14,000 in space: smaller blocks cost calls, larger ones arithmetic.
_LEAF = 100  # columns of a subtree that is one block
_NARROW = 24  # columns up to which a block joins its parent whatever the zeros
_ZEROS = 0.05  # share of zeros that a wider block may bring

Rows = list["NDArray[np.integer]"]
Fronts = dict[int, "NDArray[Any]"]


@dataclass(frozen=True)
class Tree:
    """Blocks in the order of elimination: children before their parent.

    Parameters
    ----------
    starts : int array, shape (blocks + 1,)
        First column of each block.
    below : list of int array
        Rows B of each block, sorted.
    """

    starts: NDArray[np.integer]
    below: Rows

    def __len__(self) -> int:
        return len(self.below)

    @cached_property
    def parent(self) -> NDArray[np.integer]:
        """Parent of each block, -1 for a root."""
        first = np.array([rows[0] if len(rows) else -1 for rows in self.below], np.int64)
        return np.where(first < 0, -1, np.searchsorted(self.starts, first, side="right") - 1)

    @cached_property
    def first_child(self) -> NDArray[np.integer]:
        """First child of each block, -1 where there is none."""
        first = np.full(len(self) + 1, -1, np.int64)
        first[self.parent[::-1]] = np.arange(len(self))[::-1]
        return first[:-1]

    @cached_property
    def owner(self) -> NDArray[np.integer]:
        """Block of each column, shape (n,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def width(self, block: int) -> int:
        """Return the number of columns of a block."""
        return int(self.starts[block + 1] - self.starts[block])

    def front(self, block: int) -> NDArray[np.integer]:
        """Return the columns of a block and the rows below them."""
        return np.concatenate([np.arange(self.starts[block], self.starts[block + 1]), self.below[block]])

    @cached_property
    def within_parent(self) -> Rows:
        """Where the rows below each block stand in the front of its parent."""
        return [self._within(parent, rows) for parent, rows in zip(self.parent.tolist(), self.below, strict=True)]

    @property
    def nbytes(self) -> int:
        """Memory of the rows and their places. Unit: [byte]."""
        return sum(rows.nbytes for rows in (*self.below, *self.within_parent))

    def taken(self, fronts: Fronts, block: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return the part of the front of the parent that lies on the rows below a block."""
        parent = int(self.parent[block])
        if parent < 0:
            return np.empty((0, 0), dtype)
        rows = self.within_parent[block]
        first, last = int(rows[0]), int(rows[-1])
        if last - first + 1 == len(rows):
            return fronts[parent][first : last + 1, first : last + 1]  # a view: nobody changes a front
        return fronts[parent].take(rows, 0).take(rows, 1)

    def give(self, fronts: Fronts, block: int, front: NDArray[Any]) -> None:
        """Keep the front of a block until the last of its children, the first of the order, has taken its part."""
        if self.first_child[block] >= 0:
            fronts[block] = front
        parent = int(self.parent[block])
        if parent >= 0 and self.first_child[parent] == block:
            del fronts[parent]

    def _within(self, parent: int, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        if parent < 0:
            return rows  # none
        start, stop = int(self.starts[parent]), int(self.starts[parent + 1])
        own = int(np.searchsorted(rows, stop))
        further = np.searchsorted(self.below[parent], rows[own:]) + (stop - start)
        return np.concatenate([rows[:own] - start, further])


def chains_of(shown: Shown, pattern: Pattern) -> Tree:
    """Return the narrowest blocks of shown factors, of L and the transpose of U together.

    LU is shown without its zeros, those among them that stand where the matrix stores an entry: its pattern is added.
    """
    if shown.upper is None:
        return _chains(shown.lower, closed=True)
    rows, cols = shown.row_place[pattern.indices], np.repeat(shown.col_place, pattern.counts)
    later, earlier = np.maximum(rows, cols), np.minimum(rows, cols)
    stored = csc_array((np.ones(pattern.size, np.int8), (later, earlier)), shape=pattern.shape)
    filled = _marks(shown.lower) + _marks(csc_array(shown.upper.T)) + _marks(stored)
    filled.sort_indices()
    return _chains(filled, closed=False)


def _marks(matrix: csc_array) -> csc_array:
    return csc_array((np.ones(matrix.nnz, np.int8), matrix.indices, matrix.indptr), shape=matrix.shape)


def _chains(lower: csc_array, *, closed: bool) -> Tree:
    """Columns each of which has the structure of the next, and the rows that their children fill in.

    Of a Cholesky factor the first column of a chain has all rows, and nothing is filled in.
    """
    indptr, indices = lower.indptr, lower.indices
    counts = np.diff(indptr)
    second = indices[np.minimum(indptr[:-1] + 1, len(indices) - 1)]
    goes_on = (counts[1:] == counts[:-1] - 1) & (second[:-1] == np.arange(1, len(counts)))
    starts = np.concatenate([[0], np.flatnonzero(~goes_on) + 1, [len(counts)]])
    below: Rows = []
    waiting: dict[int, Rows] = {}
    for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        if closed:
            rows = indices[indptr[start] + stop - start : indptr[start + 1]]
        else:
            rows = np.unique(np.concatenate([indices[indptr[start] : indptr[stop]], *waiting.pop(start, ())]))
            rows = rows[rows >= stop]
            if len(rows):
                waiting.setdefault(int(starts[np.searchsorted(starts, rows[0], side="right") - 1]), []).append(rows)
        below.append(rows)
    return Tree(starts, below)


def merged(tree: Tree) -> Tree:
    """Return larger blocks: subtrees of few columns are one, and parent and child where that brings few zeros."""
    widths = np.diff(tree.starts)
    in_subtree, parents = widths.tolist(), tree.parent.tolist()
    first = tree.starts[:-1].tolist()
    for block, parent in enumerate(parents):
        if parent >= 0:
            in_subtree[parent] += in_subtree[block]
            first[parent] = min(first[parent], first[block])
    blocks: list[_Block] = []
    for block, (start, stop) in enumerate(zip(tree.starts[:-1].tolist(), tree.starts[1:].tolist(), strict=True)):
        made = _Block(start, stop, tree.below[block])
        if in_subtree[block] <= _LEAF and stop - first[block] == in_subtree[block]:
            made = _Block(first[block], stop, made.below)
            while blocks and blocks[-1].start >= made.start:
                blocks.pop()
        while blocks and (larger := _joined(blocks[-1], made)) is not None:
            made = larger
            blocks.pop()
        blocks.append(made)
    return Tree(np.array([*(made.start for made in blocks), tree.starts[-1]]), [made.below for made in blocks])


@dataclass(frozen=True)
class _Block:
    """A block in the making; zeros are what earlier ones brought."""

    start: int
    stop: int
    below: NDArray[np.integer]
    zeros: int = 0


def _joined(child: _Block, parent: _Block) -> _Block | None:
    """The two as one, where the one before is a child that may join its parent, or both are small roots; else None."""
    height = parent.stop - parent.start + len(parent.below)
    width = parent.stop - child.start
    if not len(child.below):
        return _Block(child.start, parent.stop, parent.below) if width <= _LEAF and not len(parent.below) else None
    if child.below[0] >= parent.stop:
        return None
    zeros = child.zeros + parent.zeros + (child.stop - child.start) * (height - len(child.below))
    if width > _NARROW and zeros > _ZEROS * width * (width / 2 + len(parent.below)):
        return None
    return _Block(child.start, parent.stop, parent.below, zeros)
