"""Domain: cells of one kind, or facets of one kind, cut into batches of about equal bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.reference import ReferenceElement

_BATCH_BYTES = 1_200_000  # the matrices of a batch and their slots stay in a core's cache
_MULTIPLE = 8


@dataclass(frozen=True, eq=False)
class Domain:
    """What integrals run over; compared by identity.

    Attributes
    ----------
    element : ReferenceElement
        Element of the geometry.
    nodes : int array, shape (e, a)
        Nodes of each cell.
    cells : int array, shape (e,)
        Numbers by which messages name the cells.
    width : int
        Dofs of a cell, all fields together; decides how many cells make a batch.
    what : str
        ``"cell"`` or ``"facet"``, for messages.
    """

    element: ReferenceElement
    nodes: NDArray[np.integer]
    cells: NDArray[np.integer]
    width: int
    what: str = "cell"

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.nodes)

    @cached_property
    def lanes(self) -> int:
        """Cells of a batch, all batches the same."""
        most = max(_MULTIPLE, _BATCH_BYTES // (8 * self.width**2))
        batches = -(-max(self.count, 1) // most)
        even = -(-self.count // batches)
        return max(1, even if batches == 1 else -(-even // _MULTIPLE) * _MULTIPLE)

    @cached_property
    def batches(self) -> int:
        """Number of batches."""
        return -(-self.count // self.lanes)

    def alive(self, batch: int) -> int:
        """Return how many lanes of a batch are cells; the others repeat the last cell and count for nothing."""
        return min(self.lanes, self.count - batch * self.lanes)

    @cached_property
    def batched_nodes(self) -> NDArray[np.int32]:
        """Nodes by batch, shape (batches, a, lanes); the last cell fills up the last batch."""
        return self.in_batches(np.ascontiguousarray(self.nodes.T, np.int32))

    def in_batches(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array with the cells last, shape (..., e), by batch: (batches, ..., lanes)."""
        missing = self.batches * self.lanes - self.count
        if missing:
            array = np.concatenate([array, np.repeat(array[..., -1:], missing, -1)], -1)
        cut = array.reshape(*array.shape[:-1], self.batches, self.lanes)
        return np.ascontiguousarray(np.moveaxis(cut, -2, 0))
