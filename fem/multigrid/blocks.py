"""Small blocks, one for each node: shape (c, c, X, Y, Z).

They are inverted in closed form: LAPACK called for each of many small blocks can hang inside a larger program on two
cores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.geometry.inverse import adjugate, determinant

if TYPE_CHECKING:
    from jax import Array

LARGEST = 3  # components that closed forms are written for


def inverse_of(blocks: Array) -> Array:
    """Return the inverses of blocks of at most three rows."""
    return jnp.asarray(adjugate(blocks) / determinant(blocks))


def times(blocks: Array, u: Array) -> Array:
    """Return the blocks times the vectors of the nodes, (c, X, Y, Z)."""
    return jnp.asarray(sum(column * number for column, number in zip(jnp.moveaxis(blocks, 1, 0), u, strict=True)))
