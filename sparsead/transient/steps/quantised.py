"""An adaptive grid whose steps are powers of two of the interval: few sizes, few factorizations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
from jax import lax

from sparsead.transient.steps.controller import error_norm, next_factor
from sparsead.transient.steps.grid import NOT_INCREASING, RUNNING, TOO_MANY, TOO_SMALL, Controls, Progress

_FINEST = 30
_DIGITS = 40  # bits of an interval's length that count, so that intervals equal but for rounding share their steps


@dataclass(frozen=True)
class QuantisedGrid:
    """Steps of size D 2^-k, D the distance of the requested times, each beginning at a multiple of itself.

    So the last step of an interval ends on its end, and no odd size is ever needed.

    Parameters
    ----------
    capacity : int
        Trials at most.
    controlled : int
        Leading components of the state whose error counts.
    moving : bool
        Whether the requested times may carry a derivative.
    """

    capacity: int
    controlled: int
    moving: bool = field(default=False, repr=False)
    adaptive = True

    def begin(self, scheme: Any, data: Any, z0: Any, controls: Controls) -> Progress:
        """Return the state of the run at the first time."""
        times = controls.times
        h = jnp.where(controls.h > 0, controls.h, 2.0**-10 * (times[1] - times[0]))
        zero = jnp.zeros((), jnp.int32)
        status = jnp.where((jnp.diff(times) > 0).all(), RUNNING, NOT_INCREASING).astype(jnp.int32)
        return Progress(times[0], h, z0, scheme.start(data, times[0], z0), zero, zero, status, jnp.ones_like(h))

    def goal(self, controls: Controls, j: Any) -> Any:
        """Return what tells a run to stop at the requested time j."""
        return controls.times[j - 1], controls.times[j]

    def going(self, p: Progress, goal: Any) -> Any:
        """Whether another trial is due."""
        return (p.t < goal[1]) & (p.status == RUNNING)

    def advance(self, scheme: Any, data: Any, controls: Controls, goal: Any, p: Progress) -> Progress:
        """Return the state after one more trial, accepted or not."""
        begin, end = goal
        length = end - begin
        place = jnp.round((p.t - begin) / length * 2.0**_FINEST).astype(jnp.int32)
        level = _level(place, length, p.h)
        h = _rounded(length) / lax.shift_left(jnp.int32(1), level)
        z1, error, memory = scheme.attempt(data, p.t, h, p.u, p.memory)
        size = error_norm(error, p.u, z1, controls.rtol, controls.atol, self.controlled)
        good = size <= 1.0
        factor = next_factor(size, scheme.order)
        wanted = h * jnp.where(good, factor, jnp.minimum(factor, 0.5))
        after = place + lax.shift_left(jnp.int32(1), _FINEST - level)
        t1 = jnp.where(after == 2**_FINEST, end, begin + length * (after / 2.0**_FINEST))
        over = (p.accepted + p.rejected + 1 >= self.capacity) & ((t1 < controls.times[-1]) | ~good)
        status = jnp.where(~good & (level == _FINEST), TOO_SMALL, jnp.where(over, TOO_MANY, RUNNING))
        return Progress(
            jnp.where(good, t1, p.t),
            wanted,
            jnp.where(good, z1, p.u),
            memory,
            p.accepted + good,
            p.rejected + ~good,
            status.astype(jnp.int32),
            h,
        )


def _level(place: Any, length: Any, wanted: Any) -> Any:
    """The largest step not longer than wanted that begins at a multiple of itself, as a power of one half."""
    # The last bit that is set says of which power of two a number is a multiple; of zero none is, and all are.
    aligned = _FINEST - jnp.minimum(lax.population_count((place & -place) - 1), _FINEST)
    least = jnp.clip(jnp.ceil(jnp.log2(length / wanted) - 1e-6), 0, _FINEST)
    return jnp.maximum(aligned, least.astype(jnp.int32))


def _rounded(length: Any) -> Any:
    return lax.reduce_precision(length, exponent_bits=11, mantissa_bits=_DIGITS - 1)
