"""Structured meshes of intervals, rectangles and boxes, with every element."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError
from fem.mesh.axes import axis_coordinates, axis_values
from fem.mesh.blocks import CellBlock, find_element
from fem.mesh.mesh import Mesh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.mesh.axes import Axis, Grading
    from fem.reference import ReferenceElement

_CELLS = {1: ("line",), 2: ("quadrilateral", "triangle"), 3: ("hexahedron", "tetrahedron", "wedge")}
# The corners of a line, a quadrilateral and a hexahedron are the first 2, 4 and 8 of these.
_VTK_CORNER = {
    (x, y, z): number
    for number, (z, x, y) in enumerate((z, x, y) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1)))
}
_FIRST_ORDER = {
    "line": "line2",
    "triangle": "tri3",
    "quadrilateral": "quad4",
    "tetrahedron": "tet4",
    "hexahedron": "hex8",
    "wedge": "wedge6",
}


def interval(
    cells: Axis,
    size: float = 1.0,
    *,
    element: str = "line2",
    origin: float = 0.0,
    grading: Grading = None,
) -> Mesh:
    """Return a mesh of an interval.

    Parameters
    ----------
    cells : int or float array, shape (p,)
        Number of cells, or the increasing coordinates of their ends.
    size : float
        Length. Unit: [m].
    element : str
        ``"line2"`` or ``"line3"``.
    origin : float
        First coordinate. Unit: [m].
    grading : float, callable or None
        See `box`.

    Examples
    --------
    >>> interval(3, 1.5).points.ravel()
    array([0. , 0.5, 1. , 1.5])
    """
    return _mesh(1, (cells,), (size,), element, (origin,), (grading,))


def rectangle(
    cells: Sequence[Axis],
    size: Sequence[float] | float = 1.0,
    *,
    element: str = "quad4",
    origin: Sequence[float] = (0.0, 0.0),
    grading: Sequence[Grading] | Grading = None,
) -> Mesh:
    """Return a mesh of a rectangle.

    Parameters
    ----------
    cells, size, origin, grading
        See `box`, with two axes.
    element : str
        ``"quad4"``, ``"quad8"``, ``"quad9"``, or ``"tri3"``, ``"tri6"``: two triangles for each cell of the grid.

    Examples
    --------
    >>> rectangle((4, 2), size=(2.0, 1.0))
    Mesh(15 points in 2D; 8 quad4)
    """
    return _mesh(2, cells, size, element, origin, grading)


def box(
    cells: Sequence[Axis],
    size: Sequence[float] | float = 1.0,
    *,
    element: str = "hex8",
    origin: Sequence[float] = (0.0, 0.0, 0.0),
    grading: Sequence[Grading] | Grading = None,
) -> Mesh:
    """Return a mesh of a box.

    Points and cells are numbered with x slowest and z fastest.

    Parameters
    ----------
    cells : sequence of int or float arrays
        For each axis the number of cells, or the increasing coordinates of the grid (`size`, `origin` and
        `grading` of that axis are then not used).
    size : float or sequence of float
        Extent of each axis. Unit: [m].
    element : str
        ``"hex8"``, ``"hex20"``, ``"hex27"``; ``"tet4"``, ``"tet10"``: six for each cell of the grid; or
        ``"wedge6"``: two for each cell of the grid.
    origin : sequence of float
        Corner with the smallest coordinates. Unit: [m].
    grading : float, callable, or a sequence of these or None for each axis
        A number is the length of the last cell over that of the first; in between it grows geometrically. A
        callable maps [0, 1] to [0, 1], increasing.

    Raises
    ------
    MeshError
        If an axis has no cell, no extent, or does not increase.
    ElementError
        If the element does not fill a box.

    Examples
    --------
    >>> box((60, 20, 20), size=(3.0, 1.0, 1.0))
    Mesh(26901 points in 3D; 24000 hex8)
    """
    return _mesh(3, cells, size, element, origin, grading)


def _mesh(
    dimension: int,
    cells: Sequence[Axis],
    size: Sequence[float] | float,
    element: str,
    origin: Sequence[float],
    grading: Sequence[Grading] | Grading,
) -> Mesh:
    reference = _suitable(find_element(element), dimension)
    given: dict[str, Any] = {"cells": cells, "size": size, "origin": origin, "grading": grading}
    columns: list[list[Any]] = [axis_values(name, values, dimension) for name, values in given.items()]
    axes = [axis_coordinates(axis, *values) for axis, values in enumerate(zip(*columns, strict=True))]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, dimension)
    nodes = _simplices(reference.cell, _grid_cells([len(axis) - 1 for axis in axes]))
    mesh = Mesh(points, (CellBlock(find_element(_FIRST_ORDER[reference.cell]), nodes),))
    return mesh.with_order(reference.order, complete=reference.name in ("quad9", "hex27"))


def _suitable(reference: ReferenceElement, dimension: int) -> ReferenceElement:
    if reference.cell not in _CELLS.get(dimension, ()):
        raise ElementError(
            "an element that does not fill this domain",
            expected=f"cells of the kind {' or '.join(_CELLS.get(dimension, ()))}",
            got=f"element={reference.name!r}, a {reference.cell}",
            fix="pass another element, or use fem.interval, fem.rectangle or fem.box",
        )
    return reference


def _grid_cells(counts: Sequence[int]) -> NDArray[np.int32]:
    """Return the corners of the cells of a grid in the order of VTK, shape (e, 2^d)."""
    numbers = np.arange(np.prod([n + 1 for n in counts]), dtype=np.int32).reshape([n + 1 for n in counts])
    first = numbers[tuple(slice(0, -1) for _ in counts)].reshape(-1)
    strides = [int(np.prod([n + 1 for n in counts[axis + 1 :]])) for axis in range(len(counts))]
    corners = list(_VTK_CORNER)[: 2 ** len(counts)]
    steps = np.array([np.dot(corner[: len(counts)], strides) for corner in corners], dtype=np.int32)
    return first[:, None] + steps


def _simplices(cell: str, grid: NDArray[np.int32]) -> NDArray[np.int32]:
    """Cut grid cells into triangles, tetrahedra or wedges that fit together from cell to cell."""
    parts: list[tuple[int, ...]]
    if cell == "triangle":
        parts = [(0, 1, 2), (0, 2, 3)]
    elif cell == "wedge":
        parts = [(0, 1, 2, 4, 5, 6), (0, 2, 3, 4, 6, 7)]
    elif cell == "tetrahedron":
        # Kuhn: one tetrahedron for each order in which a path from corner 0 to corner 6 takes the three axes.
        parts = [_kuhn(path) for path in permutations(range(3))]
    else:
        return grid
    return grid[:, parts].reshape(-1, len(parts[0]))


def _kuhn(path: tuple[int, ...]) -> tuple[int, ...]:
    """Return the corners on the path from (0, 0, 0) to (1, 1, 1), in an order of positive volume."""
    steps = np.cumsum([np.zeros(3, int), *np.eye(3, dtype=int)[list(path)]], axis=0)
    a, b, c, d = (_VTK_CORNER[x, y, z] for x, y, z in steps.tolist())
    even = path in ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    return (a, b, c, d) if even else (a, c, b, d)
