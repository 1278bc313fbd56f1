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

    __slots__ = ("__weakref__", "_hash", "_is_identity", "_slot", "size")

    def __init__(self, slot: NDArray[np.integer], size: int) -> None:
        self._slot: NDArray[np.integer] | None = _frozen(slot, index_dtype(max(size, len(slot))))
        self.size = int(size)
        self._is_identity: bool | None = None
        self._hash = hash((self.size, len(self._slot), _sample(self._slot)))

    @classmethod
    def identity(cls, size: int) -> Slots:
        """Return the slots of triplets that are the stored entries, in order; no array is made until one is needed."""
        made = cls.__new__(cls)
        made._slot, made.size, made._is_identity, made._hash = None, int(size), True, hash((cls, size))
        return made

    @property
    def slot(self) -> NDArray[np.integer]:
        """Stored entry of each triplet, shape (t,)."""
        if self._slot is None:
            self._slot = _frozen(np.arange(self.size), index_dtype(self.size))
        return self._slot

    @property
    def is_identity(self) -> bool:
        """Whether triplet t is stored entry t, so that summing does nothing."""
        if self._is_identity is None:
            self._is_identity = len(self) == self.size and bool((self.slot == np.arange(self.size)).all())
        return self._is_identity

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Slots) or self._hash != other._hash or self.size != other.size:
            return False
        return (self._is_identity is True and other._is_identity is True) or np.array_equal(self.slot, other.slot)

    def __len__(self) -> int:
        return self.size if self._slot is None else len(self._slot)

    def __repr__(self) -> str:
        return f"Slots({len(self)} triplets -> {self.size} stored)"
