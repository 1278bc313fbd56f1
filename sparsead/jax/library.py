"""JAX, or the error that says how to get it; imported before the other files here, which import JAX themselves."""

from __future__ import annotations

from typing import Any

from sparsead.errors import BackendMissingError

try:
    import jax
    import jax.numpy as jnp
except ImportError as error:
    raise BackendMissingError(
        "sparsead.jax needs JAX",
        expected="the package jax, 0.6.1 or later",
        got=f"import jax failed: {error}",
        fix='pip install "jax>=0.6.1", or use sparsead.numpy, which needs NumPy and SciPy only',
    ) from error

# jax.extend.core names the class, but importing jax.extend loads Pallas: 60 ms.
Primitive: Any = type(jax.lax.neg_p)

__all__ = ["Primitive", "jax", "jnp"]
