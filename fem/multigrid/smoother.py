"""Chebyshev's iteration on the inverse blocks of the diagonal: damps what the next level cannot see.

Derivation
----------
With B the inverse of the diagonal's blocks, eigenvalues of B A up to `top`, and those above `top / ratio` to be
damped, the polynomial of least maximum there is Chebyshev's [1]_::

    d = c B r,  x <- x + d,  r <- r - A d

with two numbers c for each step. It is linear and symmetric in r, as the preconditioner of conjugate gradients must
be, needs no order of the unknowns, and is nothing but products.

References
----------
.. [1] M. Adams, M. Brezina, J. Hu, R. Tuminaro, "Parallel multigrid smoothing: polynomial versus Gauss-Seidel",
   Journal of Computational Physics 188, 2003, doi:10.1016/S0021-9991(03)00194-3.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from fem.multigrid.blocks import times
from fem.multigrid.operators import Parts, Stencil, apply

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

_RATIO = 12.0
_STEPS = 15  # of the power iteration
_GOLDEN = (math.sqrt(5) - 1) / 2
_MARGIN = 1.1  # by which its result may be too low


class Level(NamedTuple):
    """One level but the coarsest.

    Attributes
    ----------
    operator : Parts or Stencil
        K.
    free : array, shape (c, X, Y, Z)
        One for dofs that are free, zero for others.
    inverse : array, shape (c, c, X, Y, Z)
        Inverse blocks of the diagonal.
    top : array, shape ()
        Upper bound of the eigenvalues of B A.
    """

    operator: Parts | Stencil
    free: Array
    inverse: Array
    top: Array


def product(level: Level, u: Array) -> Array:
    """Return D K u for u that is zero where dofs are not free."""
    return apply(level.operator, u) * level.free


def largest_eigenvalue(operator: Parts | Stencil, free: Array, inverse: Array) -> Array:
    """Return a bound of the eigenvalues of B A, by the power iteration."""
    # Multiples of the golden section, modulo one: numbers without order, so that no eigenvector is left out.
    start = ((jnp.arange(free.size) * _GOLDEN) % 1 - 0.5).reshape(free.shape).astype(inverse.dtype) * free

    def step(_: int, found: tuple[Array, Array]) -> tuple[Array, Array]:
        u, _size = found
        v = times(inverse, apply(operator, u) * free) * free
        size = jnp.linalg.norm(v)
        return v / size, size

    size: Array = jax.lax.fori_loop(0, _STEPS, step, (start / jnp.linalg.norm(start), jnp.zeros((), inverse.dtype)))[1]
    return _MARGIN * size


def smoothed(level: Level, x: Array, r: Array, steps: int) -> tuple[Array, Array]:
    """Return x after some steps, and its residual."""
    return accelerated(partial_blocks(level), lambda d: product(level, d), (level.top / _RATIO, level.top), x, r, steps)


def partial_blocks(level: Level) -> Callable[[Array], Array]:
    """Return the product with B."""
    return lambda r: times(level.inverse, r) * level.free


def accelerated(
    precondition: Callable[[Array], Array],
    operator: Callable[[Array], Array],
    bounds: tuple[Any, Any],
    x: Array,
    r: Array,
    steps: int,
) -> tuple[Array, Array]:
    """Return x after some steps of Chebyshev's iteration between two bounds of the eigenvalues, and its residual.

    The last step's residual is computed too: whoever goes on needs it.
    """
    low, top = bounds
    middle, half = (top + low) / 2, (top - low) / 2
    sigma = middle / half

    def step(number: int, state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        x, r, d, before = state
        first = number == 0
        rho = jnp.where(first, 1 / sigma, 1 / (2 * sigma - before))
        d = jnp.where(first, 0, rho * before) * d + jnp.where(first, 1 / middle, 2 * rho / half) * precondition(r)
        return x + d, r - operator(d), d, rho

    start = (x, r, jnp.zeros_like(r), jnp.zeros((), r.dtype))
    x, r, _, _ = jax.lax.fori_loop(0, steps, step, start)
    return x, r
