"""Newton's method with a line search, in load steps, inside a compiled program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.convergence import check_converged
from fem.assembly.nonlinear import NonlinearOperator, internal_forces
from fem.assembly.operator import apply
from fem.assembly.solve import expand_vectors, prescribed_part, reduce_vectors, reduction_of
from fem.assembly.solver import Approach
from fem.dofs.constraints import Constraints
from fem.errors import ConvergenceError, SpaceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.dofs.reduction import Reduction

_SHORTEST = 2.0**-10
_ENOUGH = 1e-4


class Settings(NamedTuple):
    """How to iterate; static."""

    approach: Approach
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


def check_nonlinear(operator: Any) -> None:
    """Raise `SpaceError` unless it is a nonlinear operator."""
    if not isinstance(operator, NonlinearOperator):
        raise SpaceError(
            "not a nonlinear operator",
            expected="what fem.elements.neo_hookean, energy or residual return, or a sum with it",
            got=f"{type(operator).__name__}",
            fix="fem.solve for a linear operator",
        )


def check_counted(name: str, count: Any) -> None:
    """Raise `ConvergenceError` unless a number of steps or iterations is a whole one, and positive."""
    if not isinstance(count, int | np.integer) or count < 1:
        raise ConvergenceError(
            f"{name} are counted",
            expected=f"{name}, a whole number, 1 or more",
            got=f"{name}={count!r}",
            fix=f"pass {name}=1 or more",
        )


def residual(problem: Problem, u: Any) -> Any:
    """Return ``r(u) - f``, shape (n,)."""
    return internal_forces(problem.operator, u) - problem.load


def reduction_for(problem: Problem) -> Reduction:
    """Return the index maps of the elimination of its constraints."""
    return reduction_of(problem.operator.space.topology, problem.constraints.held)


class State(NamedTuple):
    """Where Newton's method stands; forces are kept, for each place that evaluates them makes the program longer.

    So are the stored values that were factorized last, for the derivative; of iterations nothing is. The scale, of
    which the imbalance is measured, is the largest force, but at least `least`. `resisted` is the cosine between the
    last step and what it was to balance, negative where the tangent has a negative eigenvalue.
    """

    u: Any
    factorized: Any
    inner: Any
    left: Any
    imbalance: Any
    scale: Any
    count: Any
    least: Any
    resisted: Any


def newton(problem: Problem, settings: Settings) -> tuple[Any, Any]:
    """Return the solution, shape (n,), and the stored values of the last tangent that was factorized, shape (s,).

    Where steps are found by iterations there are none, but an empty tuple.
    """
    reduction = reduction_for(problem)
    g = prescribed_part(reduction, problem.constraints)
    u = expand_vectors(reduction, problem.start[None])[0]
    factorized = nothing_factorized(problem, reduction, settings)

    def load_step(carry: Any, level: Any) -> tuple[Any, Any]:
        u, factorized, inner, before = carry
        part = problem._replace(load=level * problem.load)
        move = None if g is None else (level - before) * g
        state = jax.lax.while_loop(
            lambda s: (s.count == 0) | ((s.count < settings.iterations) & ~balanced(s, settings)),
            lambda s: reported(improved(part, s, move, reduction, settings), level, settings),
            state_at(part, u, factorized, inner, reduction),
        )
        return (state.u, state.factorized, state.inner, level), (state.imbalance, state.scale, state.count)

    levels = jnp.arange(1, settings.steps + 1) / settings.steps
    start = (u, factorized, internal_forces(problem.operator, u), jnp.zeros(()))
    (u, factorized, *_), history = jax.lax.scan(load_step, start, levels)
    return check_converged(u, history, settings.tolerance), factorized


def nothing_factorized(problem: Problem, reduction: Reduction, settings: Settings) -> Any:
    """Return room for the stored values that are factorized, shape (s,); iterations need none."""
    solver = settings.approach.solver(problem.operator.tangent(problem.start), reduction)
    return () if solver.iterative else jnp.zeros(reduction.maps.system.pattern.size)


def reported(state: State, level: Any, settings: Settings) -> State:
    """Return the state, after telling it to whoever watches."""
    if settings.progress is not None:
        jax.debug.callback(settings.progress, level, state.count, state.imbalance / state.scale)
    return state


def balanced(state: State, settings: Settings) -> Any:
    """Return whether forces are in balance."""
    return state.imbalance <= settings.tolerance * state.scale


def state_at(
    problem: Problem,
    u: Any,
    factorized: Any,
    inner: Any,
    reduction: Reduction,
    count: Any = 0,
    least: Any = 0.0,
    resisted: Any = 1.0,
) -> State:
    """Return where the iteration is at u, shape (n,), with the internal forces there.

    Parameters
    ----------
    problem : Problem
        The problem, with the load to be balanced.
    u, inner : array, shape (n,)
        State and internal forces.
    factorized : array, shape (s,), or ()
        Stored values that were factorized last.
    reduction : Reduction
        Index maps of the elimination.
    count : int
        Iterations so far.
    least : float
        Of what the imbalance is measured at least.
    resisted : float
        See `State`.
    """
    left = reduce_vectors(reduction, (inner - problem.load)[None])[0]
    scale = jnp.maximum(jnp.maximum(jnp.abs(inner).max(), jnp.abs(problem.load).max()), least)
    numbers = map(jnp.asarray, (count, least, resisted))
    return State(u, factorized, inner, left, jnp.abs(left).max(), scale, *numbers)


def improved(problem: Problem, state: State, move: Any, reduction: Reduction, settings: Settings) -> State:
    """Return the state after one step of Newton's method.

    The first one of a load step moves the supports, if they move; the inside follows linearly, so that no cell next to
    them is turned inside out. The others are shortened until the imbalance falls.
    """
    tangent = problem.operator.tangent(state.u)
    solver = settings.approach.solver(tangent, reduction)
    prepared = settings.approach.prepared(jax.lax.stop_gradient(tangent), reduction)
    first, rhs, begin = jnp.zeros((), bool), -state.left[None], state.u
    if move is not None:
        first = state.count == 0
        move = jnp.where(first, move, 0.0)
        rhs, begin = rhs - reduce_vectors(reduction, apply(tangent, move[None])), state.u + move
    step = expand_vectors(reduction, solver.solve(prepared, rhs))[0]
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
    factorized = () if solver.iterative else prepared
    sizes = jnp.linalg.norm(step) * jnp.linalg.norm(rhs)
    resisted = (step @ rhs[0]) / jnp.where(sizes > 0, sizes, 1.0)
    return state_at(problem, u, factorized, inner, reduction, state.count + 1, state.least, resisted)
