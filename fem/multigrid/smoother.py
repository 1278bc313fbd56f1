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
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

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
    """Return the largest eigenvalue of B A by the power iteration, which comes from below, raised by a tenth."""
    # Multiples of the golden section, modulo one: numbers without order, so that no eigenvector is left out.
    start = ((jnp.arange(free.size) * _GOLDEN) % 1 - 0.5).reshape(free.shape).astype(inverse.dtype) * free

    # A u is carried along: fused with the product with B, each of its numbers would be computed once for each row.
    def step(number: int, found: tuple[Array, Array]) -> tuple[Array, Array]:
        v = jnp.where(number == 0, start, times(inverse, found[0]) * free)
        size = jnp.linalg.norm(v)
        return apply(operator, v / size) * free, size

    none = jnp.zeros((), inverse.dtype)
    return _MARGIN * jax.lax.fori_loop(0, 1 + _STEPS, step, (jnp.zeros_like(start), none))[1]


def smoothed(level: Level, r: Array, steps: int) -> tuple[Array, Array]:
    """Return x after some steps from zero, and its residual."""
    chebyshev = _interval(level)

    def step(number: int, state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        x, r, d, rho = state
        rho, own, new = chebyshev.weights(number, rho)
        d = own * d + new * preconditioned(level, r)
        return x + d, r - product(level, d), d, rho

    none = jnp.zeros_like(r)
    x, rest, _, _ = jax.lax.fori_loop(0, steps, step, (none, r, none, jnp.zeros((), r.dtype)))
    return x, rest


def smoothed_after(level: Level, x: Array, r: Array, d: Array, steps: int) -> Array:
    """Return x after some steps; ``r - A d`` is its residual."""
    return accelerated(partial(preconditioned, level), partial(product, level), _interval(level), (x, r, d), steps)


def preconditioned(level: Level, r: Array) -> Array:
    """Return B r."""
    return times(level.inverse, r) * level.free


class Chebyshev(NamedTuple):
    """Chebyshev's iteration for eigenvalues in an interval.

    Attributes
    ----------
    low, top : array, shape ()
        The interval.
    """

    low: Array
    top: Array

    def weights(self, number: int | Array, before: Array) -> tuple[Array, Array, Array]:
        """Return the state to go on with, the weight of the last correction and that of the preconditioned residual."""
        middle, half = (self.top + self.low) / 2, (self.top - self.low) / 2
        first = jnp.asarray(number == 0)
        rho = jnp.where(first, half / middle, 1 / (2 * middle / half - before))
        return rho, jnp.where(first, 0, rho * before), jnp.where(first, 1 / middle, 2 * rho / half)


def accelerated(
    precondition: Callable[[Array], Array],
    operator: Callable[[Array], Array],
    chebyshev: Chebyshev,
    start: tuple[Array, Array, Array],
    steps: int,
) -> Array:
    """Return x after some steps of Chebyshev's iteration.

    Parameters
    ----------
    precondition, operator : callable
        B and A.
    chebyshev : Chebyshev
        Eigenvalues of B A to damp.
    start : tuple of three arrays
        x, r and d with the residual ``r - A d`` of x: the product is left to the first step, and that of the last step
        need not be made.
    steps : int
        How many.
    """

    def step(number: int, state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        x, r, d, rho = state
        rho, own, new = chebyshev.weights(number, rho)
        r = r - operator(d)
        d = own * d + new * precondition(r)
        return x + d, r, d, rho

    return jax.lax.fori_loop(0, steps, step, (*start, jnp.zeros((), start[0].dtype)))[0]


def _interval(level: Level) -> Chebyshev:
    return Chebyshev(level.top / _RATIO, level.top)
