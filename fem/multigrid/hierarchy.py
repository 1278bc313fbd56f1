"""Set up the levels of an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from fem.multigrid import coarsest
from fem.multigrid.blocks import inverse_of
from fem.multigrid.cycle import Hierarchy
from fem.multigrid.levels import shapes_of
from fem.multigrid.operators import Parts, Stencil, all_cells, coarse_cells, diagonal_of, stencil_of
from fem.multigrid.smoother import Level, largest_eigenvalue

if TYPE_CHECKING:
    from jax import Array
    from numpy.typing import NDArray


def hierarchy_of(parts: Parts, free: Array, touched: NDArray[np.int64]) -> Hierarchy:
    """Return the levels of an operator.

    Parameters
    ----------
    parts : Parts
        Its cell matrices, as arrays of the grid.
    free : array, shape (c, X, Y, Z)
        One for dofs that are free, zero for others.
    touched : int array, shape (t,)
        Cells of the second level that have a dof that is not free; see `touched_by`.
    """
    components, halved = len(free), (slice(None), *[slice(None, None, 2)] * (free.ndim - 1))
    depth = len(shapes_of(parts.weights.shape[1:], components))
    if depth == 1:
        return Hierarchy((), free, coarsest.values_of(stencil_of(all_cells(parts), components), free))
    levels: list[Level] = []
    operator: Parts | Stencil = parts
    cells = coarse_cells(parts, free, touched)
    for _ in range(depth - 2):
        levels.append(level_of(operator, free))
        free = free[halved]
        operator, cells = stencil_of(cells, components), coarse_cells(cells, free, touched)
    levels.append(level_of(operator, free))
    free = free[halved]
    return Hierarchy(tuple(levels), free, coarsest.values_of(stencil_of(cells, components), free))


def in_single(hierarchy: Hierarchy) -> Hierarchy:
    """Return the levels in single precision, but for the values of the coarsest."""
    levels, free = jax.tree.map(lambda array: array.astype(jnp.float32), (hierarchy.levels, hierarchy.free))
    return Hierarchy(levels, free, hierarchy.values)


def touched_by(held: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the cells of the next level that have a held node within, numbered with the last axis fastest.

    Parameters
    ----------
    held : bool array, shape (2x + 1, 2y + 1, 2z + 1)
        Nodes with a dof that is not free.
    """
    shape = tuple((n - 1) // 2 for n in held.shape)
    within = np.zeros(shape, bool)
    for step in np.ndindex(*[3] * held.ndim):
        window = tuple(slice(i, i + 2 * n, 2) for i, n in zip(step, shape, strict=True))
        within |= held[window]
    return np.flatnonzero(within)


def level_of(operator: Parts | Stencil, free: Array) -> Level:
    """Return a level, with what its smoother needs; `free` of shape (c, X, Y, Z)."""
    blocks = diagonal_of(operator, len(free)) * free[:, None] * free[None]
    kept = jnp.eye(len(free), dtype=blocks.dtype).reshape(*[len(free)] * 2, *[1] * (free.ndim - 1))
    inverse = inverse_of(blocks + kept * (1 - free)[:, None])
    return Level(operator, free, inverse, largest_eigenvalue(operator, free, inverse))
