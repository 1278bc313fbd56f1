"""Between cells and nodes of one grid, and between a grid and the one of twice its cells.

Nodal arrays are of shape (c, X, Y, Z), arrays of cells of shape (m, x, y, z) with X = x + 1 and m = 2^d c numbers
for each cell, corner after corner; all with as many axes as the grid has.

Derivation
----------
Values at the nodes between are the means of those beside them, along one axis after the other::

    u_fine = P u_coarse          prolongation: P = P_x (x) P_y (x) P_z, linear interpolation
    r_coarse = P^T r_fine        restriction: its transpose
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from fem.multigrid.grid import corners


def at_corners(u: Array) -> Array:
    """Return the values at the corners of each cell, (c, X, Y, Z) to (m, x, y, z)."""
    return jnp.concatenate([u[(slice(None), *_window(u, corner))] for corner in corners(u.ndim - 1)])


def to_nodes(f: Array, components: int) -> Array:
    """Return the sums over the cells at each node, (m, x, y, z) to (c, X, Y, Z): the transpose of `at_corners`."""
    parts = f.reshape(-1, components, *f.shape[1:])
    return sum_of_padded(parts, corners(f.ndim - 1))


def sum_of_padded(parts: Array, places: np.ndarray[Any, Any]) -> Array:
    """Return the sum of arrays of cells, each put at one corner, (2^d, ..., x, y, z) to (..., X, Y, Z)."""
    total: Any = 0
    for part, corner in zip(parts, places, strict=True):
        free = part.ndim - len(corner)
        total = total + jnp.pad(part, [(0, 0)] * free + [(int(i), 1 - int(i)) for i in corner])
    return jnp.asarray(total)


def prolong(u: Array) -> Array:
    """Return P u, from a grid to that of twice its cells."""
    for axis in range(1, u.ndim):
        ahead = jnp.moveaxis(u, axis, -1)
        between = (ahead[..., :-1] + ahead[..., 1:]) / 2
        woven = jnp.stack([ahead[..., :-1], between], -1).reshape(*ahead.shape[:-1], -1)
        u = jnp.moveaxis(jnp.concatenate([woven, ahead[..., -1:]], -1), -1, axis)
    return u


def restrict(r: Array) -> Array:
    """Return P^T r, from a grid to that of half its cells."""
    for axis in range(1, r.ndim):
        ahead = jnp.moveaxis(r, axis, -1)
        half = jnp.pad(ahead[..., 1::2] / 2, [(0, 0)] * (r.ndim - 1) + [(1, 1)])
        r = jnp.moveaxis(ahead[..., ::2] + half[..., :-1] + half[..., 1:], -1, axis)
    return r


def of_children(dimension: int, components: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return for each child of a cell the values at its corners from those of the cell, shape (2^d, m, m)."""
    ends = corners(dimension)
    maps = []
    for child in ends:
        places = (child + ends) / 2  # of the corners of the child, in the cell
        weights = np.prod(np.where(ends[None] == 1, places[:, None], 1 - places[:, None]), axis=2)
        maps.append(np.kron(weights, np.eye(components)))
    return np.stack(maps)


def children_of(x: Array, dimension: int) -> Array:
    """Return the children of each cell in front, (..., 2x, 2y, 2z) to (2^d, ..., x, y, z)."""
    return jnp.stack([x[(..., *(slice(int(i), None, 2) for i in child))] for child in corners(dimension)])


def _window(u: Array, corner: np.ndarray[Any, Any]) -> tuple[slice, ...]:
    return tuple(slice(int(i), n - 1 + int(i)) for i, n in zip(corner, u.shape[1:], strict=True))
