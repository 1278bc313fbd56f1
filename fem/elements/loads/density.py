"""Force densities: numbers on each cell or facet, or a function of the position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fem.assembly.load import at_points, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Constant:
    """The same density everywhere in a cell; its numbers are the density, shape (i, e)."""

    def __call__(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Nodal forces, shape (i, a, e)."""
        return cells.test_value(numbers[0][:, None])


@dataclass(frozen=True)
class Function:
    """A density that depends on the position.

    Parameters
    ----------
    function : callable
        From points, shape (m, d), to densities, shape (m, components).
    components : int
        Components of the unknown.
    """

    function: Callable[[Any], Any]
    components: int

    def __call__(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Nodal forces, shape (i, a, e)."""
        return cells.test_value(at_points(cells, self.function, self.components))


def density(name: str, value: Any, components: int, cells: int) -> tuple[Any, Any]:
    """Return a density, given as numbers or as a function of the position, and its numbers with the cells last.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : array, shape (components,) or (e, components), or callable
        The density.
    components : int
        Components of the unknown.
    cells : int
        Number of cells or facets.
    """
    if callable(value):
        return Function(value, components), None
    return Constant(), spread(name, value, components, cells)
