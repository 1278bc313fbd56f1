"""Numbers that files give to their nodes and cells: any positive numbers, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Labels up to this multiple of their count are looked up in a table, others searched.
_SPREAD = 8


class Labels:
    """Where each label stands in a list of labels, shape (n,)."""

    def __init__(self, what: str, labels: NDArray[np.int64]) -> None:
        self._what = what
        self._order = np.argsort(labels, kind="stable")
        self._sorted = labels[self._order]
        self._table: NDArray[np.int64] | None = None
        if len(labels) and self._sorted[0] >= 0 and self._sorted[-1] < _SPREAD * len(labels):
            self._table = np.full(self._sorted[-1] + 1, -1)
            self._table[self._sorted[::-1]] = self._order[::-1]

    @classmethod
    def of_nodes(cls, tags: NDArray[np.int64], points: NDArray[np.float64]) -> Labels:
        """Return the labels of nodes; a ValueError names one that stands twice, at two places."""
        labels = cls("node", tags)
        twice = labels.twice
        moved = np.flatnonzero((points[twice[:, 0]] != points[twice[:, 1]]).any(axis=1))
        if len(moved):
            raise ValueError(f"node {tags[twice[moved[0], 0]]} twice, at two places")
        return labels

    @property
    def twice(self) -> NDArray[np.int64]:
        """Places of labels that stand in the list before; shape (m, 2), first place and this one."""
        again = np.flatnonzero(self._sorted[1:] == self._sorted[:-1]) + 1
        first = np.searchsorted(self._sorted, self._sorted[again])
        return np.column_stack([self._order[first], self._order[again]])

    def places(self, labels: Any) -> NDArray[np.int64]:
        """Return the place of each label, the first of several; a ValueError names the first that is not there."""
        wanted = np.asarray(labels, dtype=np.int64)
        if self._table is not None:
            inside = (wanted >= 0) & (wanted < len(self._table))
            places = np.where(inside, self._table[np.where(inside, wanted, 0)], -1)
        else:
            near = np.minimum(np.searchsorted(self._sorted, wanted), max(len(self._sorted) - 1, 0))
            empty = np.full(wanted.shape, -1)
            places = np.where(self._sorted[near] == wanted, self._order[near], -1) if len(self._sorted) else empty
        missing = places.reshape(-1) < 0
        if missing.any():
            raise ValueError(f"there is no {self._what} {wanted.reshape(-1)[np.argmax(missing)]}")
        return places
