"""Named groups in a meshio mesh, whatever way the file format has of naming them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# For formats without sets `fem.write` marks members by 1, and sides of cells by 2**side, in integer data named so.
SET_MARK = "set:"
SIDES_MARK = "sides:"
# Bookkeeping of gmsh that names nothing.
_BOOKKEEPING = ("gmsh:geometrical", "gmsh:bounding_entities", "gmsh:dim_tags")
# Data with more distinct numbers count things rather than mark groups.
_MOST_GROUPS = 1000


def named_points(source: Any) -> dict[str, NDArray[np.int64]]:
    """Return the named groups of points.

    Parameters
    ----------
    source : meshio.Mesh
        Mesh of a file.

    Returns
    -------
    dict of str to int array, shape (p,)
    """
    sets = {str(name): np.asarray(members, dtype=np.int64) for name, members in source.point_sets.items()}
    for name, data in source.point_data.items():
        for label, (mask,) in _groups(name, [np.asarray(data)], {}).items():
            # A number that all points have marks none of them.
            if not mask.all():
                sets.setdefault(label, np.flatnonzero(mask))
    return sets


def named_cells(source: Any) -> dict[str, list[NDArray[np.int64]]]:
    """Return the named groups of cells, as numbers within each block.

    Parameters
    ----------
    source : meshio.Mesh
        Mesh of a file.

    Returns
    -------
    dict of str to list of int arrays
        One array for each block of the file.
    """
    nothing = np.zeros(0, dtype=np.int64)
    sets = {}
    for name, members in source.cell_sets.items():
        if name not in _BOOKKEEPING:
            sets[str(name)] = [nothing if part is None else np.asarray(part).astype(np.int64) for part in members]
    tags = {str(name): np.asarray(tag) for name, tag in source.field_data.items() if np.size(tag) == 2}
    for name, data in source.cell_data.items():
        if name not in _BOOKKEEPING and not name.startswith(SIDES_MARK):
            # A physical group is named by its number and its dimension.
            known = {
                (number, int(tag)): label
                for label, (tag, dimension) in tags.items()
                for number, block in enumerate(source.cells)
                if name == "gmsh:physical" and block.dim == dimension
            }
            for label, masks in _groups(name, [np.asarray(part) for part in data], known).items():
                sets.setdefault(label, [np.flatnonzero(mask) for mask in masks])
    return sets


def named_sides(source: Any) -> dict[str, list[NDArray[Any]]]:
    """Return the groups of sides of cells that `fem.write` stored.

    Parameters
    ----------
    source : meshio.Mesh
        Mesh of a file.

    Returns
    -------
    dict of str to list of int arrays, shape (e,)
        One array for each block of the file: the sum of 2**side over the sides of each cell.
    """
    return {
        name.removeprefix(SIDES_MARK): [np.asarray(part) for part in data]
        for name, data in source.cell_data.items()
        if name.startswith(SIDES_MARK)
    }


def _groups(
    name: str, parts: list[NDArray[Any]], known: dict[tuple[int, int], str]
) -> dict[str, list[NDArray[np.bool_]]]:
    """Return the groups that integer data mark, as masks of each block; nothing for other data."""
    if not all(part.ndim == 1 and part.dtype.kind in "iu" for part in parts):
        return {}
    values = np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
    if name.startswith(SET_MARK):
        return {name.removeprefix(SET_MARK): [part == 1 for part in parts]}
    if len(values) > _MOST_GROUPS:
        return {}
    short = name.partition(":")[2] or name
    groups: dict[str, list[NDArray[np.bool_]]] = {}
    for value in values.tolist():
        for block, part in enumerate(parts):
            mask = part == value
            label = known.get((block, value), f"{short}={value}")
            if mask.any():
                groups.setdefault(label, [np.zeros(len(p), dtype=bool) for p in parts])[block] |= mask
    return groups
