"""A run that keeps a fixed number of states, and its adjoint: walk again from snapshots, take new ones where they pay.

Offline, where the number of steps is known, the first walk takes its snapshots where the binomial schedule wants them.
Online, where it is not, snapshots are moved while walking, so that they stay spread at any time. Back, both are the
same: from the last snapshot to the step that is due, leaving further snapshots on the way by the binomial schedule.

References
----------
Q. Wang, P. Moin, G. Iaccarino, "Minimal repetition dynamic checkpointing algorithm for unsteady adjoint calculation",
2009, doi:10.1137/080727890.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from sparsead.transient.checkpoints.binomial import positions, traced_distance
from sparsead.transient.checkpoints.record import place_of
from sparsead.transient.steps.grid import Controls, walk
from sparsead.transient.steps.moved import touched

_NONE = np.iinfo(np.int32).max


class Snapshots(NamedTuple):
    """The frozen grid of a run, and a few of its states.

    Parameters
    ----------
    t, h : array, shape (c,), or None
        Time and size of each accepted step; None on a fixed grid.
    kept : array, shape (s, n)
        States.
    at : int array, shape (s,)
        Step that begins with each; the largest number where there is none.
    counts : int array, shape (m,)
        Accepted steps at each requested time.
    """

    t: Any
    h: Any
    kept: Any
    at: Any
    counts: Any


def record(problem: Any, data: Any, u0: Any, controls: Controls) -> tuple[Any, Snapshots, Any]:
    """Return the states at the requested times, shape (m, n), the record, and the end of the run."""
    grid, scheme, s = problem.grid, problem.scheme, problem.snapshots
    t = jnp.broadcast_to(controls.times[0], (grid.capacity,)) if grid.adaptive else None
    at = jnp.full(s, _NONE, jnp.int32).at[0].set(0)
    store = Snapshots(t, None if t is None else jnp.ones_like(t), jnp.broadcast_to(u0, (s, *u0.shape)), at, None)
    level = jnp.zeros(s, jnp.int32).at[0].set(_NONE)  # the first state is needed last: nothing outranks it
    plan = jnp.asarray([] if grid.adaptive else positions(grid.capacity, s), jnp.int32)
    begin = grid.begin(scheme, data, u0, controls)

    def interval(carry: Any, j: Any) -> tuple[Any, Any]:
        def one(goal: Any, carry: Any) -> Any:
            p, store, level = carry
            after = grid.advance(scheme, data, controls, goal, p)
            if grid.adaptive:
                i = p.accepted
                store = store._replace(t=store.t.at[i].set(p.t), h=store.h.at[i].set(after.used))
                return lax.cond(after.accepted > i, _online, lambda *c: c, after, store, level)
            slot = jnp.searchsorted(plan, after.accepted)
            planned = plan[jnp.minimum(slot, plan.shape[0] - 1)] == after.accepted
            store = lax.cond(planned, lambda st: _put(st, slot, after), lambda st: st, store)
            return after, store, level

        p, store, level = walk(grid, controls, one, carry, j)
        return (p, store, level), (p.u, p.accepted)

    (end, store, _), (states, counts) = lax.scan(
        interval, (begin, store, level), jnp.arange(1, controls.times.shape[0])
    )
    counts = jnp.concatenate([jnp.zeros((1,), counts.dtype), counts])
    order = jnp.argsort(store.at)
    store = store._replace(kept=store.kept[order], at=store.at[order], counts=counts)
    return jnp.concatenate([u0[None], states]), store, end


def _put(store: Snapshots, slot: Any, p: Any) -> Snapshots:
    return store._replace(kept=store.kept.at[slot].set(p.u), at=store.at.at[slot].set(p.accepted))


def _online(p: Any, store: Snapshots, level: Any) -> tuple[Any, Snapshots, Any]:
    """Take a snapshot of the newest state, in place of one that a later one of a higher level outranks."""
    if store.at.shape[0] == 1:
        return p, store, level
    used = store.at != _NONE
    later = (store.at[None, :] > store.at[:, None]) & used[None, :] & used[:, None]
    outranked = (later & (level[None, :] > level[:, None])).any(1)
    newest = jnp.argmax(jnp.where(used, store.at, -1))
    free, spare = ~used, outranked.any()
    slot = jnp.where(free.any(), jnp.argmax(free), jnp.where(spare, jnp.argmax(outranked), newest))
    rank = jnp.where(free.any() | spare, 0, level[newest] + 1)
    return p, _put(store, slot, p), level.at[slot].set(rank)


def adjoints(static: Any, residuals: Any, bars: Any) -> Any:
    """Return the cotangents of u0, of the wanted data and times, from those of the states, shape (m, n)."""
    problem, wanted = static
    store, data, _, controls = residuals
    scheme, rows = problem.scheme, problem.segment
    n, width = bars.shape[1], scheme.width(store.kept[0])
    sums = [jnp.zeros_like(x) for x, want in zip(data[0], wanted.data, strict=True) if want]
    times_bar = (jnp.zeros_like(controls.times),) if wanted.times else ()
    depth = jnp.sum(store.at < store.counts[-1]).astype(jnp.int32)  # the last state itself begins no step

    def place(i: Any) -> tuple[Any, Any]:
        return place_of(problem, store, controls, i)

    def flushed(batch: Any, sums: Any) -> Any:
        steps, u, u1, multipliers, _ = batch
        t, h = jax.vmap(place)(steps)
        parts = scheme.contract(data, t, h, u, u1, multipliers, wanted.data) if sums else []
        return [a + b for a, b in zip(sums, parts, strict=True)]

    def back(carry: Any) -> Any:
        i, stack, depth, bar, sums, times_bar, batch = carry
        u, stack, depth = _walk(problem, store, data, place, stack, depth, i - 1)
        bar = bar + _added(store, bars, i)
        t, h = place(i - 1)
        u1 = scheme.step(data, t, h, u) if scheme.implicit else u
        after = bar
        bar, multiplier = scheme.pull(data, t, h, u, u1, after)
        if times_bar:
            times_bar = (touched(scheme, store.counts, data, i - 1, (t, h, u, u1, after, multiplier), *times_bar),)
        steps, us, u1s, ms, count = batch
        steps, us = steps.at[count].set(i - 1), us.at[count].set(u)
        batch = (steps, us, u1s.at[count].set(u1), ms.at[count].set(multiplier), count + 1)
        full = batch[-1] == rows
        sums = lax.cond(full, flushed, lambda _, sums: sums, batch, sums)
        cleared = (*batch[:3], jnp.where(full, 0, batch[3]), jnp.where(full, 0, batch[4]))
        depth = depth - ((stack[1][depth - 1] == i - 1) & (i > 1))
        return i - 1, stack, depth, bar, sums, times_bar, cleared

    states = jnp.broadcast_to(store.kept[0], (rows, n))
    batch = (jnp.zeros(rows, jnp.int32), states, states, jnp.zeros((rows, width), bars.dtype), jnp.zeros((), jnp.int32))
    begin = (store.counts[-1], (store.kept, store.at), depth, jnp.zeros_like(bars[0]), sums, times_bar, batch)
    _, _, _, bar, sums, times_bar, batch = lax.while_loop(lambda c: c[0] > 0, back, begin)
    return bar + bars[0], flushed(batch, sums), times_bar


def _added(store: Snapshots, bars: Any, i: Any) -> Any:
    """The cotangent that a requested state adds after i steps."""
    j = jnp.minimum(jnp.searchsorted(store.counts[1:], i), bars.shape[0] - 2)
    return jnp.where(store.counts[1:][j] == i, bars[1:][j], 0)


def _walk(problem: Any, store: Any, data: Any, place: Any, stack: Any, depth: Any, goal: Any) -> tuple[Any, Any, Any]:
    """The state at the start of step `goal`, walking from the last snapshot and leaving new ones on the way."""

    def walk(u: Any, begin: Any, end: Any) -> Any:
        return lax.fori_loop(begin, end, lambda i, u: problem.scheme.step(data, *place(i), u), u)

    def more(carry: Any) -> Any:
        u, at, (kept, places), depth = carry
        free = problem.snapshots - depth
        far = jnp.where(free > 0, traced_distance(goal + 1 - at, free + 1), goal - at)
        u, at = walk(u, at, at + far), at + far
        # Where the goal itself is reached nothing is left to come back for.
        keep = (free > 0) & (at < goal)
        slot = jnp.where(keep, depth, problem.snapshots)
        return u, at, (kept.at[slot].set(u, mode="drop"), places.at[slot].set(at, mode="drop")), depth + keep

    top = depth - 1
    begin = (stack[0][top], stack[1][top], stack, depth)
    u, _, stack, depth = lax.while_loop(lambda c: c[1] < goal, more, begin)
    return u, stack, depth
