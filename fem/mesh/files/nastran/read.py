"""Nastran bulk data: grid points and elements.

meshio's reader takes the angle of a shell's material and the direction of a bar for nodes, leaves coordinate systems
and included files aside, and gives each change of the kind of element a block of its own; so this format is read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.errors import ElementError
from fem.mesh.files.content import FileCells, FileContent
from fem.mesh.files.errors import malformed
from fem.mesh.files.labels import Labels
from fem.mesh.files.nastran.cards import Card, read_cards
from fem.mesh.files.nastran.systems import coordinate_systems, in_basic, is_system

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Kinds of cells by their count of nodes, and the field of the first node; the property is in field 2.
_SOLIDS = {
    "CTETRA": {4: "tetra", 10: "tetra10"},
    "CHEXA": {8: "hexahedron", 20: "hexahedron20"},
    "CPENTA": {6: "wedge", 15: "wedge15"},
    "CPYRAM": {5: "pyramid", 13: "pyramid13"},
    "CPYRA": {5: "pyramid", 13: "pyramid13"},
}
_FIXED = {
    **dict.fromkeys(("CQUAD4", "CQUADR", "CSHEAR"), ("quad", 4)),
    **dict.fromkeys(("CTRIA3", "CTRIAR"), ("triangle", 3)),
    "CQUAD8": ("quad8", 8),
    "CTRIA6": ("triangle6", 6),
    **dict.fromkeys(("CBAR", "CBEAM", "CROD", "CTUBE", "CBEND"), ("line", 2)),
}
# Cells whose nodes stand in another order, so that leaving them out would leave a hole.
_UNKNOWN = ("CQUAD", "CQUADX", "CTRIAX", "CTRIAX6", "CQUADX4", "CQUADX8", "CTRAX3", "CTRAX6", "CPLSTN3", "CPLSTN4")
_DIMENSIONS = {"line": 1, "quad": 2, "quad8": 2, "triangle": 2, "triangle6": 2}
# Nastran has the edges along the third direction before those of the upper face.
_ORDERS = {"hexahedron20": (*range(12), 16, 17, 18, 19, 12, 13, 14, 15)}


def read_nastran(path: Path) -> FileContent:
    """Read Nastran bulk data; properties become integer data of cells.

    Springs, masses, rigid elements and the like are no cells and are left out.

    Parameters
    ----------
    path : Path
        File.

    Raises
    ------
    MeshFileError
        If it is malformed, without its end, or includes a file that is not there.
    ElementError
        If it holds plane cells of a kind that there is no element for.
    """
    try:
        cards = list(read_cards(path))
        if not any(card.name == "GRID" for card in cards):
            raise ValueError(f"no card GRID in {path.stat().st_size} bytes and what they include")
        tags, points = _points(cards)
        cells, properties = _cells(cards, Labels.of_nodes(tags, points))
        return FileContent(points, cells, cell_data={"nastran:ref": properties})
    except ElementError:
        raise
    except ValueError as error:
        raise malformed(path, "nastran", str(error)) from error


def _points(cards: list[Card]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the numbers of the grid points, shape (p,), and their coordinates in the basic system, shape (p, 3)."""
    systems = coordinate_systems({card.whole(1): card for card in cards if is_system(card)})
    default = next((card.whole(2, 0) for card in cards if card.name == "GRDSET"), 0)
    grid = [card for card in cards if card.name == "GRID"]
    points = np.array([[card.real(3), card.real(4), card.real(5)] for card in grid])
    used = np.array([card.whole(2, default) for card in grid])
    for number in np.unique(used).tolist():
        mine = used == number
        if number not in systems:
            card = grid[int(np.argmax(mine))]
            place = f"grid point {card.text(1)} in line {card.line}"
            raise ValueError(f"{place} in coordinate system {number}, of which there is no CORD2R, CORD2C or CORD2S")
        points[mine] = in_basic(points[mine], systems[number])
    return np.array([card.whole(1) for card in grid]), points


def _cells(cards: list[Card], labels: Labels) -> tuple[list[FileCells], list[NDArray[np.int64]]]:
    """Return a block for each kind of cell, and the property of each cell in it."""
    rows: dict[str, list[list[int]]] = {}
    for card in cards:
        if card.name in _UNKNOWN:
            raise ElementError(
                "a Nastran element that there is no element for",
                expected=f"{', '.join((*_SOLIDS, *_FIXED))}, CONROD",
                got=f"{card.name} in line {card.line}",
                fix="mesh with other elements, or remove these from the file",
            )
        kind, nodes = _nodes(card)
        if kind:
            own = 0 if card.name == "CONROD" else card.whole(2, card.whole(1))
            rows.setdefault(kind, []).append([own, *nodes])
    cells, properties = [], []
    for kind, found in rows.items():
        table = np.array(found, dtype=np.int64)
        data = labels.places(table[:, 1:])[:, _ORDERS.get(kind, slice(None))]
        cells.append(FileCells(kind, data, _DIMENSIONS.get(kind, 3)))
        properties.append(table[:, 0])
    return cells, properties


def _nodes(card: Card) -> tuple[str, list[int]]:
    """Return the kind of cell and the numbers of its nodes; nothing for other cards."""
    if card.name == "CONROD":
        return "line", [card.whole(2), card.whole(3)]
    if card.name in _FIXED:
        kind, count = _FIXED[card.name]
    elif card.name in _SOLIDS:
        few, many = sorted(_SOLIDS[card.name])
        count = many if any(card.text(place) for place in range(3 + few, 3 + many)) else few
        kind = _SOLIDS[card.name][count]
    else:
        return "", []
    places = range(3, 3 + count)
    if not all(card.text(place) for place in places):
        raise ValueError(f"a node of {card.name} in line {card.line} is left out; all {count} are wanted")
    return kind, [card.whole(place) for place in places]
