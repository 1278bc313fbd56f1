"""The same matrix for each component of a vector field."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp


def for_each_component(scalar: Any, components: int) -> Any:
    """Return matrices of a field of some components from those of one, shape (a, b, e) to (a, i, b, j, e)."""
    if components == 1:
        return scalar[:, None, :, None]
    none = jnp.zeros_like(scalar)
    rows = [jnp.stack([scalar if i == j else none for j in range(components)], 2) for i in range(components)]
    return jnp.stack(rows, 1)
