"""Nodes and cells of gmsh files of version 2: one row for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.mesh.files.gmsh.groups import FoundCells, without_repeats
from fem.mesh.files.gmsh.kinds import Kind, kind_of
from fem.mesh.files.gmsh.numbers import MalformedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh.files.gmsh.numbers import Layout, Numbers
    from fem.mesh.files.gmsh.sections import GmshFile

_CELL_HEAD: Layout = (("i", 3),)


def nodes_version2(file: GmshFile) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return tags of nodes, shape (p,), and their coordinates, shape (p, 3)."""
    parametric = "ParametricNodes" in file.places
    numbers = file.numbers("ParametricNodes" if parametric else "Nodes")
    left = numbers.count_line()
    if not parametric:
        tags, points = numbers.rows(left, (("i", 1), ("d", 3)), "nodes")
        numbers.finish()
        return tags[:, 0], points
    tags_found, points_found = [np.zeros(0, np.int64)], [np.zeros((0, 3))]
    while left > 0:
        # Nodes on curves have one parameter, on surfaces two, others none.
        dimension = numbers.peek((("i", 1), ("d", 3), ("i", 2)), "nodes")[4]
        layout = (("i", 1), ("d", 3), ("i", 2), ("d", dimension if dimension in (1, 2) else 0))
        tags, points, _, _ = numbers.run(left, layout, part=2, columns=(0,), what="nodes")
        tags_found.append(tags[:, 0])
        points_found.append(points)
        left -= len(tags)
    numbers.finish()
    return np.concatenate(tags_found), np.concatenate(points_found)


def cells_version2(file: GmshFile) -> FoundCells:
    """Return the cells and their groups."""
    numbers = file.numbers("Elements")
    rows: dict[Kind, list[NDArray[np.int64]]] = {}
    left = numbers.count_line()
    while left > 0:
        kind, tags, nodes = (_binary_run if file.order else _text_run)(numbers, left)
        left -= len(nodes)
        known = np.zeros((len(nodes), 2), dtype=np.int64)
        known[:, : min(2, tags.shape[1])] = tags[:, :2]
        rows.setdefault(kind, []).append(np.hstack([known, nodes]))
    numbers.finish()
    found = FoundCells()
    for kind, parts in rows.items():
        table = np.concatenate(parts)
        found.add(kind, *without_repeats(table[:, 2:], entities=table[:, 1], groups=table[:, 0]))
    return found


def _text_run(numbers: Numbers, most: int) -> tuple[Kind, NDArray[np.int64], NDArray[np.int64]]:
    """Return kind, tags and nodes of the next cells that have the same kind and as many tags."""
    _, number, tags = numbers.peek(_CELL_HEAD, "cells")
    kind = kind_of(number)
    layout = (*_CELL_HEAD, ("i", max(tags, 0)), ("i", kind.node_count))
    _, found, nodes = numbers.run(most, layout, part=0, columns=(1, 2), what="cells")
    return kind, found, nodes


def _binary_run(numbers: Numbers, most: int) -> tuple[Kind, NDArray[np.int64], NDArray[np.int64]]:
    """Return kind, tags and nodes of the next cells: as many as their head announces, or equal ones of one each."""
    number, count, tags = numbers.peek(_CELL_HEAD, "heads of cells")
    kind = kind_of(number)
    layout = (("i", 1), ("i", max(tags, 0)), ("i", kind.node_count))
    if count == 1:
        _, _, found, nodes = numbers.run(most, _CELL_HEAD + layout, part=0, columns=(0, 1, 2), what="cells")
    else:
        numbers.skip(1, _CELL_HEAD)
        _, found, nodes = numbers.rows(count, layout, "cells")
    if not 0 < len(nodes) <= most:
        raise MalformedError(f"a head announces {count} cells, and {most} are left")
    return kind, found, nodes
