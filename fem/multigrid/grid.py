"""Grid: cells of one size in rows and columns, and which points and cells of a mesh stand where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.domain import Domain
    from fem.dofs.topology import Topology

_ROUNDING = 1e-6  # of a cell's edge, by which a point may miss its place
_ELEMENTS = {"line2", "quad4", "hex8"}

_grids: WeakKeyDictionary[Topology, Grid | str] = WeakKeyDictionary()


def corners(dimension: int) -> NDArray[np.int64]:
    """Return the corners of the unit cell, shape (2^d, d), the last axis fastest: the order of all arrays here."""
    return np.array(list(product((0, 1), repeat=dimension)))


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the points and cells of a mesh stand.

    Attributes
    ----------
    cells : int array, shape (x, y, z)
        Which cell stands at each place; as many axes as the mesh has.
    points : int array, shape (x + 1, y + 1, z + 1)
        Which point.
    order : int array, shape (2^d,)
        Node of a cell that is at each of its `corners`.
    """

    cells: NDArray[np.int64]
    points: NDArray[np.int64]
    order: NDArray[np.int64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of cells along each axis."""
        return self.cells.shape

    @cached_property
    def in_order(self) -> bool:
        """Whether points are numbered as they stand."""
        return bool((self.points.reshape(-1) == np.arange(self.points.size)).all())


def grid_of(topology: Topology) -> Grid | str:
    """Return the grid of a mesh, found once; or, in words, why it is none."""
    if topology not in _grids:
        _grids[topology] = _find(topology)
    return _grids[topology]


def _find(topology: Topology) -> Grid | str:
    if len(topology.bulk) != 1 or len(topology.domains) != 1:
        return f"{len(topology.domains)} kinds of cells"
    domain, points = topology.bulk[0], topology.mesh.points
    if domain.element.name not in _ELEMENTS or domain.element.dimension != points.shape[1]:
        return f"cells {domain.element.name} in {points.shape[1]} dimensions"
    if not topology.congruent(domain):
        return "cells of different sizes"
    return _placed(domain, points)


def _placed(domain: Domain, points: NDArray[np.float64]) -> Grid | str:
    first = points[domain.nodes[0]]
    edges = np.ptp(first, axis=0)
    places = (points - points.min(axis=0)) / edges
    whole = np.rint(places).astype(np.int64)
    if np.abs(places - whole).max() > _ROUNDING:
        return "cells that do not stand in rows along the axes"
    own = np.rint((first - first.min(axis=0)) / edges).astype(np.int64)
    order = np.array([np.flatnonzero((own == corner).all(axis=1))[0] for corner in corners(points.shape[1])])
    at = whole[domain.nodes[:, order[0]]]
    shape = at.max(axis=0) + 1
    filled = np.full(shape, -1)
    filled[tuple(at.T)] = np.arange(domain.count)
    numbered = np.full(shape + 1, -1)
    numbered[tuple(whole.T)] = np.arange(len(points))
    if filled.size != domain.count or (filled < 0).any() or numbered.size != len(points) or (numbered < 0).any():
        return f"{domain.count} cells that do not fill a grid of {' x '.join(map(str, shape))}"
    return Grid(filled, numbered, order)
