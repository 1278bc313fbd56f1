"""Cells that are to be alike: each takes the mean of its group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from fem.design.linear_map import LinearMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLERANCE = 1e-6  # of the size of the mesh: centers that are closer lie at one place


def means(groups: NDArray[np.int32], measures: NDArray[np.float64]) -> LinearMap:
    """Return the map that gives each cell the mean of its group.

    The mean is that of the material, ``sum(v x) / sum(v)``, so the volume stays.

    Parameters
    ----------
    groups : int array, shape (e,)
        Number of the group of each cell, from zero on.
    measures : float array, shape (e,)
        Volumes v. Unit: [length^d].
    """
    cells = np.arange(len(groups))
    member = csr_array((np.ones(len(groups)), (groups, cells)))
    share = csr_array((measures / (member @ measures)[groups], (groups, cells)))
    return LinearMap(csr_array(member.T @ share))


def gathered(places: NDArray[np.float64], size: float) -> NDArray[np.int32]:
    """Return the group of each place, shape (e,): those that lie together, of shape (e, c), are one."""
    pairs = KDTree(places).query_pairs(_TOLERANCE * size, output_type="ndarray")
    near = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=2 * (len(places),))
    return np.asarray(connected_components(near, directed=False)[1], np.int32)


def size_of(points: NDArray[np.float64]) -> float:
    """Return the largest extent of points of shape (n, d)."""
    return float(np.ptp(points, axis=0).max(initial=0.0))


def nearest(places: NDArray[np.float64], sought: NDArray[np.float64], size: float) -> tuple[NDArray[np.int64], int]:
    """Return which place lies at each one that is sought, and the first that none lies at, or -1."""
    distance, found = KDTree(places).query(sought)
    missing = np.flatnonzero(distance > _TOLERANCE * size)
    return found, int(missing[0]) if missing.size else -1
