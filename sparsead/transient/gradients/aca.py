"""The adaptive checkpoint adjoint: exact derivatives of a run on its accepted grid, which is a constant.

References
----------
J. Zhuang, N. Dvornek, X. Li, S. Tatikonda, X. Papademetris, J. Duncan, "Adaptive Checkpoint Adjoint Method for Gradient
Estimation in Neural ODE", ICML 2020, doi:10.48550/arXiv.2006.02493.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from sparsead.errors import NoDerivativeError
from sparsead.jax.linear_call import LinearMap, linear_call
from sparsead.transient.checkpoints import record as records
from sparsead.transient.checkpoints import snapshots
from sparsead.transient.gradients import sweep
from sparsead.transient.steps import grid as grids


@dataclass(frozen=True)
class Problem:
    """Everything about a run that is no array.

    Parameters
    ----------
    scheme : ExplicitScheme or another
        How one step is done.
    grid : FixedGrid or AdaptiveGrid
        Where steps lie.
    segment : int
        Steps that the backward pass treats at once.
    keeps_all : bool
        Whether every state is kept, or the first of each segment.
    snapshots : int
        If positive, that many states are kept, wherever they serve best.
    """

    scheme: Any
    grid: Any
    segment: int
    keeps_all: bool = True
    snapshots: int = 0

    @property
    def held(self) -> Problem:
        """The same without looking, in every step, for how it moves with the requested times."""
        return replace(self, grid=replace(self.grid, moving=False))


class Wanted(NamedTuple):
    """What a derivative is wanted in, beside u0: the data that move, one flag each, and the requested times."""

    data: tuple[bool, ...]
    times: bool


def plain(problem: Problem, u0: Any, data: Any, controls: Any) -> tuple[Any, Any]:
    """Return the states at the requested times and the end of the run; JAX's own forward mode goes through."""
    grid = problem.grid
    if not grid.adaptive:
        # Runs of any length are one program; beside an implicit step it costs nothing to ask whether it is the last.
        grid = replace(grid, capacity=0, stride=0 if problem.scheme.implicit else grid.stride)
    return _plain(problem.scheme, grid, data, u0, controls)


@partial(jax.jit, static_argnums=(0, 1))
def _plain(scheme: Any, grid: Any, data: Any, u0: Any, controls: Any) -> tuple[Any, Any]:
    return grids.run(grid, scheme, data, u0, controls)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def states(problem: Problem, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    """Return the states at the requested times, shape (m, n), and the end of the run; any derivative."""
    return plain(problem, u0, (moving, fixed), controls)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def recorded(problem: Problem, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any, Any]:
    """Return the states, the record, and the end of the run; forward mode, what second derivatives need."""
    return _record(problem.held, u0, (moving, fixed), controls)


@partial(jax.jit, static_argnums=0)
def _record(problem: Problem, u0: Any, data: Any, controls: Any) -> tuple[Any, Any, Any]:
    return (snapshots if problem.snapshots else records).record(problem, data, u0, controls)


def _moves(tangent: Any) -> bool:
    return type(tangent) is not SymbolicZero


def _directions(u0: Any, tangents: Any) -> tuple[Wanted, Any]:
    """What moves, and the tangents of u0, of the data and of the times that do."""
    d_u0, d_moving, _, d_controls = tangents
    if _moves(d_controls.h):
        raise NoDerivativeError(
            "a derivative in the step size is asked for",
            expected="derivatives in u0, t, params and what f closes over",
            got="h carries a tangent, and the accepted grid is a constant",
            fix="close over h; the derivative in the last time is that in t[-1]",
        )
    wanted = Wanted(tuple(map(_moves, d_moving)), _moves(d_controls.times))
    d_chosen = [t for t, want in zip(d_moving, wanted.data, strict=True) if want]
    return wanted, (d_u0 if _moves(d_u0) else jnp.zeros_like(u0), d_chosen, (d_controls.times,) if wanted.times else ())


@partial(states.defjvp, symbolic_zeros=True)
def _states_jvp(problem: Problem, primals: Any, tangents: Any) -> tuple[Any, Any]:
    u0, moving, fixed, controls = primals
    wanted, moves = _directions(u0, tangents)
    out, store, end = recorded(problem, *primals)
    adjoints = snapshots.adjoints if problem.snapshots else sweep.adjoints
    linear = LinearMap(sweep.tangents, adjoints, (problem, wanted))
    d_out = linear_call(linear, (store, (moving, fixed), u0, controls), moves, like=out)
    return (out, end), (d_out, records.zero_tangents(end))


@partial(recorded.defjvp, symbolic_zeros=True)
def _recorded_jvp(problem: Problem, primals: Any, tangents: Any) -> tuple[Any, Any]:
    u0, moving, fixed, controls = primals
    wanted, moves = _directions(u0, tangents)
    out, store, end = recorded(problem, *primals)
    residuals = (store, (moving, fixed), u0, controls)
    d_out = sweep.tangents((problem, wanted), residuals, moves)
    d_store = records.zero_tangents(store)._replace(kept=sweep.tangents_of_kept((problem, wanted), residuals, moves))
    return (out, store, end), (d_out, d_store, records.zero_tangents(end))


def forward_states(problem: Problem, u0: Any, moving: Any, fixed: Any, controls: Any) -> tuple[Any, Any]:
    """Return the states at the requested times and the end of the run; reverse mode is refused."""
    if problem.scheme.implicit:  # JAX's own tangent of Newton's iteration is that of its last but one iterate
        out, end = states(problem, u0, moving, fixed, controls)
    else:
        out, end = plain(problem, u0, (moving, fixed), controls)
    return linear_call(LinearMap(_same, _refused, None), (), out, like=out), end


def _same(static: Any, residuals: Any, x: Any) -> Any:
    return x


def _refused(static: Any, residuals: Any, bar: Any) -> Any:
    raise NoDerivativeError(
        'gradient="forward" has tangents only',
        expected="jax.jvp or jax.jacfwd",
        got="reverse mode: jax.grad, jax.vjp or jax.jacrev",
        fix='use gradient="aca", which has both',
    )
