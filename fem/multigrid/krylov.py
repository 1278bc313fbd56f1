"""Conjugate gradients in array code, several right-hand sides in step, stopped by the true residual.

Derivation
----------
::

    z = C r,  p <- z + beta p,  alpha = r.z / p.A p,  x <- x + alpha p,  r <- r - alpha A p

with beta = z.(r_new - r_old) / (r.z)_old, which forgives that the cycle C is rounded [1]_. Rounding parts r from
b - A x; so that is computed where r is small enough, and the iteration goes on from it if it is not.

References
----------
.. [1] G. H. Golub, Q. Ye, "Inexact preconditioned conjugate gradient method with inner-outer iteration", SIAM Journal
   on Scientific Computing 21, 1999, doi:10.1137/S1064827597323415.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

CONVERGED, LIMIT, CURVATURE, NOT_FINITE, STAGNANT = range(5)
HISTORY = 512  # residuals that are kept
_PASSES = 4  # from a true residual each


class Outcome(NamedTuple):
    """What became of the iterations.

    Attributes
    ----------
    x : array, shape (k, ...)
        Solutions.
    ending : array, shape ()
        CONVERGED, LIMIT, CURVATURE, NOT_FINITE or STAGNANT.
    iterations : array, shape ()
        How many, of all right-hand sides in step.
    applications : array, shape ()
        Products with A.
    residuals : array, shape (k,)
        True relative residuals |b - A x| / |b|.
    history : array, shape (HISTORY,)
        Largest relative residual after each iteration.
    """

    x: Array
    ending: Array
    iterations: Array
    applications: Array
    residuals: Array
    history: Array


@dataclass(frozen=True)
class _System:
    """What is solved, to which residual, in how many iterations."""

    operator: Callable[[Array], Array]
    precondition: Callable[[Array], Array]
    b: Array
    rtol: float
    limit: int

    @property
    def sizes(self) -> Array:
        """Norms of the right-hand sides, one where they are zero, shape (k,)."""
        norms = _norm(self.b)
        return jnp.where(norms > 0, norms, 1)

    def unsolved(self, r: Array) -> Array:
        """Return which right-hand sides have a residual that is too large, shape (k,)."""
        return _norm(r) > self.rtol * _norm(self.b)


class _Step(NamedTuple):
    """Where the iteration stands."""

    x: Array
    r: Array
    p: Array
    rz: Array
    iterations: Array
    ending: Array
    history: Array


class _Pass(NamedTuple):
    """Where it stands with a true residual."""

    x: Array
    r: Array
    iterations: Array
    passes: Array
    ending: Array
    history: Array


def conjugate_gradients(
    operator: Callable[[Array], Array],
    precondition: Callable[[Array], Array],
    b: Array,
    start: Array,
    *,
    rtol: float,
    limit: int,
) -> Outcome:
    """Solve A x = b for rows of b, shape (k, ...), beginning at `start`.

    Parameters
    ----------
    operator, precondition : callable
        A and C, of arrays of the shape of b.
    b, start : array, shape (k, ...)
        Right-hand sides; where to begin.
    rtol : float
        Relative residual to reach, of each right-hand side.
    limit : int
        Iterations allowed.
    """
    system = _System(operator, precondition, b, rtol, limit)

    def going_on(now: _Pass) -> Array:
        unfinished = (now.ending == LIMIT) | (now.passes == 0)
        return unfinished & (now.iterations < limit) & system.unsolved(now.r).any()

    none = jnp.zeros((), int)
    begin = _Pass(start, b - operator(start), none, none, jnp.asarray(CONVERGED), jnp.zeros(HISTORY))
    end = jax.lax.while_loop(going_on, partial(_pass, system), begin)
    applications = end.iterations + end.passes + 1
    return Outcome(end.x, end.ending, end.iterations, applications, _norm(end.r) / system.sizes, end.history)


def _pass(system: _System, before: _Pass) -> _Pass:
    """Iterate from a true residual until the one that is carried along is small; compute the true one again."""
    z = system.precondition(before.r)
    rz = _dot(before.r, z)
    begin = _Step(before.x, before.r, z, rz, before.iterations, jnp.asarray(CONVERGED), before.history)

    def going_on(now: _Step) -> Array:
        return (now.ending == CONVERGED) & system.unsolved(now.r).any() & (now.iterations < system.limit)

    end = jax.lax.while_loop(going_on, partial(_step, system), begin)
    true = system.b - system.operator(end.x)
    done, better = ~system.unsolved(true).any(), (_norm(true) < _norm(before.r)).any()
    ending = jnp.where(done, CONVERGED, jnp.where(end.ending != CONVERGED, end.ending, LIMIT))
    useless = ~better | (before.passes + 1 >= _PASSES)
    stuck = (ending == LIMIT) & (end.iterations < system.limit) & useless
    ending = jnp.where(stuck, STAGNANT, ending)
    return _Pass(end.x, true, end.iterations, before.passes + 1, ending, end.history)


def _step(system: _System, now: _Step) -> _Step:
    """One iteration; right-hand sides that are solved stand still."""
    q = system.operator(now.p)
    curvature, moving = _dot(now.p, q), system.unsolved(now.r)
    alpha = jnp.where(moving, now.rz / jnp.where(curvature > 0, curvature, 1), 0)
    x, r = now.x + _wide(alpha, q) * now.p, now.r - _wide(alpha, q) * q
    z = system.precondition(r)
    beta = jnp.where(moving, _dot(z, r - now.r) / jnp.where(now.rz > 0, now.rz, 1), 0)
    worst = (_norm(r) / system.sizes).max()
    bent = jnp.where(moving & (curvature <= 0), CURVATURE, CONVERGED).max()
    ending = jnp.where(jnp.isfinite(worst), bent, NOT_FINITE)
    history = now.history.at[now.iterations].set(worst, mode="drop")
    return _Step(x, r, z + _wide(beta, q) * now.p, _dot(r, z), now.iterations + 1, ending, history)


def _dot(u: Array, v: Array) -> Array:
    return (u * v).reshape(len(u), -1).sum(1)


def _norm(u: Array) -> Array:
    return jnp.sqrt(_dot(u, u))


def _wide(numbers: Array, like: Array) -> Array:
    return numbers.reshape(-1, *[1] * (like.ndim - 1))
