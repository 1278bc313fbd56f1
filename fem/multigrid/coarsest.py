"""The coarsest level as a matrix, solved directly: on the CPU by a library, elsewhere densely."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.multigrid.operators import offsets
from sparsead.jax import SparseArray
from sparsead.jax.constants import constant
from sparsead.pattern.triplets import from_triplets

if TYPE_CHECKING:
    from jax import Array
    from numpy.typing import NDArray

    from fem.multigrid.operators import Stencil
    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern

_PLANS = 16  # grids whose index maps are kept, a few hundred kB each


@dataclass(frozen=True, eq=False)
class _Plan:
    """Where the blocks of a stencil are stored.

    Attributes
    ----------
    pattern : Pattern
        Stored entries.
    slots : int array, shape (3^d c c X Y Z,)
        Stored entry of each number of the blocks; one more than there are, for neighbours outside the grid.
    """

    pattern: Pattern
    slots: NDArray[np.int64]


def values_of(stencil: Stencil, free: Array) -> Array:
    """Return the stored values of D K D, with ones for the dofs that are not free, shape (s,)."""
    plan = _plan_of(free.shape[1:], len(free))
    pattern = plan.pattern
    values = jnp.zeros(pattern.size, stencil.blocks.dtype)
    values = values.at[constant(plan.slots)].add(stencil.blocks.reshape(-1), mode="drop")
    kept = free.reshape(len(free), -1).T.reshape(-1)  # dofs node by node
    row, col = constant(pattern.indices.astype(np.int32)), constant(pattern.cols.astype(np.int32))
    return jnp.where(kept[row] * kept[col] > 0, values, jnp.where(row == col, 1.0, 0.0))


def solve(values: Array, r: Array, options: SolveOptions) -> Array:
    """Return the correction of the coarsest level, shape (c, X, Y, Z).

    Parameters
    ----------
    values : array, shape (s,)
        Stored values.
    r : array, shape (c, X, Y, Z)
        Residual.
    options : SolveOptions
        What to do where the matrix is singular.
    """
    components, nodes = len(r), r.shape[1:]
    pattern = pattern_of(nodes, components)
    load = r.reshape(components, -1).T.reshape(1, 1, -1)

    def by_library(values: Array, load: Array) -> Array:
        return jnp.asarray(SparseArray.binding.solve(values[None], load, pattern=pattern, options=options, trans="N"))

    def densely(values: Array, load: Array) -> Array:
        full = jnp.zeros(pattern.shape, values.dtype)
        full = full.at[constant(pattern.indices), constant(np.asarray(pattern.cols))].set(values)
        return jax.scipy.linalg.solve(full, load[0].T, assume_a="pos").T[None]

    x: Any = jax.lax.platform_dependent(values, load, cpu=by_library, default=densely)
    return jnp.asarray(x.reshape(-1, components).T.reshape(r.shape))


def pattern_of(nodes: tuple[int, ...], components: int) -> Pattern:
    """Return the stored entries of the matrix of a grid."""
    return _plan_of(nodes, components).pattern


@lru_cache(maxsize=_PLANS)
def _plan_of(nodes: tuple[int, ...], components: int) -> _Plan:
    steps, number = offsets(len(nodes)), np.arange(int(np.prod(nodes))).reshape(nodes)
    places = np.stack(np.meshgrid(*map(np.arange, nodes), indexing="ij"))
    rows, cols, inside = [], [], []
    for step in steps:
        there = places + step.reshape(-1, *[1] * len(nodes))
        within = np.all([(0 <= axis) & (axis < n) for axis, n in zip(there, nodes, strict=True)], axis=0)
        other = np.where(
            within, np.ravel_multi_index(tuple(there % np.reshape(nodes, (-1, *[1] * len(nodes)))), nodes), 0
        )
        for i in range(components):
            for j in range(components):
                rows.append(number * components + i)
                cols.append(other * components + j)
                inside.append(within)
    keep = np.stack(inside).ravel()
    n = number.size * components
    pattern, stored = from_triplets(np.stack(rows).ravel()[keep], np.stack(cols).ravel()[keep], (n, n))
    slots = np.full(keep.size, pattern.size)
    slots[keep] = stored.slot
    return _Plan(pattern, slots)
