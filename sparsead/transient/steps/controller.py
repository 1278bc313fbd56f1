"""The step-size controller: error norm, factor, first step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

_SAFETY, _LEAST, _MOST = 0.9, 0.2, 10.0


def error_norm(error: Any, u: Any, u1: Any, rtol: Any, atol: Any, controlled: int) -> Any:
    """Return the root mean square of the error in units of the tolerance; infinite where it is not a number.

    Parameters
    ----------
    error, u, u1 : array, shape (n,)
        Error of a step, state before and after.
    rtol, atol : array, shape ()
        Tolerances.
    controlled : int
        Leading components that count.

    Returns
    -------
    array, shape ()
        At most one: the step is good.
    """
    error, u, u1 = error[:controlled], u[:controlled], u1[:controlled]
    scale = atol + rtol * jnp.maximum(jnp.abs(u), jnp.abs(u1))
    ratio = jnp.abs(error) / scale
    largest = jnp.max(ratio, initial=0.0)
    unit = lax.stop_gradient(jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1.0))  # squares stay in range
    square = jnp.mean((ratio / unit) ** 2)
    size = jnp.where(largest > 0, unit * jnp.sqrt(jnp.where(largest > 0, square, 1.0)), 0.0)
    size = jnp.where(jnp.isnan(largest), jnp.inf, size)
    return jnp.where(jnp.isfinite(size) & jnp.isfinite(u1).all(), size, jnp.inf).astype(jnp.result_type(rtol))


def next_factor(size: Any, order: int) -> Any:
    """Return by how much to change h after an error of this size."""
    safe = jnp.maximum(size, 1e-10)
    return jnp.clip(_SAFETY * safe ** (-1.0 / order), _LEAST, _MOST)


def first_step(scheme: Any, data: Any, t: Any, u: Any, span: Any, rtol: Any, atol: Any, controlled: int) -> Any:
    """Return a first step size from the sizes of u, f and the change of f.

    References
    ----------
    E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I", II.4, 1993,
    doi:10.1007/978-3-540-78862-1.
    """
    f0 = scheme.field(t.astype(jnp.finfo(u.dtype).dtype), u, data)
    zero = jnp.zeros_like(u)
    size_u, size_f = jax.vmap(lambda x: error_norm(x, u, zero, rtol, atol, controlled))(jnp.stack([u, f0]))
    finite = jnp.isfinite(size_f)
    tiny = (size_u < 1e-5) | (size_f < 1e-5) | ~finite
    h0 = jnp.where(tiny, 1e-6 * span, 0.01 * size_u / jnp.where(tiny, 1.0, size_f))
    h0 = jnp.minimum(h0, span)
    short = h0.astype(jnp.finfo(u.dtype).dtype)
    f1 = scheme.field((t + h0).astype(short.dtype), u + short * f0, data)
    change = error_norm(f1 - f0, u, zero, rtol, atol, controlled) / h0
    largest = jnp.maximum(jnp.where(finite, size_f, 0.0), jnp.where(jnp.isfinite(change), change, 0.0))
    small = largest <= 1e-15
    h1 = jnp.where(
        small, jnp.maximum(1e-6 * span, h0 * 1e-3), (0.01 / jnp.where(small, 1.0, largest)) ** (1.0 / scheme.order)
    )
    return jnp.minimum(jnp.minimum(100 * h0, h1), span)
