"""Where time steps lie: given by a step size, or searched for. Loops over steps, without derivatives of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.steps.controller import error_norm, first_step, next_factor
from sparsead.transient.steps.moved import moved, shift

RUNNING, TOO_MANY, TOO_SMALL, NOT_INCREASING = 0, 1, 2, 3


class Controls(NamedTuple):
    """Numbers that steer a run; but for the times they carry no derivative.

    Parameters
    ----------
    times : array, shape (m,)
        Requested times, the first is the initial one.
    counts : int array, shape (m,)
        Steps done at each of them, for a fixed grid.
    h : array, shape ()
        Step size, or first step size; zero lets the controller choose.
    rtol, atol : array, shape ()
        Tolerances.
    """

    times: Any
    counts: Any
    h: Any
    rtol: Any
    atol: Any


class Progress(NamedTuple):
    """State of a run between two steps; what a grid does not need is empty.

    Parameters
    ----------
    t, h : array, shape ()
        Time, and size of the next trial.
    u : array, shape (n,)
        State.
    memory : array or tuple
        What a step hands to the next.
    accepted, rejected, status : int array, shape ()
        Counts, and what ended the run.
    used : array, shape ()
        Size of the last trial.
    """

    t: Any
    h: Any
    u: Any
    memory: Any
    accepted: Any
    rejected: Any
    status: Any
    used: Any = ()


@dataclass(frozen=True)
class FixedGrid:
    """Steps of exactly h.

    Parameters
    ----------
    capacity : int
        Number of steps.
    stride : int
        Steps between requested times where these are as many everywhere, else 0.
    moving : bool
        Whether the requested times may carry a derivative.
    """

    capacity: int
    stride: int = 0
    moving: bool = field(default=False, repr=False)
    adaptive = False

    def begin(self, scheme: Any, data: Any, u0: Any, controls: Controls) -> Progress:
        """Return the state of the run at the first time."""
        del scheme, data
        zero = jnp.zeros((), jnp.int32)
        return Progress((), (), u0, (), zero, (), zero)

    def goal(self, controls: Controls, j: Any) -> Any:
        """Return what tells a run to stop at the requested time j."""
        return controls.counts[j]

    def going(self, p: Progress, goal: Any) -> Any:
        """Whether another step is due."""
        return p.accepted < goal

    def advance(self, scheme: Any, data: Any, controls: Controls, goal: Any, p: Progress) -> Progress:
        """Return the state after one more step; time is counted, not carried: every carried number costs."""
        del goal
        t, h = self.place(controls, p)
        return p._replace(u=scheme.step(data, t, h, p.u), accepted=p.accepted + 1)

    def place(self, controls: Controls, p: Progress) -> tuple[Any, Any]:
        """Return t and h of the step that is due."""
        t = lax.stop_gradient(controls.times[0]) + p.accepted * controls.h
        if not self.moving:
            return t, controls.h
        return moved(controls.counts, controls.times, p.accepted, t, controls.h)


@dataclass(frozen=True)
class AdaptiveGrid:
    """Steps searched for so that each error meets the tolerance; they hit the requested times.

    Parameters
    ----------
    capacity : int
        Trials at most.
    controlled : int
        Leading components of the state whose error counts.
    frozen : bool
        Whether the points between requested times are constants to JAX's own differentiation; if not, it goes through
        the controller.
    moving : bool
        Whether the requested times may carry a derivative.
    """

    capacity: int
    controlled: int
    frozen: bool = True
    moving: bool = field(default=False, repr=False)
    adaptive = True

    def begin(self, scheme: Any, data: Any, u0: Any, controls: Controls) -> Progress:
        """Return the state of the run at the first time."""
        t, end = controls.times[0], controls.times[-1]
        memory = scheme.start(data, t, u0)
        h = lax.cond(
            controls.h > 0,
            lambda: controls.h,
            lambda: first_step(scheme, data, t, u0, end - t, controls.rtol, controls.atol, self.controlled),
        )
        zero = jnp.zeros((), jnp.int32)
        status = jnp.where((jnp.diff(controls.times) > 0).all(), RUNNING, NOT_INCREASING).astype(jnp.int32)
        return Progress(t, self._held(h), u0, memory, zero, zero, status, jnp.ones_like(h))

    def _held(self, h: Any) -> Any:
        return lax.stop_gradient(h) if self.frozen else h

    def _due(self, p: Progress) -> Any:
        """The size of the next trial; where its begin moves, the point that it leads to does not."""
        return p.h - shift(p.t) if self.frozen and self.moving else p.h

    def goal(self, controls: Controls, j: Any) -> Any:
        """Return what tells a run to stop at the requested time j."""
        return controls.times[j]

    def going(self, p: Progress, goal: Any) -> Any:
        """Whether another trial is due."""
        return (p.t < goal) & (p.status == RUNNING)

    def advance(self, scheme: Any, data: Any, controls: Controls, goal: Any, p: Progress) -> Progress:
        """Return the state after one more trial, accepted or not."""
        clipped = p.t + 1.01 * p.h >= goal  # a last step one percent longer beats a tiny one
        h = jnp.where(clipped, goal - p.t, self._due(p))
        u1, error, memory = scheme.attempt(data, p.t, h, p.u, p.memory)
        size = error_norm(error, p.u, u1, controls.rtol, controls.atol, self.controlled)
        good = size <= 1.0
        factor = next_factor(size, scheme.order)
        wanted = h * jnp.where(good, factor, jnp.minimum(factor, 1.0))
        wanted = jnp.where(good & clipped, jnp.maximum(wanted, p.h), wanted)
        # Not clipped to a requested time, and still no longer than the spacing of numbers at t.
        stuck = ~good & (wanted <= 16 * jnp.finfo(h.dtype).eps * jnp.abs(p.t))
        trials = p.accepted + p.rejected + 1
        status = jnp.where(stuck | (wanted <= 0), TOO_SMALL, RUNNING)
        t1 = jnp.where(clipped, goal, self._held(p.t + h))
        over = (trials >= self.capacity) & ((t1 < controls.times[-1]) | ~good)
        status = jnp.where((status == RUNNING) & over, TOO_MANY, status)
        return Progress(
            jnp.where(good, t1, p.t),
            self._held(wanted),
            jnp.where(good, u1, p.u),
            jax.tree.map(lambda new, old: jnp.where(good, new, old), memory, p.memory),
            p.accepted + good,
            p.rejected + ~good,
            status.astype(jnp.int32),
            h,
        )


def walk(grid: Any, controls: Controls, one: Callable[[Any, Any], Any], carry: Any, j: Any) -> Any:
    """Return what is carried after the steps to the requested time j.

    Parameters
    ----------
    grid, controls
        Where steps lie.
    one : callable
        ``one(goal, carry) -> carry`` does a step.
    carry : tuple
        The progress, and anything else.
    j : int array, shape ()
        Number of the requested time.
    """
    goal = grid.goal(controls, j)
    if grid.adaptive or not grid.stride:
        return lax.while_loop(lambda c: grid.going(c[0], goal), lambda c: one(goal, c), carry)
    first = jnp.asarray((j - 1) * grid.stride, jnp.int32)

    # The compiler knows the length: no condition is computed, and the counter of the loop is the only one.
    def counted(i: Any, carry: Any) -> Any:
        p, *rest = one(goal, (carry[0]._replace(accepted=first + i), *carry[1:]))
        return p._replace(accepted=()), *rest

    begin = (carry[0]._replace(accepted=()), *carry[1:])
    p, *rest = lax.fori_loop(jnp.int32(0), jnp.int32(grid.stride), counted, begin)
    return p._replace(accepted=first + grid.stride), *rest


def reach(grid: Any, scheme: Any, data: Any, controls: Controls, p: Progress, j: Any) -> Progress:
    """Return the state of the run at the requested time j."""

    def one(goal: Any, carry: Any) -> Any:
        return (grid.advance(scheme, data, controls, goal, carry[0]),)

    end: Progress = walk(grid, controls, one, (p,), j)[0]
    return end


def run(grid: Any, scheme: Any, data: Any, u0: Any, controls: Controls) -> tuple[Any, Progress]:
    """Return the states at the requested times, shape (m, n), and the end of the run; nothing else is kept."""
    begin = grid.begin(scheme, data, u0, controls)

    def interval(p: Progress, j: Any) -> tuple[Progress, Any]:
        p = reach(grid, scheme, data, controls, p, j)
        return p, p.u

    count = controls.times.shape[0]
    end, states = lax.scan(interval, begin, jnp.arange(1, count))
    return jnp.concatenate([u0[None], states]), end
