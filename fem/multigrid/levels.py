"""How many levels a grid has: cells are joined two by two along each axis while their numbers are even."""

from __future__ import annotations

from math import prod

_COARSEST = 3_000  # dofs that a direct solver answers faster than one more level


def shapes_of(cells: tuple[int, ...], components: int) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of cells along each axis for every level, the finest first.

    Parameters
    ----------
    cells : tuple of int
        Cells along each axis of the finest.
    components : int
        Dofs of a point.

    Examples
    --------
    >>> shapes_of((96, 48, 48), components=3)
    ((96, 48, 48), (48, 24, 24), (24, 12, 12), (12, 6, 6))
    """
    shapes = [cells]
    while dofs_of(shapes[-1], components) > _COARSEST and all(n % 2 == 0 for n in shapes[-1]):
        shapes.append(tuple(n // 2 for n in shapes[-1]))
    return tuple(shapes)


def dofs_of(cells: tuple[int, ...], components: int) -> int:
    """Return the number of dofs of a grid."""
    return components * prod(n + 1 for n in cells)
