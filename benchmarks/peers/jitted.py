"""Value and gradient under ``jit``, with the index arrays where they cost a JAX peer least."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

# Up to this many numbers, arrays are constants of the program: fewer arguments to dispatch.
# Beyond, they are arguments: constants would be folded for minutes by the compiler.
CONSTANT = 10_000


def value_and_grad(norm: Callable[..., jax.Array], *given: Any) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
    """Return ``values -> (value, gradient)`` of ``norm(values, *given)``, finished when it returns."""
    arrays = tuple(jnp.asarray(array) for array in given)
    if sum(array.size for array in arrays) <= CONSTANT:
        closed = jax.jit(jax.value_and_grad(lambda values: norm(values, *arrays)))
        return lambda values: jax.block_until_ready(closed(values))
    opened = jax.jit(jax.value_and_grad(norm))
    return lambda values: jax.block_until_ready(opened(values, *arrays))
