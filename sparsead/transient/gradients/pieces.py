"""A run and its adjoint in pieces driven by the host, which go on where they were when they were killed.

Not for compiled programs: files are written between the pieces. Each piece is one compiled program, the same for all,
so that a run that was resumed gives the same digits as one that was not.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from sparsead.errors import NoDerivativeError
from sparsead.transient.checkpoints.disk import Disk, check_same, fingerprint, load, save
from sparsead.transient.checkpoints.record import zero_tangents
from sparsead.transient.gradients.sweep import Arriving, gathered_from, swept


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def states(disk: Disk, problem: Any, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    """Return the states at the requested times and the end of the run; reverse mode, outside of compiled programs."""
    out, end, _ = _forward_pieces(disk, problem, u0, (moving, fixed), controls)
    return out, end


def _forward(disk: Disk, problem: Any, u0: Any, moving: Any, fixed: Any, controls: Any) -> Any:
    out, end, counts = _forward_pieces(disk, problem, u0, (moving, fixed), controls)
    return (out, end), (moving, fixed, controls, counts)


def _backward(disk: Disk, problem: Any, residuals: Any, bars: Any) -> tuple[Any, ...]:
    moving, fixed, controls, counts = residuals
    data, folder = (moving, fixed), Path(disk.folder)
    sums = [jnp.zeros_like(x) for x in (controls.times, *moving)]
    bar, piece = bars[0][-1], -(-int(counts[-1]) // disk.steps) - 1
    mark = hashlib.sha256(np.asarray(bars[0]).tobytes()).hexdigest()
    saved = load(folder / "back.npz")
    if saved is not None and str(saved["mark"]) == mark:
        bar, piece = jnp.asarray(saved["bar"]), int(saved["piece"])
        sums = [jnp.asarray(saved[f"sum{i}"]) for i in range(len(sums))]
    for k in range(piece, -1, -1):
        found = load(folder / f"piece{k:06d}.npz")
        assert found is not None
        arrays = (jnp.asarray(found[name]) for name in ("u", "t", "h"))
        bar, sums = _piece_back(problem, data, *arrays, k * disk.steps, counts, bars[0], bar, sums)
        save(folder / "back.npz", mark=mark, bar=bar, piece=k - 1, **{f"sum{i}": s for i, s in enumerate(sums)})
    return bar + bars[0][0], tuple(sums[1:]), zero_tangents(fixed), zero_tangents(controls)._replace(times=sums[0])


states.defvjp(_forward, _backward)


def _forward_pieces(disk: Disk, problem: Any, u0: Any, data: Any, controls: Any) -> tuple[Any, Any, Any]:
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves((u0, data, controls))):
        raise NoDerivativeError(
            "checkpoints on disk in a compiled program",
            expected="concrete numbers: files are written between the pieces of a run",
            got="arrays traced by jit, vmap or jvp",
            fix='call jax.grad without jit around it, or use checkpoint="sqrt"',
        )
    folder, count = Path(disk.folder), controls.times.shape[0]
    mark = fingerprint(problem, u0, data, controls, disk.steps)
    p = problem.grid.begin(problem.scheme, data, u0, controls)
    out = jnp.zeros((count, *u0.shape), u0.dtype).at[0].set(u0)
    carry = (p, jnp.ones((), jnp.int32), out, jnp.zeros(count, jnp.int32))
    piece = 0
    saved = load(folder / "run.npz")
    if saved is not None:
        check_same(folder, str(saved["mark"]), mark)
        leaves = [jnp.asarray(saved[f"leaf{i}"]) for i in range(len(jax.tree.leaves(carry)))]
        carry, piece = jax.tree.unflatten(jax.tree.structure(carry), leaves), int(saved["piece"])
    while int(carry[1]) < count and int(carry[0].status) == 0:
        start = carry[0].u
        carry, t, h = _piece(problem.held, disk.steps, data, controls, carry)
        save(folder / f"piece{piece:06d}.npz", u=start, t=t, h=h)
        piece += 1
        leaves = jax.tree.leaves(carry)
        save(folder / "run.npz", mark=mark, piece=piece, **{f"leaf{i}": x for i, x in enumerate(leaves)})
    return carry[2], carry[0], carry[3]


@partial(jax.jit, static_argnums=(0, 1))
def _piece(problem: Any, steps: int, data: Any, controls: Any, carry: Any) -> tuple[Any, Any, Any]:
    """Go on for so many accepted steps, or to the last time; return their times and sizes too."""
    grid, count = problem.grid, controls.times.shape[0]
    first = carry[0].accepted

    def going(c: Any) -> Any:
        (p, j, _, _), _, _ = c
        return (j < count) & (p.status == 0) & (p.accepted - first < steps)

    def one(c: Any) -> Any:
        (p, j, out, counts), t, h = c
        goal = grid.goal(controls, j)
        i = p.accepted - first
        after = grid.advance(problem.scheme, data, controls, goal, p)
        at, size = (p.t, after.used) if grid.adaptive else grid.place(controls, p)
        there = ~grid.going(after, goal) & (after.status == 0)
        out = jnp.where(there, out.at[j].set(after.u), out)
        counts = jnp.where(there, counts.at[j].set(after.accepted), counts)
        return (after, j + there, out, counts), t.at[i].set(at), h.at[i].set(size)

    blank = jnp.broadcast_to(controls.times[0], (steps,))
    return lax.while_loop(going, one, (carry, blank, jnp.ones_like(blank)))


@partial(jax.jit, static_argnums=0)
def _piece_back(
    problem: Any, data: Any, u: Any, t: Any, h: Any, first: Any, counts: Any, bars: Any, bar: Any, sums: Any
) -> tuple[Any, Any]:
    """Sweep back over one piece, whose states are found again from its first; the first sum is that of the times."""
    length = t.shape[0]
    valid = jnp.minimum(counts[-1] - first, length)

    def one(i: Any, carry: Any) -> Any:
        u, kept = carry
        u = problem.scheme.step(data, t[i], h[i], u)
        return u, kept.at[i + 1].set(u)

    kept = lax.fori_loop(0, valid, one, (u, jnp.broadcast_to(u, (length + 1, *u.shape))))[1]
    timed = problem.grid.moving
    bar, multipliers, afters = swept(problem, data, t, h, kept, bar, Arriving(counts, bars, first), valid, timed)
    times_bar, *sums = sums
    if timed:
        steps = (t, h, kept[:-1], kept[1:], afters, multipliers)
        times_bar = gathered_from(problem, counts, data, first, valid, steps, times_bar)
    if sums:
        parts = problem.scheme.contract(data, t, h, kept[:-1], kept[1:], multipliers, (True,) * len(sums))
        sums = [a + b for a, b in zip(sums, parts, strict=True)]
    return bar, [times_bar, *sums]
