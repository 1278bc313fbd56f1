"""The continuous adjoint: state, λ and the gradient integrated back in time together, nothing stored.

Derivation
----------
With s = −t, from the last time to the first::

    du/ds = −f(t, u, θ),   dλ/ds = f_u(t, u, θ)ᵀ λ,   dθ̄/ds = f_θ(t, u, θ)ᵀ λ

States move along their slopes with the requested times (`along`).

The state that comes back is not the state that went out; where the flow contracts (diffusion, friction) it leaves it
exponentially fast, and the gradient with it. So the miss is measured at every requested time, and raised.

References
----------
R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, "Neural Ordinary Differential Equations", NeurIPS 2018,
doi:10.48550/arXiv.1806.07366.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree

from sparsead.transient.equations.field import Field
from sparsead.transient.gradients.aca import plain
from sparsead.transient.gradients.along import along
from sparsead.transient.reports.failures import missed
from sparsead.transient.steps.grid import reach


@dataclass(frozen=True)
class Backsolve:
    """Gradient by integrating backwards; raises where the trajectory does not come back.

    Parameters
    ----------
    limit : float
        How far the reversed state may be from the stored one, in units of ``atol + rtol |u|`` (with h fixed: of the
        tolerances 1e-9 and 1e-6).
    """

    limit: float = 100.0


def states(limit: float, problem: Any, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    """Return the states at the requested times and the end of the run; reverse mode only."""
    if not problem.grid.moving:
        return _on_held_grid(limit, problem, u0, moving, fixed, controls)
    times, data = controls.times, (moving, fixed)
    held = lax.stop_gradient(controls)
    begin = along(u0, -_slope(problem, data, held.times[0], u0), times[0])
    out, end = _on_held_grid(limit, problem, begin, moving, fixed, held)
    slopes = jax.vmap(lambda t, u: _slope(problem, data, t, u))(held.times, out)
    return along(out, slopes, times), end


def _slope(problem: Any, data: Any, t: Any, u: Any) -> Any:
    return problem.scheme.field(t.astype(jnp.finfo(u.dtype).dtype), u, data)


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _on_held_grid(limit: float, problem: Any, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    return plain(problem, u0, (moving, fixed), controls)


def _forward(limit: float, problem: Any, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    out, end = plain(problem, u0, (moving, fixed), controls)
    return (out, end), (out, moving, fixed, controls)


def _backward(limit: float, problem: Any, residuals: Any, bars: Any) -> tuple[Any, ...]:
    out, moving, fixed, controls = residuals
    u_bar, sums, miss, j = _integrate_back(problem, out, (moving, fixed), controls, bars[0])
    u_bar, sums = missed((u_bar, sums), miss, j, controls.times, limit)
    return u_bar, sums, None, None


_on_held_grid.defvjp(_forward, _backward)


@partial(jax.jit, static_argnums=0)
def _integrate_back(problem: Any, out: Any, data: Any, controls: Any, bars: Any) -> tuple[Any, ...]:
    """Cotangents of the first state and of the data, the largest miss and where it was."""
    n, count = out.shape[1], out.shape[0]
    moving, _ = data
    sums, unravel = ravel_pytree(jax.tree.map(jnp.zeros_like, moving))
    field = Field(partial(_reversed, problem.scheme.field, n), ("backsolve", problem.scheme.field.key, n))
    scheme = replace(problem.scheme, field=field)
    grid = replace(problem.grid, controlled=2 * n + sums.size) if problem.grid.adaptive else problem.grid
    rtol = jnp.where(controls.rtol > 0, controls.rtol, 1e-6)
    atol = jnp.where(controls.atol > 0, controls.atol, 1e-9)

    def interval(carry: Any, j: Any) -> tuple[Any, Any]:
        bar, sums = carry
        z = jnp.concatenate([out[j], bar, sums])
        back = controls._replace(
            times=-controls.times[jnp.array([j, j - 1])],
            counts=jnp.array([0, controls.counts[j] - controls.counts[j - 1]]),
        )
        p = reach(grid, scheme, data, back, grid.begin(scheme, data, z, back), 1)
        u, bar, sums = p.u[:n], p.u[n : 2 * n], p.u[2 * n :]
        miss = jnp.max(jnp.abs(u - out[j - 1]) / (atol + rtol * jnp.abs(out[j - 1])))
        miss = jnp.where(jnp.isfinite(p.u).all() & (p.status == 0), miss, jnp.inf)
        return (bar + bars[j - 1], sums), miss

    (bar, sums), misses = lax.scan(interval, (bars[-1], sums), jnp.arange(count - 1, 0, -1))
    worst = jnp.argmax(misses)
    return bar, unravel(sums), misses[worst], count - 2 - worst


def _reversed(field: Field, n: int, s: Any, z: Any, data: Any) -> Any:
    """Slope of (u, λ, θ̄) over s = −t."""
    u, bar = z[:n], z[n : 2 * n]
    moving, fixed = data
    slope, pullback = jax.vjp(lambda u, moving: field(-s, u, (moving, fixed)), u, moving)
    u_bar, sums = pullback(bar)
    return jnp.concatenate([-slope, u_bar, ravel_pytree(sums)[0].astype(u.dtype)])
