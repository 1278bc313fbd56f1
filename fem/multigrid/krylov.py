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


class _Pass(NamedTuple):
    x: Array
    r: Array
    p: Array
    rz: Array
    iterations: Array
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
    sizes = _norm(b)
    enough = rtol * sizes

    def one_pass(state: tuple[Array, Array, Array, Array, Array, Array]) -> tuple[Array, ...]:
        x, r, iterations, passes, _, history = state
        z = precondition(r)
        begin = _Pass(x, r, z, _dot(r, z), iterations, jnp.asarray(CONVERGED), history)

        def go(now: _Pass) -> Array:
            return (now.ending == CONVERGED) & (_norm(now.r) > enough).any() & (now.iterations < limit)

        def step(now: _Pass) -> _Pass:
            q = operator(now.p)
            curvature = _dot(now.p, q)
            moving = _norm(now.r) > enough
            alpha = jnp.where(moving, now.rz / jnp.where(curvature > 0, curvature, 1), 0)
            x, r = now.x + _wide(alpha, b) * now.p, now.r - _wide(alpha, b) * q
            z = precondition(r)
            beta = jnp.where(moving, _dot(z, r - now.r) / jnp.where(now.rz > 0, now.rz, 1), 0)
            worst = (_norm(r) / jnp.where(sizes > 0, sizes, 1)).max()
            ending = jnp.where(
                jnp.isfinite(worst),
                jnp.where(moving & (curvature <= 0), CURVATURE, CONVERGED).max(),
                NOT_FINITE,
            )
            history = now.history.at[now.iterations].set(worst, mode="drop")
            return _Pass(x, r, z + _wide(beta, b) * now.p, _dot(r, z), now.iterations + 1, ending, history)

        end = jax.lax.while_loop(go, step, begin)
        true = b - operator(end.x)
        done, better = (_norm(true) <= enough).all(), (_norm(true) < _norm(r)).any()
        ending = jnp.where(done, CONVERGED, jnp.where(end.ending != CONVERGED, end.ending, LIMIT))
        stuck = ~done & (ending == LIMIT) & (end.iterations < limit) & (~better | (passes + 1 >= _PASSES))
        return end.x, true, end.iterations, passes + 1, jnp.where(stuck, STAGNANT, ending), end.history

    def again(state: tuple[Array, ...]) -> Array:
        _, r, iterations, passes, ending, _ = state
        going_on = (ending == LIMIT) | (passes == 0)
        return going_on & (iterations < limit) & (_norm(r) > enough).any()

    none = jnp.zeros((), int)
    residual = b - operator(start)
    state = (start, residual, none, none, jnp.asarray(CONVERGED), jnp.zeros(HISTORY))
    x, r, iterations, passes, ending, history = jax.lax.while_loop(again, one_pass, state)
    return Outcome(x, ending, iterations, iterations + passes + 1, _norm(r) / jnp.where(sizes > 0, sizes, 1), history)


def _dot(u: Array, v: Array) -> Array:
    return (u * v).reshape(len(u), -1).sum(1)


def _norm(u: Array) -> Array:
    return jnp.sqrt(_dot(u, u))


def _wide(numbers: Array, like: Array) -> Array:
    return numbers.reshape(-1, *[1] * (like.ndim - 1))
