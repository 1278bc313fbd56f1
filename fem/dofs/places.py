"""Dofs and cells in words: where a message says that something happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fem.dofs.domain import Domain
    from fem.dofs.topology import Topology

_MANY = 8


def named_dof(topology: Topology, dof: int) -> str:
    """Return for example ``"component 1 of point 17 at (5, 1)"``."""
    point, field, component = topology.numbering.owner(dof)
    several = len(topology.numbering.fields) > 1
    return f"component {component} of {repr(field.name) + ' at ' if several else ''}{named_point(topology, point)}"


def named_point(topology: Topology, point: int) -> str:
    """Return for example ``"point 17 at (5, 1)"``, by the coordinates of the mesh."""
    return f"point {point} at ({', '.join(f'{x:.6g}' for x in topology.mesh.points[point])})"


def cells_at(domains: Iterable[Domain], points: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return the numbers of the cells that have all of some points, ascending."""
    found = [d.cells[np.all([(d.nodes == point).any(axis=1) for point in points], axis=0)] for d in domains]
    return np.sort(np.concatenate([np.zeros(0, np.int64), *found]))


def listed(cells: NDArray[np.integer]) -> str:
    """Return for example ``"cells 4, 5 and 10"``; of many the first ones and how many more."""
    if len(cells) == 1:
        return f"cell {cells[0]}"
    if len(cells) > _MANY:
        return f"cells {', '.join(map(str, cells[:_MANY]))} and {len(cells) - _MANY} more"
    return f"cells {', '.join(map(str, cells[:-1]))} and {cells[-1]}"
