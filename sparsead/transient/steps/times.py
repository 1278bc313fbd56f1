"""Requested times: checked, and turned into numbers of steps of exactly h."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.errors import NoDerivativeError, NonFiniteError, ShapeError
from sparsead.transient.options import concrete

_SLACK = 1e-6  # of a step: what times made from sums of decimals may be off


def check_times(t: Any) -> Any:
    """Return the requested times as an array, shape (m,).

    Raises
    ------
    ShapeError
        If they are fewer than two, or do not increase.
    NonFiniteError
        If one is NaN or infinite.
    """
    traced = any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves(t))
    times = jnp.asarray(t, jnp.result_type(float)) if traced else np.asarray(t, np.float64)
    if times.ndim != 1 or times.shape[0] < 2:
        raise ShapeError(
            "t is not a list of times",
            expected="at least two times: the initial one, then those where the state is wanted",
            got=f"t of shape {tuple(times.shape)}",
            fix="pass for example t=[0.0, 10.0]",
        )
    known = concrete(times)
    if isinstance(known, np.ndarray):
        _check_concrete(known)
    return times


def _check_concrete(times: Any) -> None:
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        raise NonFiniteError(
            "a time is not finite",
            expected="finite times",
            got=f"t[{bad[0]}] = {times[bad[0]]}",
            fix="pass the time where the integration ends",
            index=int(bad[0]),
        )
    back = np.flatnonzero(np.diff(times) <= 0)
    if back.size:
        i = int(back[0])
        raise ShapeError(
            "times do not increase",
            expected="t[0] < t[1] < ...",
            got=f"t[{i}] = {times[i]}, t[{i + 1}] = {times[i + 1]}",
            fix="sort them; to go back in time integrate -f(-s, u, params) over s = -t",
            index=i + 1,
        )


def step_counts(times: Any, h: Any) -> Any:
    """Return the number of steps of size h done at each time, int array of shape (m,).

    The quotients are rounded, so that times summed from decimals give the number that was meant.

    Raises
    ------
    NoDerivativeError
        If the numbers of times or h are hidden: that of the steps must be known.
    ShapeError
        If h is not positive, or a time is not a whole number of steps away from the first.
    """
    times = concrete(times)
    if isinstance(times, jax.core.Tracer) or isinstance(h, jax.core.Tracer):
        raise NoDerivativeError(
            "the number of steps is not known",
            expected="a concrete h, and times that jit and vmap do not trace, for a fixed step size",
            got="t traced by jit or vmap" if isinstance(times, jax.core.Tracer) else "h traced by jit, grad or vmap",
            fix="close over t and h, take grad without jit around it, or let an adaptive method choose the steps",
        )
    size = float(h)
    if not (np.isfinite(size) and size > 0):
        raise ShapeError("not a step size", expected="h > 0", got=f"h = {h}", fix="pass h in the unit of t")
    quotients = (times - times[0]) / size
    counts = np.round(quotients)
    off = np.abs(quotients - counts) > np.maximum(_SLACK, 1e-12 * quotients)
    off |= np.concatenate([[False], np.diff(counts) <= 0])
    if off.any():
        i = int(np.flatnonzero(off)[0])
        near = (times[i] - times[0]) / max(counts[i], 1.0)
        raise ShapeError(
            "a time is not hit by steps of h",
            expected=f"t[{i}] - t[0] a whole number of steps h = {size:.17g}",
            got=f"t[{i}] - t[0] = {times[i] - times[0]:.17g}, that is {quotients[i]:.9g} steps",
            fix=f"pass h = {near:.17g}, other times, or let an adaptive method choose the steps",
            index=i,
        )
    return counts.astype(np.int32)
