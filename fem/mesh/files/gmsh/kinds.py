"""Kinds of cells in gmsh files: gmsh's number, name, count of nodes, and order of nodes."""

from __future__ import annotations

from typing import NamedTuple

from fem.errors import ElementError


class Kind(NamedTuple):
    """A kind of cell: meshio's name for it, its dimension and its count of nodes."""

    name: str
    dimension: int
    node_count: int


_KINDS = {
    15: Kind("vertex", 0, 1),
    1: Kind("line", 1, 2),
    8: Kind("line3", 1, 3),
    26: Kind("line4", 1, 4),
    27: Kind("line5", 1, 5),
    2: Kind("triangle", 2, 3),
    9: Kind("triangle6", 2, 6),
    21: Kind("triangle10", 2, 10),
    23: Kind("triangle15", 2, 15),
    3: Kind("quad", 2, 4),
    16: Kind("quad8", 2, 8),
    10: Kind("quad9", 2, 9),
    36: Kind("quad16", 2, 16),
    37: Kind("quad25", 2, 25),
    4: Kind("tetra", 3, 4),
    11: Kind("tetra10", 3, 10),
    29: Kind("tetra20", 3, 20),
    30: Kind("tetra35", 3, 35),
    5: Kind("hexahedron", 3, 8),
    17: Kind("hexahedron20", 3, 20),
    12: Kind("hexahedron27", 3, 27),
    92: Kind("hexahedron64", 3, 64),
    93: Kind("hexahedron125", 3, 125),
    6: Kind("wedge", 3, 6),
    18: Kind("wedge15", 3, 15),
    13: Kind("wedge18", 3, 18),
    7: Kind("pyramid", 3, 5),
    19: Kind("pyramid13", 3, 13),
    14: Kind("pyramid14", 3, 14),
}

# Which node of gmsh's stands at each place of ours; kinds that are not here have the same order.
NODES_IN_OUR_ORDER = {
    "tetra10": (0, 1, 2, 3, 4, 5, 6, 7, 9, 8),
    "hexahedron20": (0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 9, 16, 18, 19, 17, 10, 12, 14, 15),
    "hexahedron27": (
        *(0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 9, 16, 18, 19, 17, 10, 12, 14, 15),
        *(22, 23, 21, 24, 20, 25, 26),
    ),
}  # fmt: skip


def kind_of(number: int) -> Kind:
    """Return the kind of cell with a number of gmsh's.

    Raises
    ------
    ElementError
        If the number is not in the table, so that nobody knows how many nodes follow.
    """
    if number not in _KINDS:
        raise ElementError(
            "cells of a kind that there is no element for",
            expected="points, lines, triangles, quadrilaterals, tetrahedra, hexahedra or wedges of order 1 or 2",
            got=f"cells of gmsh's element type {number}",
            fix="mesh with other cells, for example gmsh.model.mesh.setOrder(2) or lower",
        )
    return _KINDS[number]
