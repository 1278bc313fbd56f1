"""The norm of a solution and its gradient, by `jax.value_and_grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparsead.arrays.norm_solve import differentiated
from sparsead.jax.library import jax, jnp
from sparsead.jax.sparse_array import SparseArray


def norm(u: jax.Array) -> jax.Array:
    """Return the Euclidean norm with the gradient zero at zero; no overflow for large or small units."""
    largest = jax.lax.stop_gradient(jnp.abs(u).max(initial=0.0))
    unit = jnp.where(largest > 0, largest, 1.0)
    scaled = u / unit
    total = (scaled.real**2 + scaled.imag**2 if jnp.iscomplexobj(u) else scaled**2).sum()
    return jnp.where(largest > 0, unit * jnp.sqrt(jnp.where(largest > 0, total, 1.0)), 0.0)


def _value_and_grad(
    value: Callable[[Any, jax.Array], jax.Array], x: Any, b: jax.Array, *, grad_b: bool
) -> tuple[jax.Array, Any]:
    found: tuple[jax.Array, Any] = jax.value_and_grad(value, argnums=(0, 1) if grad_b else 0)(x, b)
    return found


norm_solve_and_grad = differentiated(SparseArray, norm, _value_and_grad)
