"""Small blocks, one for each node: shape (c, c, X, Y, Z).

They are inverted by elimination written out in whole arrays: LAPACK called for each of many small blocks can hang
inside a larger program on two cores.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def inverse_of(blocks: Array) -> Array:
    """Return the inverses of symmetric positive definite blocks, by Gauss and Jordan; no pivot need be sought."""
    size = len(blocks)
    left = [[blocks[i, j] for j in range(size)] for i in range(size)]
    one, none = jnp.ones_like(left[0][0]), jnp.zeros_like(left[0][0])
    right = [[one if i == j else none for j in range(size)] for i in range(size)]
    for k in range(size):
        pivot = 1 / left[k][k]
        left[k] = [entry * pivot for entry in left[k]]
        right[k] = [entry * pivot for entry in right[k]]
        for i in set(range(size)) - {k}:
            factor = left[i][k]
            left[i] = [a - factor * b for a, b in zip(left[i], left[k], strict=True)]
            right[i] = [a - factor * b for a, b in zip(right[i], right[k], strict=True)]
    return jnp.stack([jnp.stack(row) for row in right])


def times(blocks: Array, u: Array) -> Array:
    """Return the blocks times the vectors of the nodes, (c, X, Y, Z)."""
    return jnp.asarray(sum(column * number for column, number in zip(jnp.moveaxis(blocks, 1, 0), u, strict=True)))
