"""Normals of facets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


def area_normal(cells: Cells) -> Any:
    """Return the outward normals of facets times their area ratios, shape (k, q, e).

    Seen from outside a facet of a solid runs counterclockwise, and an edge of a
    plane cell has the cell on its left.
    """
    j = cells.jacobian
    if cells.dimension == 1:
        return jnp.ones_like(j[:, 0])
    if cells.dimension == 2:
        return jnp.stack([j[1, 0], -j[0, 0]])
    s, t = j[:, 0], j[:, 1]
    return jnp.stack([s[1] * t[2] - s[2] * t[1], s[2] * t[0] - s[0] * t[2], s[0] * t[1] - s[1] * t[0]])
