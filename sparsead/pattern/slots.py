"""Slots: the stored entry that each triplet adds to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sparsead.pattern.pattern import _frozen, _sample, index_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Slots:
    """Map from ``t`` triplets to ``s`` stored entries; several triplets may share an entry.

    Immutable and hashable, so that it can be a static argument of a compiled program.

    Parameters
    ----------
    slot : int array, shape (t,)
        Stored entry of each triplet.
    size : int
        Number ``s`` of stored entries.
    """

    __slots__ = ("_hash", "size", "slot")

    def __init__(self, slot: NDArray[np.integer], size: int) -> None:
        self.slot = _frozen(slot, index_dtype(max(size, len(slot))))
        self.size = int(size)
        self._hash = hash((self.size, len(self.slot), _sample(self.slot)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Slots) or self._hash != other._hash or self.size != other.size:
            return False
        return np.array_equal(self.slot, other.slot)

    def __len__(self) -> int:
        return len(self.slot)

    def __repr__(self) -> str:
        return f"Slots({len(self)} triplets -> {self.size} stored)"

    @property
    def is_identity(self) -> bool:
        """Whether triplet t is stored entry t, so that summing does nothing."""
        return len(self.slot) == self.size and bool((self.slot == np.arange(self.size)).all())
