"""Nodes and cells of gmsh files of version 4: blocks, one for each geometrical entity, which knows its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.mesh.files.gmsh.groups import FoundCells
from fem.mesh.files.gmsh.kinds import kind_of
from fem.mesh.files.gmsh.numbers import MalformedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh.files.gmsh.numbers import Layout, Numbers
    from fem.mesh.files.gmsh.sections import GmshFile

_BLOCK_HEAD: Layout = (("i", 3), ("s", 1))


def nodes_version4(file: GmshFile) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return tags of nodes, shape (p,), and their coordinates, shape (p, 3)."""
    numbers = file.numbers("Nodes")
    tags, points = [np.zeros(0, np.int64)], [np.zeros((0, 3))]
    blocks, announced = _section_head(numbers, file.version)
    for _ in range(blocks):
        first, second, parametric, count = numbers.row(_BLOCK_HEAD, "blocks of nodes")
        dimension = first if file.version == "4.1" else second
        width = 3 + (_dimension(dimension) if parametric else 0)
        if file.version == "4.1":
            own = numbers.rows(count, (("s", 1),), "nodes") + numbers.rows(count, (("d", width),), "nodes")
        else:
            own = numbers.rows(count, (("i", 1), ("d", width)), "nodes")
        tags.append(own[0][:, 0])
        points.append(own[1][:, :3])
    numbers.finish()
    _as_announced(sum(map(len, tags)), announced, "nodes")
    return np.concatenate(tags), np.concatenate(points)


def cells_version4(file: GmshFile) -> FoundCells:
    """Return the cells and their groups."""
    groups = _groups(file)
    numbers = file.numbers("Elements")
    found = FoundCells()
    blocks, announced = _section_head(numbers, file.version)
    total = 0
    for _ in range(blocks):
        first, second, number, count = numbers.row(_BLOCK_HEAD, "blocks of cells")
        entity = (first, second) if file.version == "4.1" else (second, first)
        kind = kind_of(number)
        width = "s" if file.version == "4.1" else "i"
        _, nodes = numbers.rows(count, ((width, 1), (width, kind.node_count)), "cells")
        everyone = np.arange(len(nodes))
        found.add(kind, nodes, dict.fromkeys(groups.get(entity, ()), everyone))
        total += count
    numbers.finish()
    _as_announced(total, announced, "cells")
    return found


def _section_head(numbers: Numbers, version: str) -> tuple[int, int]:
    """Return the counts of blocks and of rows; the least and largest tag follow since 4.1."""
    blocks, rows, *_ = numbers.row((("s", 4 if version == "4.1" else 2),), "counts")
    return blocks, rows


def _as_announced(count: int, announced: int, what: str) -> None:
    if count != announced:
        raise MalformedError(f"{announced} {what} are announced and {count} are there")


def _dimension(number: int) -> int:
    if number not in range(4):
        raise MalformedError(f"an entity of dimension {number}")
    return number


def _groups(file: GmshFile) -> dict[tuple[int, int], list[int]]:
    """Return the tags of the physical groups of each entity, by its dimension and tag."""
    groups: dict[tuple[int, int], list[int]] = {}
    for name in ("Entities", "PartitionedEntities"):
        if name in file.places:
            numbers = file.numbers(name)
            partitioned = name == "PartitionedEntities"
            if partitioned:
                ghosts = numbers.row((("s", 2),), "counts")[1]
                numbers.rows(ghosts, (("i", 2),), "ghost entities")
            for dimension, count in enumerate(numbers.row((("s", 4),), "counts")):
                for _ in range(count):
                    tag, own = _entity(numbers, dimension, file.version, partitioned)
                    groups[dimension, tag] = own
            numbers.finish()
    return groups


def _entity(numbers: Numbers, dimension: int, version: str, partitioned: bool) -> tuple[int, list[int]]:
    """Return the tag of the next entity and those of its physical groups."""
    if partitioned:
        # Its parent, and the partitions that it is in.
        tag, _, _, parts = numbers.row((("i", 3), ("s", 1)), "entities")
        numbers.rows(parts, (("i", 1),), "partitions")
    else:
        (tag,) = numbers.row((("i", 1),), "entities")
    corners = 3 if dimension == 0 and version == "4.1" else 6
    count = numbers.row((("d", corners), ("s", 1)), "entities")[-1]
    groups = numbers.rows(count, (("i", 1),), "groups of an entity")[0][:, 0].tolist()
    if dimension:
        (bounds,) = numbers.row((("s", 1),), "entities")
        numbers.rows(bounds, (("i", 1),), "bounds of an entity")
    return tag, groups
