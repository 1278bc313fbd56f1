"""How many levels a grid has: cells are joined two by two along each axis while their numbers are even.

Each level more loses some of what connects thin members (see `fem.multigrid.cycle`), so the coarsest is as large as
its direct solver can be without being felt: the third level of most grids, whatever their size.
"""

from __future__ import annotations

from math import prod

import jax

_LEAST = 3_000  # dofs that a direct solver answers faster than one more level
_SHARE = 50  # of the dofs: solved directly at each visit, they cost about as much as a sweep over the finest level
_MOST = 50_000  # dofs whose factors still take a few hundred megabytes


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
    ((96, 48, 48), (48, 24, 24), (24, 12, 12))
    """
    shapes, enough = [cells], _enough(dofs_of(cells, components))
    while dofs_of(shapes[-1], components) > enough and all(n % 2 == 0 for n in shapes[-1]):
        shapes.append(tuple(n // 2 for n in shapes[-1]))
    return tuple(shapes)


def dofs_of(cells: tuple[int, ...], components: int) -> int:
    """Return the number of dofs of a grid."""
    return components * prod(n + 1 for n in cells)


def _enough(dofs: int) -> int:
    """Return the number of dofs from which on a level is solved directly, given those of the finest."""
    if jax.default_backend() != "cpu":  # a full matrix there
        return _LEAST
    return min(max(_LEAST, dofs // _SHARE), _MOST)
