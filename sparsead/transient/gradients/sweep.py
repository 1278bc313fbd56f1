"""Tangents and adjoints of a run on its frozen grid.

Derivation
----------
A step is ``u₁ = Φ(t, h, u₀, θ)``. The grid was accepted and is frozen: t and h are constants, but in the steps that
touch a requested time (`steps.moved`). So::

    du₁ = Φ_u du₀ + Φ_θ dθ + Φ_t dt + Φ_h dh                                  tangent
    λ₀  = Φ_uᵀ λ₁ + ū₀,   θ̄ = Σᵢ Φ_θ(uᵢ)ᵀ λᵢ₊₁,   (t̄, h̄)ᵢ = (Φ_t, Φ_h)ᵀ λᵢ₊₁    adjoint

The recursion for λ is sequential, the sum is not: for each segment of steps λ is swept first, then one batched
pullback over all its steps gives the sum. For few unknowns the matrices Φ_u of a segment are made in one batch too,
which leaves a product of a small matrix and a vector to each step of the sweep. λ is kept for one segment only. For
many unknowns and few data one pullback of the step gives both, and the sum is made on the way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.checkpoints.record import place_of, states_of, times_of
from sparsead.transient.steps.moved import touched

_SMALL = 16  # unknowns up to which the matrices of all steps are made; measured
_FEW = 4096  # data up to which their cotangents are added up step by step: they stay in the cache; measured


def tangents(static: Any, residuals: Any, moves: Any) -> Any:
    """Return the tangents of the states at the requested times, shape (m, n)."""
    return _walk(static, residuals, moves, None)


def tangents_of_kept(static: Any, residuals: Any, moves: Any) -> Any:
    """Return the tangents of the kept states, as `Record.kept`."""
    kept = residuals[0].kept
    return _walk(static, residuals, moves, jnp.zeros_like(kept).at[0].set(moves[0]))


def _walk(static: Any, residuals: Any, moves: Any, kept: Any) -> Any:
    problem, wanted = static
    store, data, u0, controls = residuals
    moving, _ = data
    d_u0, d_chosen, d_times = moves
    found = iter(d_chosen)
    d_moving = tuple(next(found) if want else jnp.zeros_like(x) for x, want in zip(moving, wanted.data, strict=True))

    def one(i: Any, carry: Any) -> Any:
        u, du, kept = carry

        def place(times: Any) -> Any:
            return place_of(problem, store, controls._replace(times=times), i)

        (t, h), d_place = jax.jvp(place, (controls.times,), d_times) if d_times else (place(controls.times), ())
        # Not from the record, though it has the states: a compiled program of tangents alone has no record.
        u, du = problem.scheme.tangent(data, t, h, u, du, d_moving, d_place)
        return u, du, None if kept is None else _also(problem, store, kept, i + 1, du)

    def interval(carry: Any, j: Any) -> Any:
        carry = lax.fori_loop(store.counts[j - 1], store.counts[j], one, carry)
        return carry, carry[1]

    end, states = lax.scan(interval, (u0, d_u0, kept), jnp.arange(1, controls.times.shape[0]))
    return jnp.concatenate([d_u0[None], states]) if kept is None else end[2]


def _also(problem: Any, store: Any, kept: Any, i: Any, du: Any) -> Any:
    """The tangents of the kept states with that of the state after i steps, if it is one of them."""
    if problem.snapshots:
        return jnp.where((store.at == i)[:, None], du, kept)
    return kept.at[i if problem.keeps_all else -(-i // problem.segment)].set(du)


def adjoints(static: Any, residuals: Any, bars: Any) -> Any:
    """Return the cotangents of u0, of the wanted data and times, from those of the states, shape (m, n)."""
    problem, wanted = static
    store, data, _, controls = residuals
    moving, _ = data
    sums = [jnp.zeros_like(x) for x, want in zip(moving, wanted.data, strict=True) if want]
    times_bar = (jnp.zeros_like(controls.times),) if wanted.times else ()
    # Numbers that are known now make loops of known length, which need no condition.
    steps = store.counts[-1] if problem.grid.adaptive else problem.grid.capacity
    count = -(-steps // problem.segment)
    even = not problem.grid.adaptive and steps % problem.segment == 0
    together = not (problem.scheme.implicit or wanted.times or small(problem.scheme, bars[0]))
    together = together and sum(x.size for x in sums) <= _FEW

    def segment(back: Any, carry: Any) -> Any:
        bar, sums, times_bar = carry
        first = (count - 1 - back) * problem.segment
        t, h = times_of(problem, store, controls, first)
        u = states_of(problem, store, data, t, h, first)
        valid = problem.segment if even else jnp.minimum(steps - first, problem.segment)
        arriving = Arriving(store.counts, bars, first)
        if together:
            return *_swept_together(problem, data, t, h, u, (bar, sums), arriving, valid, wanted.data), times_bar
        bar, multipliers, afters = swept(problem, data, t, h, u, bar, arriving, valid, wanted.times)
        if sums:
            parts = problem.scheme.contract(data, t, h, u[:-1], u[1:], multipliers, wanted.data)
            sums = [a + b for a, b in zip(sums, parts, strict=True)]
        if times_bar:
            places = (t, h, u[:-1], u[1:], afters, multipliers)
            times_bar = (gathered_from(problem, store.counts, data, first, valid, places, *times_bar),)
        return bar, sums, times_bar

    bar, sums, times_bar = lax.fori_loop(0, count, segment, (bars[-1], sums, times_bar))
    return bar + bars[0], sums, times_bar


class Arriving(NamedTuple):
    """Cotangents of requested states, which arrive after a step of a segment.

    Parameters
    ----------
    counts : int array, shape (m,)
        Steps done at each requested time.
    bars : array, shape (m, n)
        The cotangents.
    first : int array, shape ()
        Number of the first step of the segment.
    """

    counts: Any
    bars: Any
    first: Any

    def last(self, valid: Any) -> Any:
        """Return the number of the last requested time, but for that at the end, after so many steps of the segment."""
        return jnp.sum(self.counts[1:-1] <= self.first + valid, dtype=jnp.int32)

    def added(self, bar: Any, i: Any, j: Any) -> tuple[Any, Any]:
        """Return λ after step i with what arrives there, if requested time j does, and the time to look for next."""
        if self.bars.shape[0] == 2:
            return bar, j
        here = self.counts[j] == self.first + i + 1
        # The first time is before all steps: nothing arrives there.
        return bar + jnp.where(here, self.bars[j], 0), j - here


def swept(
    problem: Any, data: Any, t: Any, h: Any, u: Any, bar: Any, arriving: Arriving, valid: Any, keep: bool
) -> tuple[Any, Any, Any]:
    """Sweep λ back over the valid steps of a segment; return it, all multipliers, and if wanted λ after every step."""
    scheme, n = problem.scheme, u.shape[1]
    one_size = not (problem.grid.adaptive or problem.grid.moving)
    batched = small(scheme, u[0])
    if batched:
        matrices = jax.vmap(lambda t, h, u: scheme.jacobian(data, t, h, u))(t, h, u[:-1])

    def one(back: Any, carry: Any) -> Any:
        bar, j, multipliers, afters = carry
        i = valid - 1 - back
        bar, j = arriving.added(bar, i, j)
        if keep:
            afters = afters.at[i].set(bar)
        if batched:
            return jnp.sum(matrices[i] * bar[:, None], 0), j, multipliers.at[i].set(bar), afters
        bar, multiplier = scheme.pull(data, t[i], h[0] if one_size else h[i], u[i], u[i + 1], bar)
        return bar, j, multipliers.at[i].set(multiplier), afters

    width = n if batched else scheme.width(u[0])
    afters = jnp.zeros((t.shape[0], n), u.dtype) if keep else None
    begin = (bar, arriving.last(valid), jnp.zeros((t.shape[0], width), u.dtype), afters)
    bar, _, multipliers, afters = lax.fori_loop(0, valid, one, begin)
    return bar, multipliers, afters


def gathered_from(problem: Any, counts: Any, data: Any, first: Any, valid: Any, steps: Any, times_bar: Any) -> Any:
    """Return the cotangents of the requested times, shape (m,), with those of the valid steps of a segment."""

    def one(i: Any, times_bar: Any) -> Any:
        return touched(problem.scheme, counts, data, first + i, jax.tree.map(lambda x: x[i], steps), times_bar)

    return lax.fori_loop(0, valid, one, times_bar)


def _swept_together(
    problem: Any, data: Any, t: Any, h: Any, u: Any, carry: Any, arriving: Arriving, valid: Any, wanted: Any
) -> tuple[Any, Any]:
    """Sweep λ back over the valid steps of a segment, and add the cotangents of the wanted data on the way."""

    def one(back: Any, carry: Any) -> Any:
        bar, j, sums = carry
        i = valid - 1 - back
        bar, j = arriving.added(bar, i, j)
        bar, parts = problem.scheme.pull_with_data(data, t[i], h[i], u[i], bar, wanted)
        return bar, j, [a + b for a, b in zip(sums, parts, strict=True)]

    bar, sums = carry
    bar, _, sums = lax.fori_loop(0, valid, one, (bar, arriving.last(valid), sums))
    return bar, sums


def small(scheme: Any, u: Any) -> bool:
    """Whether the matrices of all steps of a segment are worth making."""
    if scheme.implicit or scheme.field.reverse_only:
        return False
    return bool(u.size <= _SMALL and not jnp.iscomplexobj(u))
