"""The operator on each level, never a matrix but on the coarsest.

Derivation
----------
On the finest level each cell has a sum of a few constant matrices, each times a number of the cell::

    K_e = sum_p w_p,e U_p

and is applied by slices. On the next the matrix of a cell is made of its children's (Galerkin), which needs no
product of sparse matrices [1]_::

    K_E = sum over children e of P_e^T K_e P_e

and from there on it is kept by nodes: each has a block for each of its 3^d neighbours, less than half of the numbers
of the cells' matrices. Dofs that are not free are left out, D K D, with D the diagonal of ones and zeros, and so they
are in the children's matrices: a support that ends between two nodes of the next level holds that level too.

References
----------
.. [1] O. Amir, N. Aage, B. S. Lazarov, "On multigrid-CG for efficient topology optimization", Structural and
   Multidisciplinary Optimization 49, 2014, doi:10.1007/s00158-013-1015-5.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from fem.multigrid.blocks import times
from fem.multigrid.grid import corners
from fem.multigrid.transfer import at_corners, children_of, of_children, sum_of_padded, to_nodes
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Parts(NamedTuple):
    """Cell matrices as sums of constant ones.

    Attributes
    ----------
    units : array, shape (p, m, m)
        U.
    weights : array, shape (p, x, y, z)
        w.
    """

    units: Array
    weights: Array


class Stencil(NamedTuple):
    """Blocks of each node for its neighbours.

    Attributes
    ----------
    blocks : array, shape (3^d, c, c, X, Y, Z)
        In the order of `offsets`.
    """

    blocks: Array


def offsets(dimension: int) -> NDArray[np.int64]:
    """Return the steps from a node to its neighbours and itself, shape (3^d, d)."""
    return np.array(list(product((-1, 0, 1), repeat=dimension)))


def apply(operator: Parts | Stencil, u: Array) -> Array:
    """Return K u, both of shape (c, X, Y, Z)."""
    return _apply_parts(operator, u) if isinstance(operator, Parts) else _apply_stencil(operator, u)


def _apply_parts(operator: Parts, u: Array) -> Array:
    local = at_corners(u)
    forces = sum(
        jnp.tensordot(unit, local * weight, 1) for unit, weight in zip(operator.units, operator.weights, strict=True)
    )
    return to_nodes(jnp.asarray(forces), len(u))


def _apply_stencil(operator: Stencil, u: Array) -> Array:
    blocks, nodes = operator.blocks, u.shape[1:]
    around = jnp.pad(u, [(0, 0)] + [(1, 1)] * len(nodes))
    total: Array | float = 0.0
    # Term by term, which XLA makes one loop of; a sum over an axis would stride through all blocks for each node.
    for block, step in zip(blocks, offsets(len(nodes)), strict=True):
        window = (slice(None), *(slice(1 + int(i), 1 + int(i) + n) for i, n in zip(step, nodes, strict=True)))
        total = total + times(block, around[window])
    return jnp.asarray(total)


def coarse_cells(operator: Parts | Array, free: Array, touched: NDArray[np.int64]) -> Array:
    """Return the matrices of the cells of the next level, shape (m, m, x, y, z).

    Parameters
    ----------
    operator : Parts, or array of shape (m, m, 2x, 2y, 2z)
        Those of the children.
    free : array, shape (c, 2x + 1, 2y + 1, 2z + 1)
        One for dofs that are free, zero for others: what is held does not move with the next level either.
    touched : int array, shape (t,)
        Cells of the next level with a child that has a dof that is not free, numbered with the last axis fastest.
    """
    components, dimension = len(free), free.ndim - 1
    if isinstance(operator, Parts):
        return _of_parts(operator, components, free, touched)
    held = at_corners(free)
    children = children_of(operator * held[:, None] * held[None], dimension)
    return _summed(children, components, dimension)


def _of_parts(operator: Parts, components: int, free: Array, touched: NDArray[np.int64]) -> Array:
    """As if all dofs were free, the same sums of constant matrices for each cell; then those that are touched."""
    dimension = operator.weights.ndim - 1
    maps = jnp.asarray(of_children(dimension, components), operator.units.dtype)
    own = jnp.einsum("cia,pij,cjb->pcab", maps, operator.units, maps)
    weights = jnp.moveaxis(children_of(operator.weights, dimension), 1, 0)  # (p, 2^d, ...)
    cells = jnp.tensordot(own, weights, [[0, 1], [0, 1]])
    if not len(touched):
        return cells
    chosen = constant(touched)
    held = children_of(at_corners(free), dimension).reshape(len(maps), len(own[0, 0]), -1)[..., chosen]
    few = weights.reshape(*weights.shape[:2], -1)[..., chosen]
    of_children_touched = jnp.einsum("pij,pct->cijt", operator.units, few) * held[:, :, None] * held[:, None]
    exact = _summed(of_children_touched, components, dimension)
    flat = cells.reshape(*cells.shape[:2], -1).at[..., chosen].set(exact, unique_indices=True)
    return flat.reshape(cells.shape)


def _summed(children: Array, components: int, dimension: int) -> Array:
    """Return the sum of P_e^T K_e P_e over the children of each cell, (2^d, m, m, ...) to (m, m, ...)."""
    maps = jnp.asarray(of_children(dimension, components), children.dtype)

    def add(total: Array, child: tuple[Array, Array]) -> tuple[Array, None]:
        known, own = child
        half = jnp.tensordot(own, known, [[0], [0]])  # P^T K
        return total + jnp.moveaxis(jnp.tensordot(own, half, [[0], [1]]), 0, 1), None

    return jax.lax.scan(add, jnp.zeros_like(children[0]), (children, maps))[0]


def all_cells(operator: Parts) -> Array:
    """Return the matrices of all cells, shape (m, m, x, y, z); for grids so small that no other level follows."""
    return jnp.tensordot(operator.units, operator.weights, [[0], [0]])


def stencil_of(cells: Array, components: int) -> Stencil:
    """Return the matrices of cells, shape (m, m, x, y, z), gathered by nodes."""
    dimension = cells.ndim - 2
    ends, steps = corners(dimension), offsets(dimension)
    split = cells.reshape(len(ends), components, len(ends), components, *cells.shape[2:])
    total: Array | float = 0.0
    for end, blocks in zip(ends, split, strict=True):
        # Row of one corner: its blocks for the others are those of as many steps from it.
        chosen = (steps[:, None] == (ends - end)[None]).all(2).astype(float)
        spread = jnp.tensordot(jnp.asarray(chosen, cells.dtype), jnp.moveaxis(blocks, 1, 0), 1)
        total = total + sum_of_padded(spread[None], end[None])
    return Stencil(jnp.asarray(total))


def diagonal_of(operator: Parts | Stencil, components: int) -> Array:
    """Return the block of each node for itself, shape (c, c, X, Y, Z)."""
    if isinstance(operator, Stencil):
        return operator.blocks[len(operator.blocks) // 2]
    dimension = operator.weights.ndim - 1
    total: Array | float = 0.0
    for number, corner in enumerate(corners(dimension)):
        own = slice(number * components, (number + 1) * components)
        block = jnp.tensordot(operator.units[:, own, own], operator.weights, [[0], [0]])
        total = total + sum_of_padded(block[None], corner[None])
    return jnp.asarray(total)
