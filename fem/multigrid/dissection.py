"""The factors of a grid, counted before there is a matrix.

Derivation
----------
Nested dissection [1]_ cuts a box of points at the middle of its longest edge.
The points of the cut are eliminated after those of both halves, and are then
coupled to one another and to all points of earlier cuts around the box. With s
dofs in the cut and b around the box that front leaves in the factor ::

    entries:  s (s + 1) / 2 + s b             flops:  sum over i < s of (s + b - i)^2

Halves are boxes again. What a box costs depends on its edges and on how many of
its faces are cuts, so few different boxes are ever met: the count takes
microseconds for each, whatever the number of points. It grows as n log n in the
plane and as n^(4/3) in space.

References
----------
.. [1] A. George, "Nested dissection of a regular finite element mesh", SIAM J.
   Numer. Anal. 10, 1973, doi:10.1137/0710032.
"""

from __future__ import annotations

from functools import cache
from math import prod

from sparsead.backends.fill import Fill

_LEAF = 8  # points that are eliminated together

Box = tuple[tuple[int, int], ...]  # of each axis: points, and how many of the two faces are cuts


def fill_of_grid(points: tuple[int, ...], components: int) -> Fill:
    """Return the fill of a matrix on a grid whose cells couple all their points.

    Parameters
    ----------
    points : tuple of int
        Along each axis.
    components : int
        Dofs of a point.

    Examples
    --------
    >>> fill_of_grid((3, 1), 1)  # three points in a row, all in one front
    Fill(entries=6.0, flops=14.0)
    """
    return _of_box(tuple(sorted((n, 0) for n in points)), components)


@cache
def _of_box(box: Box, components: int) -> Fill:
    inside = prod(n for n, _ in box)
    around = prod(n + cuts for n, cuts in box) - inside
    if inside <= _LEAF:
        return _front(inside * components, around * components)
    *others, (longest, cuts) = box
    cut = _front(prod(n for n, _ in others) * components, around * components)
    half = (longest - 1) // 2
    # the outer faces of the box that are cuts stay with their halves
    faces = (1 + (cuts > 0), 1 + (cuts > 1))
    parts = zip((longest - 1 - half, half), faces, strict=True)
    halves = [_of_box(tuple(sorted((*others, part))), components) for part in parts if part[0]]
    return Fill(cut.entries + sum(h.entries for h in halves), cut.flops + sum(h.flops for h in halves))


def _front(s: int, b: int) -> Fill:
    """Return the part of s columns whose rows reach b further ones."""
    first, last = s + b, b  # lengths of the columns, from the first to one below the last
    return Fill(s * (s + 1) / 2 + s * b, (_squares(first) - _squares(last)))


def _squares(m: int) -> float:
    """Return 1 + 4 + ... + m^2."""
    return m * (m + 1) * (2 * m + 1) / 6
