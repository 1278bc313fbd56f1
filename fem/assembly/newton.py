"""Newton's method with a line search, in load steps, inside a compiled program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from fem.assembly.convergence import check_converged
from fem.assembly.nonlinear import NonlinearOperator, internal_forces
from fem.assembly.operator import apply, assemble
from fem.assembly.solve import expand_vectors, prescribed_part, reduce_values, reduce_vectors, reduction_of
from fem.dofs.constraints import Constraints
from sparsead.factors.options import SolveOptions
from sparsead.jax import SparseArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.dofs.reduction import Reduction

_SHORTEST = 2.0**-10
_ENOUGH = 1e-4


class Settings(NamedTuple):
    """How to iterate; static."""

    options: SolveOptions
    steps: int
    iterations: int
    tolerance: float
    progress: Callable[[Any, Any, Any], None] | None = None


class Problem(NamedTuple):
    """What the solution depends on, and where to begin; a pytree."""

    operator: NonlinearOperator
    load: Any
    constraints: Constraints
    start: Any


def residual(problem: Problem, u: Any) -> Any:
    """Return ``r(u) - f``, shape (n,)."""
    return internal_forces(problem.operator, u) - problem.load


def reduction_for(problem: Problem) -> Reduction:
    """Return the index maps of the elimination of its constraints."""
    return reduction_of(problem.operator.space.topology, problem.constraints.held)


def factor_solve(reduction: Reduction, values: Any, b: Any, settings: Settings, trans: str = "N") -> Any:
    """Solve with the factorization of stored values; b has shape (k, n)."""
    static = {"pattern": reduction.system.pattern, "options": settings.options, "trans": trans}
    return SparseArray.binding.solve(jax.lax.stop_gradient(values)[None], b[None], **static)[0]


class State(NamedTuple):
    """Where Newton's method stands."""

    u: Any
    values: Any
    imbalance: Any
    scale: Any
    count: Any


def newton(problem: Problem, settings: Settings) -> tuple[Any, Any]:
    """Return the solution, shape (n,), and the stored values of the last tangent that was factorized, shape (s,)."""
    reduction = reduction_for(problem)
    g = prescribed_part(reduction, problem.constraints)
    u = expand_vectors(reduction, problem.start[None])[0]
    values = jnp.zeros(reduction.system.pattern.size)

    def load_step(carry: Any, level: Any) -> tuple[Any, Any]:
        u, values, before = carry
        part = problem._replace(load=level * problem.load)
        if g is None:
            state = _state(part, u, values, reduction, jnp.zeros((), int))
        else:
            state = _moved_supports(part, u, (level - before) * g, reduction, settings)
        state = jax.lax.while_loop(
            lambda s: (s.count == 0) | ((s.count < settings.iterations) & ~_balanced(s, settings)),
            lambda s: _reported(_improved(part, s, reduction, settings), level, settings),
            state,
        )
        return (state.u, state.values, level), (state.imbalance, state.scale, state.count)

    levels = jnp.arange(1, settings.steps + 1) / settings.steps
    (u, values, _), history = jax.lax.scan(load_step, (u, values, jnp.zeros(())), levels)
    return check_converged(u, history, settings.tolerance), values


def _reported(state: State, level: Any, settings: Settings) -> State:
    if settings.progress is not None:
        jax.debug.callback(settings.progress, level, state.count, state.imbalance / state.scale)
    return state


def _balanced(state: State, settings: Settings) -> Any:
    return state.imbalance <= settings.tolerance * state.scale


def _moved_supports(problem: Problem, u: Any, step: Any, reduction: Reduction, settings: Settings) -> State:
    """Move the supports; the inside follows by one linear step, so that no cell next to them is turned inside out."""
    tangent = problem.operator.tangent(u)
    values = reduce_values(reduction, assemble(tangent, reduction.system, differentiated=False))
    rhs = reduce_vectors(reduction, -(residual(problem, u) + apply(tangent, step[None])[0])[None])
    inside = expand_vectors(reduction, factor_solve(reduction, values, rhs, settings))[0]
    return _state(problem, u + step + inside, values, reduction, jnp.ones((), int))


def _state(problem: Problem, u: Any, values: Any, reduction: Reduction, count: Any) -> State:
    inner = internal_forces(problem.operator, u)
    left = reduce_vectors(reduction, (inner - problem.load)[None])[0]
    scale = jnp.maximum(jnp.abs(inner).max(), jnp.abs(problem.load).max())
    return State(u, values, jnp.abs(left).max(), scale, count)


def _improved(problem: Problem, state: State, reduction: Reduction, settings: Settings) -> State:
    """One step of Newton's method, shortened until the imbalance falls."""
    tangent = problem.operator.tangent(state.u)
    values = reduce_values(reduction, assemble(tangent, reduction.system, differentiated=False))
    rhs = reduce_vectors(reduction, -residual(problem, state.u)[None])
    step = expand_vectors(reduction, factor_solve(reduction, values, rhs, settings))[0]

    def imbalance(length: Any) -> Any:
        left = reduce_vectors(reduction, residual(problem, state.u + length * step)[None])
        return jnp.linalg.norm(left)

    now = jnp.linalg.norm(rhs)

    def too_long(search: tuple[Any, Any]) -> Any:
        length, reached = search
        return ~(reached <= (1 - _ENOUGH * length) * now) & (length > _SHORTEST)

    def halved(search: tuple[Any, Any]) -> tuple[Any, Any]:
        length = search[0] / 2
        return length, imbalance(length)

    one = jnp.ones(())
    length, _ = jax.lax.while_loop(too_long, halved, (one, imbalance(one)))
    return _state(problem, state.u + length * step, values, reduction, state.count + 1)
