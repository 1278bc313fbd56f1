"""Requested times that move, on a grid that does not.

Derivation
----------
The accepted points ``τ₀ < τ₁ < ...`` are constants, but for those that were asked for: ``τ = t_j`` after ``c_j`` steps.
With ``dτᵢ = dt_j`` where ``i = c_j``, and zero elsewhere, step i has::

    t = τᵢ,   h = τᵢ₊₁ − τᵢ,        dt = dτᵢ,   dh = dτᵢ₊₁ − dτᵢ
    t̄_j = (t̄ − h̄) of the step after t_j  +  h̄ of the step before it

So the last step before a requested time grows with it, the first step after it begins later and ends where it ended,
and all other steps know nothing of it: two steps for each requested time, whatever the length of the run.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

_FEW = 64  # times up to which all are compared: a search is a loop of its own, to run and to compile


def shift(times: Any) -> Any:
    """Return zeros whose tangents are those of the times."""
    return times - lax.stop_gradient(times)


def _neighbours(counts: Any, i: Any) -> tuple[Any, Any, Any]:
    """The requested time that step i goes to, and whether step i begins at the one before, and ends at it."""
    method = "compare_all" if counts.shape[0] <= _FEW else "scan"
    j = jnp.minimum(jnp.searchsorted(counts[1:], i, side="right", method=method) + 1, counts.shape[0] - 1)
    return j, counts[j - 1] == i, counts[j] == i + 1


def moved(counts: Any, times: Any, i: Any, t: Any, h: Any) -> tuple[Any, Any]:
    """Return t and h of step i as they are, with the tangents that those of the requested times give them.

    Parameters
    ----------
    counts : int array, shape (m,)
        Steps done at each requested time.
    times : array, shape (m,)
        Requested times.
    i : int array, shape ()
        Number of the step.
    t, h : array, shape ()
        Its begin and its size.
    """
    j, begins, ends = _neighbours(counts, i)
    delta = shift(times)
    begin, end = jnp.where(begins, delta[j - 1], 0), jnp.where(ends, delta[j], 0)
    return t + begin, h + (end - begin)


def touched(scheme: Any, counts: Any, data: Any, i: Any, step: Any, times_bar: Any) -> Any:
    """Return the cotangents of the requested times, shape (m,), with those of step i if it touches one of them.

    Parameters
    ----------
    scheme : ExplicitScheme or another
        How one step is done.
    counts : int array, shape (m,)
        Steps done at each requested time.
    data : tuple
        ``(moving, fixed)``.
    i : int array, shape ()
        Number of the step.
    step : tuple of array
        Its t and h, the states before and after, λ after it, its multipliers.
    times_bar : array, shape (m,)
        Cotangents so far.
    """
    t, h = step[:2]
    j, begins, ends = _neighbours(counts, i)
    nothing = jnp.zeros_like(t), jnp.zeros_like(h)
    t_bar, h_bar = lax.cond(begins | ends, lambda: scheme.pull_place(data, *step), lambda: nothing)
    times_bar = times_bar.at[j - 1].add(jnp.where(begins, t_bar - h_bar, 0))
    return times_bar.at[j].add(jnp.where(ends, h_bar, 0))
