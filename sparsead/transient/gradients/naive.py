"""Reverse mode through the whole solver, step-size search included: what ACA is compared with, not what to use."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


@partial(jax.jit, static_argnums=0)
def states(problem: Any, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    """Return the states at the requested times and the end of the run; JAX tapes every trial.

    The loop over trials has the length of `max_steps`, because JAX cannot go back through one whose length it does not
    know; the step size is differentiated like everything else.
    """
    grid = replace(problem.grid, frozen=False) if problem.grid.adaptive else problem.grid
    scheme, data, times = problem.scheme, (moving, fixed), controls.times
    count = times.shape[0]

    def trial(carry: Any, _: Any) -> tuple[Any, None]:
        p, j, out = carry
        goal = grid.goal(controls, jnp.minimum(j, count - 1))
        p = lax.cond(
            (j < count) & grid.going(p, goal), lambda p: grid.advance(scheme, data, controls, goal, p), lambda p: p, p
        )
        there = (j < count) & ~grid.going(p, goal) & (p.status == 0)
        out = lax.cond(there, lambda out: out.at[j].set(p.u), lambda out: out, out)
        return (p, j + there, out), None

    begin = grid.begin(scheme, data, u0, controls)
    out = jnp.zeros((count, *u0.shape), u0.dtype).at[0].set(u0)
    (end, _, out), _ = lax.scan(trial, (begin, jnp.ones((), jnp.int32), out), None, length=grid.capacity)
    return out, end
