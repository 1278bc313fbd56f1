"""Prescribed motion: dofs whose history is given are eliminated, with their inertia, damping and stiffness forces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.checks import check_indices
from sparsead.transient.equations import traced
from sparsead.transient.equations.semidiscrete import Parts


def free_of(dofs: Any, n: int) -> tuple[Any, Any]:
    """Return the prescribed dofs and the free ones.

    Raises
    ------
    PatternError, NoDerivativeError
        If they are no indices below n, or traced.
    """
    chosen = check_indices("prescribed dofs", dofs, n, "the mass matrix")
    free = np.ones(n, bool)
    free[chosen] = False
    return chosen, np.flatnonzero(free)


def derivatives(motion: Callable[..., Any], t: Any, params: Any) -> tuple[Any, Any, Any]:
    """Return the prescribed values and their first two derivatives in time, each (p,)."""
    one = jnp.ones_like(t)

    def value(t: Any) -> Any:
        return jnp.asarray(motion(t, params))

    def rate(t: Any) -> Any:
        return jax.jvp(value, (t,), (one,))[1]

    return value(t), rate(t), jax.jvp(rate, (t,), (one,))[1]


def prescribed_parts(parts: Parts, dofs: Any, free: Any, motion: Callable[..., Any]) -> Parts:
    """Return the parts of the free dofs; the forces of the prescribed ones are part of the load."""
    n = parts.mass.shape[0]
    matrices = (parts.mass, parts.stiffness, parts.damping)
    across = [None if m is None else m.select(free, dofs) for m in matrices]
    mass, stiffness, damping = (None if m is None else m.select(free, free) for m in matrices)

    def whole(t: Any, u: Any, params: Any) -> Any:
        return jnp.zeros(n, u.dtype).at[free].set(u).at[dofs].set(motion(t, params))

    def load(t: Any, params: Any) -> Any:
        u, v, a = derivatives(motion, t, params)
        given = parts.load(t, params) if callable(parts.load) else parts.load
        total = 0.0 if given is None else given[free]
        for matrix, moved in zip(across, (a if parts.second else v, u, v), strict=True):
            total = total if matrix is None else total - matrix @ moved
        return total

    internal, tangent, functional = parts.internal, parts.tangent, parts.functional

    def of_all(t: Any, state: Any, params: Any) -> Any:
        given = derivatives(motion, t, params)
        found = _joined(dofs, free, given, list(state) if parts.second else [state])
        return functional(t, type(state)(*found) if parts.second else found[0], params)

    return Parts(
        mass,
        stiffness,
        damping,
        None if internal is None else lambda t, u, params: internal(t, whole(t, u, params), params)[free],
        None if tangent is None else lambda t, u, params: tangent(t, whole(t, u, params), params).select(free, free),
        load,
        parts.second,
        None if functional is None else of_all,
    )


def with_prescribed(dofs: Any, free: Any, motion: Any, times: Any, params: Any, rows: list[Any]) -> list[Any]:
    """Return the rows of all dofs, each (m, n)."""

    def given(times: Any, params: Any) -> Any:
        return jax.vmap(lambda t: derivatives(motion, t, params))(times)

    (program,), data = traced.trace([(given, (times,))], params)
    return _whole(program, data, times, dofs, free, rows)


@jax.jit
def rows_of(u: Any, dofs: Any) -> Any:
    """Return the rows of some dofs."""
    return u[dofs]


@partial(jax.jit, static_argnums=0)
def _whole(program: Any, data: Any, times: Any, dofs: Any, free: Any, rows: list[Any]) -> list[Any]:
    given = program(data, times)
    return jax.vmap(lambda given, rows: _joined(dofs, free, given, rows))(given, rows)


def _joined(dofs: Any, free: Any, given: Any, rows: list[Any]) -> list[Any]:
    """The rows of all dofs at one time, each (n,)."""
    n = len(dofs) + len(free)
    return [jnp.zeros(n, row.dtype).at[free].set(row).at[dofs].set(g) for row, g in zip(rows, given, strict=False)]
