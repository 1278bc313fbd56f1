"""What a run leaves behind for its derivatives: the accepted times and steps, and all states or some.

A run is cut into segments of a fixed number of steps. Kept are the states at the start of every step, or at the start
of every segment only; the states in between are then found by walking through one segment again, with its recorded
steps and no search.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.checkpoints.chunks import chunk_of, filled
from sparsead.transient.checkpoints.room import rows_of
from sparsead.transient.steps.grid import Controls, Progress, walk
from sparsead.transient.steps.moved import moved


class Record(NamedTuple):
    """The frozen grid of a run and its kept states.

    Parameters
    ----------
    t, h : array, shape (c,), or None
        Time and size of each accepted step; None on a fixed grid, where they follow from the number of the step.
    kept : array, shape (c + 1, n) or (segments + 1, n)
        States at the start of every step, or of every segment.
    counts : int array, shape (m,)
        Accepted steps at each requested time.
    """

    t: Any
    h: Any
    kept: Any
    counts: Any


def segment_count(capacity: int, length: int) -> int:
    """Return the number of segments that hold `capacity` steps."""
    return max(1, -(-capacity // length))


def record(problem: Any, data: Any, u0: Any, controls: Controls) -> tuple[Any, Record, Progress]:
    """Return the states at the requested times, shape (m, n), the record, and the end of the run."""
    grid, scheme = problem.grid, problem.scheme
    chunk = chunk_of(problem, u0)
    rows = segment_count(grid.capacity, problem.segment) * problem.segment + chunk
    kept_rows = rows + 1 if problem.keeps_all else rows // problem.segment + 1
    t = jnp.broadcast_to(controls.times[0], (rows,)) if grid.adaptive else None
    # Steps that never were are treated in the last segment with the others: their states must be numbers.
    kept = rows_of(u0, kept_rows, filled=grid.adaptive or rows != grid.capacity)
    store = Record(t, None if t is None else jnp.ones_like(t), kept, None)
    begin = grid.begin(scheme, data, u0, controls)

    def interval(carry: Any, j: Any) -> tuple[Any, Any]:
        def one(goal: Any, carry: Any) -> Any:
            p, store = carry
            after = grid.advance(scheme, data, controls, goal, p)
            return after, _written(problem, store, p, after)

        if chunk:
            p, store = filled(problem, data, controls, carry, j, chunk)
        else:
            p, store = walk(grid, controls, one, carry, j)
        return (p, store), (p.u, p.accepted)

    (end, store), (states, counts) = lax.scan(interval, (begin, store), jnp.arange(1, controls.times.shape[0]))
    counts = jnp.concatenate([jnp.zeros((1,), counts.dtype), counts])
    return jnp.concatenate([u0[None], states]), store._replace(counts=counts), end


def _written(problem: Any, store: Record, before: Progress, after: Progress) -> Record:
    """The record with one more step; a rejected one is overwritten by the next."""
    i = before.accepted
    if problem.grid.adaptive:
        store = store._replace(t=store.t.at[i].set(before.t), h=store.h.at[i].set(after.used))
    if problem.keeps_all:
        return store._replace(kept=store.kept.at[after.accepted].set(after.u))
    # Between two starts of segments the same row is written again and again: the last write is the start itself.
    row = -(-after.accepted // problem.segment)
    return store._replace(kept=store.kept.at[row].set(after.u))


def times_of(problem: Any, store: Record, controls: Controls, first: Any) -> tuple[Any, Any]:
    """Return t and h of a segment that begins with step `first`, both (segment,)."""
    steps = first + jnp.arange(problem.segment)
    if problem.grid.adaptive:
        t, h = (lax.dynamic_slice_in_dim(x, first, problem.segment) for x in (store.t, store.h))
    else:
        t = lax.stop_gradient(controls.times[0]) + steps * controls.h
        h = jnp.broadcast_to(controls.h, (problem.segment,))
    if not problem.grid.moving:
        return t, h
    return jax.vmap(lambda i, t, h: moved(store.counts, controls.times, i, t, h))(steps, t, h)


def place_of(problem: Any, store: Any, controls: Controls, i: Any) -> tuple[Any, Any]:
    """Return t and h of step i, which move with the requested times."""
    if problem.grid.adaptive:
        t, h = store.t[i], store.h[i]
    else:
        t, h = lax.stop_gradient(controls.times[0]) + i * controls.h, controls.h
    return moved(store.counts, controls.times, i, t, h) if problem.grid.moving else (t, h)


def states_of(problem: Any, store: Record, data: Any, t: Any, h: Any, first: Any) -> Any:
    """Return the states from the start of a segment to its end, shape (segment + 1, n)."""
    length = problem.segment
    if problem.keeps_all:
        return lax.dynamic_slice_in_dim(store.kept, first, length + 1)
    start = lax.dynamic_index_in_dim(store.kept, first // length, keepdims=False)
    valid = jnp.minimum(store.counts[-1] - first, length)

    def one(i: Any, carry: Any) -> Any:
        u, states = carry
        u = problem.scheme.step(data, t[i], h[i], u)
        return u, states.at[i + 1].set(u)

    states = jnp.broadcast_to(start, (length + 1, *start.shape))
    return lax.fori_loop(0, valid, one, (start, states))[1]


def zero_tangents(tree: Any) -> Any:
    """Return zero tangents of a pytree, of the type that JAX wants for whole numbers."""
    return jax.tree.map(
        lambda x: (
            jnp.zeros(jnp.shape(x), jax.dtypes.float0)
            if not jnp.issubdtype(jnp.result_type(x), jnp.inexact)
            else jnp.zeros_like(x)
        ),
        tree,
    )
