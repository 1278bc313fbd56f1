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
    static = {"pattern": reduction.maps.system.pattern, "options": settings.options, "trans": trans}
    return SparseArray.binding.solve(jax.lax.stop_gradient(values)[None], b[None], **static)[0]


class State(NamedTuple):
    """Where Newton's method stands; forces are kept, for each place that evaluates them makes the program longer."""

    u: Any
    values: Any
    inner: Any
    left: Any
    imbalance: Any
    scale: Any
    count: Any


def newton(problem: Problem, settings: Settings) -> tuple[Any, Any]:
    """Return the solution, shape (n,), and the stored values of the last tangent that was factorized, shape (s,)."""
    reduction = reduction_for(problem)
    g = prescribed_part(reduction, problem.constraints)
    u = expand_vectors(reduction, problem.start[None])[0]
    values = jnp.zeros(reduction.maps.system.pattern.size)

    def load_step(carry: Any, level: Any) -> tuple[Any, Any]:
        u, values, inner, before = carry
        part = problem._replace(load=level * problem.load)
        move = None if g is None else (level - before) * g
        state = jax.lax.while_loop(
            lambda s: (s.count == 0) | ((s.count < settings.iterations) & ~_balanced(s, settings)),
            lambda s: _reported(_improved(part, s, move, reduction, settings), level, settings),
            _state(part, u, values, inner, reduction, jnp.zeros((), int)),
        )
        return (state.u, state.values, state.inner, level), (state.imbalance, state.scale, state.count)

    levels = jnp.arange(1, settings.steps + 1) / settings.steps
    start = (u, values, internal_forces(problem.operator, u), jnp.zeros(()))
    (u, values, *_), history = jax.lax.scan(load_step, start, levels)
    return check_converged(u, history, settings.tolerance), values


def _reported(state: State, level: Any, settings: Settings) -> State:
    if settings.progress is not None:
        jax.debug.callback(settings.progress, level, state.count, state.imbalance / state.scale)
    return state


def _balanced(state: State, settings: Settings) -> Any:
    return state.imbalance <= settings.tolerance * state.scale


def _state(problem: Problem, u: Any, values: Any, inner: Any, reduction: Reduction, count: Any) -> State:
    left = reduce_vectors(reduction, (inner - problem.load)[None])[0]
    scale = jnp.maximum(jnp.abs(inner).max(), jnp.abs(problem.load).max())
    return State(u, values, inner, left, jnp.abs(left).max(), scale, count)


def _improved(problem: Problem, state: State, move: Any, reduction: Reduction, settings: Settings) -> State:
    """One step of Newton's method.

    The first one of a load step moves the supports, if they move; the inside follows linearly, so that no cell next to
    them is turned inside out. The others are shortened until the imbalance falls.
    """
    tangent = problem.operator.tangent(state.u)
    values = reduce_values(reduction, assemble(tangent, reduction.maps.system, differentiated=False))
    first, rhs, begin = jnp.zeros((), bool), -state.left[None], state.u
    if move is not None:
        first = state.count == 0
        move = jnp.where(first, move, 0.0)
        rhs, begin = rhs - reduce_vectors(reduction, apply(tangent, move[None])), state.u + move
    step = expand_vectors(reduction, factor_solve(reduction, values, rhs, settings))[0]
    now = jnp.linalg.norm(state.left)

    def too_long(search: tuple[Any, Any, Any]) -> Any:
        length, _, inner = search
        left = reduce_vectors(reduction, (inner - problem.load)[None])
        falls = jnp.linalg.norm(left) <= (1 - _ENOUGH * length) * now
        return jnp.where(first, length > 1, ~falls & (length > _SHORTEST))

    def halved(search: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        length = search[0] / 2
        u = begin + length * step
        return length, u, internal_forces(problem.operator, u)

    # Length two stands for no step at all, which falls short unless all is balanced; so the first one tried is one.
    _, u, inner = jax.lax.while_loop(too_long, halved, (2.0 * jnp.ones(()), state.u, state.inner))
    return _state(problem, u, values, inner, reduction, state.count + 1)
