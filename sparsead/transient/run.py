"""One run, whatever the method: the grid, what is kept, the gradient, the start of multistep methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.errors import ShapeError
from sparsead.jax.raised import typed
from sparsead.transient.checkpoints.disk import Disk
from sparsead.transient.gradients import aca, backsolve, naive, pieces
from sparsead.transient.gradients.along import along
from sparsead.transient.gradients.sweep import small
from sparsead.transient.methods.formulas import BackwardDifferences, RungeKutta
from sparsead.transient.methods.implicit import ImplicitScheme
from sparsead.transient.methods.implicit_tableaus import IMPLICIT
from sparsead.transient.options import concrete, known
from sparsead.transient.reports.failures import Naming, guarded
from sparsead.transient.reports.stats import Stats, stats_of
from sparsead.transient.setup import grid_of, kept
from sparsead.transient.steps.times import step_counts

GRADIENTS: dict[str, Callable[..., Any]] = {
    "aca": aca.states,
    "naive": naive.states,
    "backsolve": partial(backsolve.states, backsolve.Backsolve().limit),
    "forward": aca.forward_states,
}


@dataclass(frozen=True)
class Options:
    """Options of a run, as `odesolve` and `march` take them."""

    h: Any
    rtol: Any
    atol: Any
    gradient: Any
    checkpoint: Any
    max_steps: int


def run(
    scheme: Any, z0: Any, times: Any, data: Any, options: Options, controlled: int, naming: Naming
) -> tuple[Any, Callable[[], Stats]]:
    """Return the carried states at the requested times, shape (m, rows), and what makes the counts.

    Parameters
    ----------
    scheme : ExplicitScheme or ImplicitScheme
        How one step is done.
    z0 : array, shape (rows,)
        What is carried, at the first time; of a multistep method u0 alone.
    times : array, shape (m,)
        Requested times.
    data : tuple
        ``(moving, fixed)``.
    options : Options
        Options of the run.
    controlled : int
        Leading components whose error counts.
    naming : Naming
        Names for messages.
    """
    formula = getattr(scheme, "formula", None)
    if isinstance(formula, BackwardDifferences) and formula.order > 1:
        if isinstance(times, jax.core.Tracer):
            return _multistep_moving(scheme, z0, times, data, options, naming)
        states, _, stats = _multistep(scheme, z0, times, data, options, naming)
        return states, stats
    integrate = _gradient(options.gradient, scheme)
    if isinstance(options.checkpoint, Disk):
        integrate = partial(pieces.states, options.checkpoint)
    grid, controls = grid_of(scheme, times, options.h, (options.rtol, options.atol), options.max_steps, controlled)
    problem = aca.Problem(scheme, grid, *kept(options.checkpoint, grid, z0, matrices=small(scheme, z0)))
    with typed():  # compiled programs hand on the texts of errors only
        out, end = integrate(problem, z0, data[0], data[1], controls)
        out = guarded(problem, out, end, z0, data, controls, naming)
    return out, partial(stats_of, problem, end, z0, str(options.gradient), str(options.checkpoint))


def _multistep_moving(
    scheme: Any, u0: Any, times: Any, data: Any, options: Options, naming: Naming
) -> tuple[Any, Callable[[], Stats]]:
    """Formulas of steps of one size cannot let one move: the steps stay, and states move along their slopes."""
    slope = scheme.system.slope(data, times[0].astype(jnp.finfo(u0.dtype).dtype), u0)
    begin = along(u0, -slope, times[0])
    step_counts(times, options.h)  # says what is wrong where their numbers are hidden
    states, slopes, stats = _multistep(scheme, begin, concrete(times), data, options, naming)
    return along(states, slopes.at[0].set(slope), times), stats


def _multistep(
    scheme: Any, u0: Any, times: Any, data: Any, options: Options, naming: Naming
) -> tuple[Any, Any, Callable[[], Stats]]:
    """States, slopes and counts; begins with steps of a one-step method of order four: the first cost no order."""
    order, n = scheme.formula.order, u0.size
    grid, _ = grid_of(scheme, times, options.h, (options.rtol, options.atol), options.max_steps, n)
    counts = step_counts(times, options.h)
    first = min(order - 1, grid.capacity)
    begin = np.asarray(times[0], np.float64) + np.arange(first + 1) * float(options.h)
    starter = ImplicitScheme(scheme.system, RungeKutta(IMPLICIT["sdirk4"]))
    z0 = starter.lift(data, jnp.asarray(times[0]), u0)
    early, stats = run(starter, z0, begin, data, options, n, naming)
    wanted, slopes, z = _begun(early, n, tuple(counts[counts <= first].tolist()))
    later = np.asarray(times)[counts > first]
    if not later.size:
        return wanted, slopes, stats
    rest = aca.Problem(scheme, *_rest(scheme, begin[-1], later, options, z))
    goal = np.concatenate([[begin[-1]], later])
    _, controls = grid_of(scheme, goal, options.h, (None, None), options.max_steps, n)
    with typed():
        out, end = _gradient(options.gradient, scheme)(rest, z, data[0], data[1], controls)
        out = guarded(rest, out, end, z, data, controls, naming)
    states, slopes = _joined(wanted, slopes, out)
    return states, slopes, partial(stats_of, rest, end, z, str(options.gradient), str(options.checkpoint))


@partial(jax.jit, static_argnums=(1, 2))
def _begun(early: Any, n: int, asked: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """States and slopes after the steps that are asked for, and what a multistep method goes on with."""
    history = early[:, :n]
    z = jnp.concatenate([history[::-1].ravel(), jnp.zeros(n, early.dtype)])
    return history[np.array(asked)], early[np.array(asked), -n:], z


@jax.jit
def _joined(states: Any, slopes: Any, out: Any) -> tuple[Any, Any]:
    n = states.shape[1]
    return jnp.concatenate([states, out[1:, :n]]), jnp.concatenate([slopes, out[1:, -n:]])


def _rest(scheme: Any, begin: float, later: Any, options: Options, z: Any) -> tuple[Any, int, bool, int]:
    grid, _ = grid_of(scheme, np.concatenate([[begin], later]), options.h, (None, None), options.max_steps, z.size)
    return (grid, *kept(options.checkpoint, grid, z, matrices=False))


def _gradient(gradient: Any, scheme: Any) -> Callable[..., Any]:
    backwards = isinstance(gradient, backsolve.Backsolve)
    name = "backsolve" if backwards else known("gradient", gradient, GRADIENTS)
    if scheme.implicit and name in ("naive", "backsolve"):
        raise ShapeError(
            f'gradient="{name}" needs an explicit method',
            expected='gradient="aca" or "forward" with an implicit method',
            got=f'gradient="{name}", method="{scheme.name}"',
            fix='gradient="aca"',
        )
    return partial(backsolve.states, gradient.limit) if backwards else GRADIENTS[name]
