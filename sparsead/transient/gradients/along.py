"""States as functions of the requested times where the steps stay: along their slope.

Derivation
----------
Where no step can follow a time that moves, because a formula knows steps of one size only (BDF) or the gradient is that
of the equation and not of the steps (backsolve), the grid stays whole, and states move along the polynomial of the
method, whose slope at the end of a step is that of the equation::

    du(t_j) = v_j dt_j,    v_j = f(t_j, u_j)              at a requested time
    du₀     = −v₀ dt₀                                    of the run: at t₀ it was on the way to u₀, which is given
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from sparsead.errors import NoDerivativeError


@jax.custom_jvp
def along(u: Any, slope: Any, t: Any) -> Any:
    """Return states as they are, which move along their slopes with the times.

    Parameters
    ----------
    u, slope : array, shape (..., n)
        States and slopes.
    t : array, shape (...)
        Times.

    Raises
    ------
    NoDerivativeError
        If a second derivative in the times is asked for.
    """
    del slope, t
    return u


@along.defjvp
def _along_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
    u, slope, t = primals
    du, _, dt = tangents
    return along(u, slope, t), du + _once(slope, t) * dt[..., None].astype(jnp.finfo(u.dtype).dtype)


@jax.custom_jvp
def _once(slope: Any, t: Any) -> Any:
    del t
    return slope


def _once_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
    slope, t = primals
    d_slope, dt = tangents
    if type(dt) is not SymbolicZero:
        raise NoDerivativeError(
            "a second derivative in the times is asked for",
            expected="one derivative in t with BDF: the slope at the end of a step",
            got="two derivatives in t",
            fix='a method of one step, such as method="sdirk4"',
        )
    return _once(slope, t), jnp.zeros_like(slope) if type(d_slope) is SymbolicZero else d_slope


_once.defjvp(_once_jvp, symbolic_zeros=True)
