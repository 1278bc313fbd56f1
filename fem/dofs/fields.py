"""Fields of a space: how many numbers each node carries, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fem.reference import ReferenceElement


@dataclass(frozen=True)
class Field:
    """An unknown function.

    Parameters
    ----------
    name : str
        Its name, unique in the space.
    components : int
        Numbers at each of its nodes.
    offset : int
        Numbers of other fields that stand before it at each of its nodes.
    """

    name: str
    components: int
    offset: int


@dataclass(frozen=True, eq=False)
class Numbering:
    """Dofs node by node; those of one node are consecutive, field after field.

    Attributes
    ----------
    first : int array, shape (p + 1,)
        First dof of each node; the last entry is the number n of dofs.
    fields : tuple of Field
        Fields.
    """

    first: NDArray[np.integer]
    fields: tuple[Field, ...]

    @property
    def count(self) -> int:
        """Number n of dofs."""
        return int(self.first[-1])

    @property
    def counts(self) -> NDArray[np.integer]:
        """Dofs of each node, shape (p,)."""
        return np.diff(self.first)

    @cached_property
    def uniform(self) -> int | None:
        """Dofs of a node if every node has as many, else None."""
        counts = self.counts
        return int(counts[0]) if len(counts) and (counts == counts[0]).all() else None

    def nodes(self, dofs: ArrayLike) -> NDArray[np.integer]:
        """Return the node of each dof, of the same shape."""
        return np.asarray(np.searchsorted(self.first, dofs, side="right") - 1)

    def owner(self, dof: int) -> tuple[int, Field, int]:
        """Return node, field and component of a dof."""
        node = int(self.nodes(dof))
        within = dof - int(self.first[node])
        field = next(f for f in self.fields if f.offset <= within < f.offset + f.components)
        return node, field, within - field.offset


def straight_element(element: ReferenceElement, elements: dict[str, ReferenceElement]) -> ReferenceElement:
    """Return the element of first order on the same cell."""
    return next(e for e in elements.values() if e.cell == element.cell and e.count == element.corners)
