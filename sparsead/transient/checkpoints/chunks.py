"""Recording small states of an adaptive run a few steps at a time.

XLA compiles a loop over less than about a kilobyte into one function, and runs a larger one operation by operation, at
half a microsecond a step. A record makes any loop large. So an inner loop writes a few steps into arrays of its own,
small enough, and an outer one copies these into the record. A fixed step is one operation or two, and gains nothing.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

_BYTES = 512  # of a few steps; the rest of the kilobyte is for what the loop carries besides; measured
_PLACE = 16  # bytes of time and size of a step
_FEWEST, _MOST = 4, 16


def chunk_of(problem: Any, u: Any) -> int:
    """Return how many steps to write at a time, zero where one by one is as good."""
    if not (problem.keeps_all and problem.grid.adaptive) or problem.scheme.implicit:
        return 0
    steps = _BYTES // (u.dtype.itemsize * u.size + _PLACE)
    return min(steps, _MOST) if steps >= _FEWEST else 0


def filled(problem: Any, data: Any, controls: Any, carry: Any, j: Any, length: int) -> Any:
    """Return the progress at the requested time j and the record, with room for `length` steps more than there are.

    Parameters
    ----------
    problem : Problem
        What is run; all states are kept.
    data, controls : tuple
        As in `record`.
    carry : tuple
        ``(progress, record)`` so far.
    j : int array, shape ()
        Number of the requested time.
    length : int
        Steps to write at a time.
    """
    grid, scheme = problem.grid, problem.scheme
    goal = grid.goal(controls, j)

    def several(carry: Any) -> Any:
        p, store = carry
        first, u = p.accepted, jnp.broadcast_to(p.u, (length, *p.u.shape))
        t = jnp.broadcast_to(controls.times[0], (length,))

        def one(carry: Any) -> Any:
            p, (u, t, h) = carry
            after, i = grid.advance(scheme, data, controls, goal, p), p.accepted - first
            return after, (u.at[i].set(after.u), t.at[i].set(p.t), h.at[i].set(after.used))

        def going(carry: Any) -> Any:
            p = carry[0]
            return grid.going(p, goal) & (p.accepted - first < length)

        p, (u, t, h) = lax.while_loop(going, one, (p, (u, t, jnp.ones_like(t))))
        return p, store._replace(
            kept=lax.dynamic_update_slice_in_dim(store.kept, u, first + 1, 0),
            t=lax.dynamic_update_slice_in_dim(store.t, t, first, 0),
            h=lax.dynamic_update_slice_in_dim(store.h, h, first, 0),
        )

    return lax.while_loop(lambda c: grid.going(c[0], goal), several, carry)
