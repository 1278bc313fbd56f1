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

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

CONVERGED, LIMIT, CURVATURE, NOT_FINITE, STAGNANT, GOING_ON = range(6)
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

    def after(self, tried: Outcome) -> Outcome:
        """Return this outcome as that of iterations which followed others."""
        number = jnp.arange(HISTORY)
        return self._replace(
            iterations=tried.iterations + self.iterations,
            applications=tried.applications + self.applications,
            history=jnp.where(number < tried.iterations, tried.history, jnp.roll(self.history, tried.iterations)),
        )


@dataclass(frozen=True)
class System:
    """What is solved, to which residual, in how many iterations.

    Parameters
    ----------
    operator, precondition : callable
        A and C, of arrays of the shape of b.
    b : array, shape (k, ...)
        Right-hand sides.
    rtol : float
        Relative residual to reach, of each right-hand side.
    limit : int, or int array, shape ()
        Iterations allowed.
    """

    operator: Callable[[Array], Array]
    precondition: Callable[[Array], Array]
    b: Array
    rtol: float
    limit: int | Array

    @property
    def sizes(self) -> Array:
        """Norms of the right-hand sides, one where they are zero, shape (k,)."""
        norms = _norm(self.b)
        return jnp.where(norms > 0, norms, 1)

    def residual(self, x: Array) -> Array:
        """Return b - A x."""
        return self.b - self.operator(x)

    def unsolved(self, r: Array) -> Array:
        """Return which right-hand sides have a residual that is too large, or not finite, shape (k,)."""
        return ~(_norm(r) <= self.rtol * _norm(self.b))

    def begun(self, x: Array, r: Array) -> _Step:
        """Return where the iteration stands before its first step."""
        none, going_on = jnp.zeros((), int), jnp.asarray(GOING_ON)
        return _Step(x, r, jnp.zeros_like(r), r, jnp.ones(len(r), r.dtype), none, going_on, jnp.zeros(HISTORY))


class _Step(NamedTuple):
    """Where the iteration stands: x, its residual, and the direction, residual and r.z before."""

    x: Array
    r: Array
    p: Array
    before: Array
    rz: Array
    iterations: Array
    trouble: Array
    history: Array


class _Pass(NamedTuple):
    """Where it stands between two true residuals."""

    x: Array
    r: Array
    iterations: Array
    passes: Array
    trouble: Array
    ending: Array
    history: Array


def conjugate_gradients(system: System, start: Array) -> Outcome:
    """Solve A x = b beginning at `start`, of the shape of b."""
    none, going_on = jnp.zeros((), int), jnp.asarray(GOING_ON)
    begin = _Pass(start, jnp.full_like(start, jnp.inf), none, none, going_on, going_on, jnp.zeros(HISTORY))
    end = jax.lax.while_loop(lambda now: now.ending == GOING_ON, partial(_pass, system), begin)
    applications = end.iterations + end.passes
    return Outcome(end.x, end.ending, end.iterations, applications, _norm(end.r) / system.sizes, end.history)


def unrolled(system: System, start: Array) -> Outcome:
    """Iterate in a loop of known length, which JAX can transpose; see `conjugate_gradients`."""
    halved = replace(system, rtol=system.rtol / 2)  # there is no second pass from a true residual

    @jax.checkpoint  # kept is where each iteration begins, and not what a cycle computes on the way
    def step(now: _Step, _: None) -> tuple[_Step, None]:
        over = ~halved.unsolved(now.r).any() | (now.trouble != GOING_ON)
        return jax.tree.map(lambda old, new: jnp.where(over, old, new), now, _step(halved, now)), None

    end = jax.lax.scan(step, system.begun(start, system.residual(start)), length=system.limit)[0]
    r = system.residual(end.x)
    solved = ~system.unsolved(r).any()
    ending = jnp.where(solved, CONVERGED, jnp.where(end.trouble == GOING_ON, LIMIT, end.trouble))
    return Outcome(end.x, ending, end.iterations, end.iterations + 2, _norm(r) / system.sizes, end.history)


def _pass(system: System, before: _Pass) -> _Pass:
    """Compute the true residual; iterate, where it is not small, until the one that is carried along is."""
    r = system.residual(before.x)
    size = _norm(r)
    useful = (size < _norm(before.r)).any() & (before.passes < _PASSES)
    cases = {
        CONVERGED: ~system.unsolved(r).any(),
        NOT_FINITE: ~jnp.isfinite(size).all(),
        CURVATURE: before.trouble == CURVATURE,
        LIMIT: before.iterations >= system.limit,
        STAGNANT: ~useful,
    }
    ending = jnp.select(list(cases.values()), list(cases), GOING_ON)
    begin = system.begun(before.x, r)._replace(iterations=before.iterations, trouble=ending, history=before.history)

    def going_on(now: _Step) -> Array:
        return (now.trouble == GOING_ON) & system.unsolved(now.r).any() & (now.iterations < system.limit)

    end = jax.lax.while_loop(going_on, partial(_step, system), begin)
    return _Pass(end.x, r, end.iterations, before.passes + 1, end.trouble, ending, end.history)


def _step(system: System, now: _Step) -> _Step:
    """One iteration; right-hand sides that are solved stand still."""
    moving = system.unsolved(now.r)
    z = system.precondition(now.r)
    rz = _inner(now.r, z)
    beta = jnp.where(moving, _inner(z, now.r - now.before) / jnp.where(now.rz > 0, now.rz, 1), 0)
    p = z + _wide(beta, z) * now.p
    q = system.operator(p)
    curvature = _inner(p, q)
    alpha = jnp.where(moving, rz / jnp.where(curvature > 0, curvature, 1), 0)
    x, r = now.x + _wide(alpha, q) * p, now.r - _wide(alpha, q) * q
    worst = (_norm(r) / system.sizes).max()
    bent = jnp.where(moving & (curvature <= 0), CURVATURE, GOING_ON).min()
    trouble = jnp.where(jnp.isfinite(worst), bent, NOT_FINITE)
    history = now.history.at[now.iterations].set(worst, mode="drop")
    return _Step(x, r, p, now.r, rz, now.iterations + 1, trouble, history)


def _inner(u: Array, v: Array) -> Array:
    return (u * v).reshape(len(u), -1).sum(1)


def _norm(u: Array) -> Array:
    """Return the norms, which decide where to stop and do nothing else: without a derivative, which zero has not."""
    return jnp.sqrt(jax.lax.stop_gradient(_inner(u, u)))


def _wide(numbers: Array, like: Array) -> Array:
    return numbers.reshape(-1, *[1] * (like.ndim - 1))
