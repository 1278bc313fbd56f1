"""Abaqus input files: nodes, elements, sets and surfaces.

meshio's reader forgets the first part of a set that is defined in two parts, of nodes given in two lists, and has no
surfaces; so this format is read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError, MeshFileError
from fem.mesh.blocks import CellBlock
from fem.mesh.facets import FacetGroup, Facets, facet_groups
from fem.mesh.files.abaqus.text import Section, element_name, read_sections
from fem.mesh.files.content import FileCells, FileContent
from fem.mesh.files.errors import malformed
from fem.mesh.files.labels import Labels
from fem.mesh.files.meshio_library import MESHIO_NAMES
from fem.reference import ELEMENTS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Corners of the sides S1, S2 ... of solids, counted from 0. Sides of plane cells follow their nodes.
_SIDES = {
    "tetrahedron": ((0, 1, 2), (0, 3, 1), (1, 3, 2), (2, 3, 0)),
    "wedge": ((0, 1, 2), (3, 5, 4), (0, 3, 4, 1), (1, 4, 5, 2), (2, 5, 3, 0)),
    "hexahedron": ((0, 1, 2, 3), (4, 7, 6, 5), (0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0)),
}


def read_abaqus(path: Path) -> FileContent:
    """Read an Abaqus input file without parts, or with one.

    Parameters
    ----------
    path : Path
        File.

    Raises
    ------
    MeshFileError
        If it is damaged, cut off, or has several instances of parts.
    ElementError
        If a solid, plane or line element has no counterpart here.
    """
    try:
        sections = list(read_sections(path))
        return _content(path, sections)
    except ElementError:
        raise
    except (ValueError, KeyError, IndexError) as error:
        raise malformed(path, "abaqus", f"{type(error).__name__}: {error}") from error


def _content(path: Path, sections: list[Section]) -> FileContent:
    instances = [section for section in sections if section.keyword == "INSTANCE"]
    if len(instances) > 1:
        raise MeshFileError(
            "an input file with several instances of parts",
            expected="one part, or a flat input file",
            got=f"instances {', '.join(section.parameters.get('NAME', '?') for section in instances)} in {path.name!r}",
            fix="let the preprocessor write the input file without parts and assemblies",
            path=str(path),
        )
    if not any(section.keyword in ("NODE", "ELEMENT") for section in sections):
        raise malformed(path, "abaqus", f"no line *NODE or *ELEMENT in {path.stat().st_size} bytes")
    nodes, points = _nodes(sections)
    elements = _Elements(sections, nodes)
    members = {kind: _sets(sections, kind) for kind in ("NSET", "ELSET")}
    cells = [_cells(block) for block in elements.blocks]
    point_sets = {name: np.unique(nodes.places(own)) for name, own in members["NSET"].items()}
    cell_sets = {name: elements.by_block(own) for name, own in members["ELSET"].items()}
    for section in sections:
        if section.keyword == "SURFACE" and section.parameters.get("TYPE", "ELEMENT").upper() == "ELEMENT":
            _add_surface(section, elements, members["ELSET"], cells, cell_sets)
    for parts in cell_sets.values():
        parts += [np.zeros(0, np.int64)] * (len(cells) - len(parts))
    _middle_last(points, cells)
    return FileContent(points, cells, point_sets, cell_sets)


def _cells(block: CellBlock | FacetGroup) -> FileCells:
    return FileCells(MESHIO_NAMES[block.element.name], block.nodes.astype(np.int64), block.element.dimension)


def _nodes(sections: list[Section]) -> tuple[Labels, NDArray[np.float64]]:
    tables = []
    for section in sections:
        if section.keyword == "NODE" and section.lines:
            columns = section.lines[0].rstrip(", \t\r").count(",") + 1
            numbers = section.numbers(np.float64)
            if len(numbers) == len(section.lines) * columns:
                rows = numbers.reshape(-1, columns)[:, :4]
                tables.append(np.pad(rows, ((0, 0), (0, max(0, 4 - columns)))))
            else:
                # Coordinates that are left out are zero.
                tables.append(np.array([[float(item or 0) for item in (*row, "", "", "")[:4]] for row in section.rows]))
    table = np.concatenate([np.zeros((0, 4)), *tables])
    return Labels.of_nodes(table[:, 0].astype(np.int64), table[:, 1:]), table[:, 1:]


class _Elements:
    """Blocks of one element each, and where each label stands in them."""

    def __init__(self, sections: list[Section], nodes: Labels) -> None:
        found: dict[str, list[NDArray[np.int64]]] = {}
        for section in sections:
            if section.keyword == "ELEMENT" and section.lines:
                name, table = _table(section)
                found.setdefault(name, []).append(table)
        tables = {name: np.concatenate(parts) for name, parts in found.items()}
        self.blocks = [
            CellBlock(ELEMENTS[name], nodes.places(table[:, 1:]).astype(np.int32)) for name, table in tables.items()
        ]
        none = np.zeros(0, dtype=np.int64)
        self._labels = Labels("element", np.concatenate([none, *(table[:, 0] for table in tables.values())]))
        self._ends = np.cumsum([len(block) for block in self.blocks])

    def by_block(self, labels: Any) -> list[NDArray[np.int64]]:
        """Return for each block the cells with these labels, ascending."""
        places = np.unique(self._labels.places(labels))
        parts = np.split(places, np.searchsorted(places, self._ends))[: len(self.blocks)]
        return [part - (self._ends[b] - len(self.blocks[b])) for b, part in enumerate(parts)]


def _table(section: Section) -> tuple[str, NDArray[np.int64]]:
    """Return the name of the element, and label and nodes of each cell."""
    name = element_name(section.parameters["TYPE"].upper())
    numbers, width = section.numbers(np.int64), ELEMENTS[name].count + 1
    if section.parameters["TYPE"].upper().startswith("B") and len(section.rows[0]) == width + 1:
        # A further node that only tells how the section of the beam is turned.
        return name, numbers.reshape(-1, width + 1)[:, :width]
    if len(numbers) % width:
        raise ValueError(f"{len(numbers)} numbers for elements {section.parameters['TYPE']} of {width - 1} nodes")
    return name, numbers.reshape(-1, width)


def _middle_last(points: NDArray[np.float64], cells: list[FileCells]) -> None:
    """Put the middle node of quadratic lines last; Abaqus has it in the middle, some preprocessors last."""
    for block in cells:
        if block.type == "line3":
            a, b, c = (points[block.data[:, column]] for column in range(3))
            if np.linalg.norm((a + c) / 2 - b) < np.linalg.norm((a + b) / 2 - c):
                block.data = block.data[:, [0, 2, 1]]


def _sets(sections: list[Section], kind: str) -> dict[str, list[int]]:
    """Return the labels in each set; a set defined in several places is the union of them."""
    sets: dict[str, list[int]] = {}
    carrier = {"NSET": "NODE", "ELSET": "ELEMENT"}[kind]
    for section in sections:
        if kind not in section.parameters or section.keyword not in (kind, carrier):
            continue
        own = sets.setdefault(section.parameters[kind], [])
        if section.keyword == carrier:
            own += _labels_of(section)
        elif "GENERATE" in section.parameters:
            for first, last, *step in section.rows:
                own += range(int(first), int(last) + 1, int(step[0]) if step else 1)
        else:
            for item in (item for row in section.rows for item in row if item):
                own += [int(item)] if item.isdecimal() else sets[item]
    return sets


def _labels_of(section: Section) -> list[int]:
    if section.keyword == "NODE":
        return [int(line.partition(",")[0]) for line in section.lines]
    labels: list[int] = _table(section)[1][:, 0].tolist()
    return labels


def _add_surface(
    section: Section,
    elements: _Elements,
    sets: dict[str, list[int]],
    cells: list[FileCells],
    cell_sets: dict[str, list[NDArray[np.int64]]],
) -> None:
    """Add the facets of a surface as cells of their own, with a set of the surface's name."""
    blocks = elements.blocks
    chosen: list[list[NDArray[np.int64]]] = [[np.zeros((0, 2), np.int64)] for _ in blocks]
    for where, *side in section.rows:
        for number, own in enumerate(elements.by_block([int(where)] if where.isdecimal() else sets[where])):
            place = _side(blocks[number], side[0] if side else "SPOS") if len(own) else None
            if place is not None:
                chosen[number].append(np.column_stack([own, np.full(len(own), place)]))
    pairs = [np.unique(np.concatenate(own), axis=0).astype(np.int32) for own in chosen]
    facets = Facets(tuple(own[:, 0] for own in pairs), tuple(own[:, 1] for own in pairs))
    for group in facet_groups(blocks, facets):
        parts = cell_sets.setdefault(section.parameters["NAME"], [])
        parts += [np.zeros(0, np.int64)] * (len(cells) - len(parts)) + [np.arange(len(group.nodes))]
        cells.append(_cells(group))


def _side(block: CellBlock, label: str) -> int | None:
    """Return our number of a side; None for the faces SPOS and SNEG of a shell, which are no sides."""
    if not re.fullmatch(r"[SE]\d", label.upper()):
        return None
    number = int(label[1]) - 1
    element = block.element
    if element.cell not in _SIDES:
        return number
    corners = set(_SIDES[element.cell][number])
    return next(
        side for side, (name, local) in enumerate(element.facets) if set(local[: ELEMENTS[name].corners]) == corners
    )
