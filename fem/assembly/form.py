"""What a weak form is to the assembly: matrices and actions of a batch of cells, linear in its moduli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


class BilinearForm(Protocol):
    """A bilinear form of one field with itself.

    Implementations are frozen dataclasses without arrays: equal forms compile to
    the same program. Everything that may be differentiated is in the moduli and
    in the coordinates of the cells. A modulus is of shape (), (e,) or (q, e), in a
    batch as elsewhere, and the form is linear in them unless it depends on position.
    """

    @property
    def symmetric(self) -> bool:
        """Whether a(u, v) = a(v, u)."""
        ...

    @property
    def definite(self) -> bool:
        """Whether a(u, u) > 0 once enough dofs are held."""
        ...

    @property
    def depends_on_position(self) -> bool:
        """Whether moving a cell, without turning or deforming it, changes its matrix."""
        ...

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        ...

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Cell matrices times nodal values u, both of shape (i, a, e)."""
        ...
