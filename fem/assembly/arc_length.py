"""Arc length: a path of equilibrium through limit points, in steps of given distance.

Derivation
----------
A point (u, c) of state and load factor is in equilibrium, and as far from the one before as it shall be [1]_::

    T^T (r(u) - c f) = 0,     u = T z + c g,     |u - u0| = l

Newton's method on both has a bordered matrix, which is regular at a limit point, where K = dr/du is not. Its solution
is made of two with one factorization of K [2]_, of the imbalance and of ``q = f - K g``::

    a = -T (T^T K T)^-1 T^T (r - c f),     b = T (T^T K T)^-1 T^T q + g
    du = a + b dc,     dc = ((l^2 - v.v) / 2 - v.a) / v.b,     v = u - u0

At v = 0 the constraint has no slope: a path begins along b, as far as it shall go, to the side of the step before it.
The tangent of a point is the same, with a of whatever moves beside c, and the constraint's, l dl + v.du0 = v.du. So it
takes two solves with the factorization of K, and going back one of them is transposed. Beside a limit point K is nearly
singular, and a and b lose the digits that their sum gets back in the iteration, but not in a tangent.

References
----------
.. [1] M. A. Crisfield, "A fast incremental/iterative solution procedure that handles snap-through", Comput. Struct. 13
   (1981) 55-62, doi:10.1016/0045-7949(81)90108-5.
.. [2] E. Ramm, "Strategies for tracing the nonlinear response near limit points", in: Nonlinear Finite Element Analysis
   in Structural Mechanics, Springer, 1981, 63-89, doi:10.1007/978-3-642-81589-8_5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.follow import followed, goals_of, started
from fem.assembly.newton import balanced, nothing_factorized, reduction_for, reported, state_at
from fem.assembly.nonlinear import internal_forces
from fem.assembly.operator import apply
from fem.assembly.path import Attempt, Control, Path, Point, Step, response
from fem.assembly.solve import expand_vectors, reduce_vectors
from fem.errors import SpaceError
from sparsead.jax.linear_call import STILL, along

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from fem.assembly.newton import Settings, State
    from fem.assembly.nonlinear import NonlinearOperator
    from fem.assembly.solver import CellMethod
    from fem.dofs.constraints import Constraints
    from sparsead.backends.backend import Backend
    from sparsead.factors.options import Automatic

_CLOSE = 1e-9  # of the distance


@dataclass(frozen=True)
class _Distance(Control):
    """The goal is the distance from the point before."""

    words: ClassVar[str] = "distance"

    def advance(self, step: Step, point: Point, part: Any, settings: Settings) -> Attempt:
        """Return the attempt to come from a point of the path to where a part of the distance is gone."""
        length, problem = part * step.goal, step.problem(point.factor)
        reduction = reduction_for(problem)

        def found(state: State) -> Any:
            miss = jnp.linalg.norm(state.u - step.begin.u) - length
            return balanced(state, settings) & (jnp.abs(miss) <= _CLOSE * length)

        def going(carry: tuple[State, Any]) -> Any:
            state = carry[0]
            unfinished = ~found(state) & (state.count < settings.iterations) & jnp.isfinite(state.imbalance)
            return (state.count == 0) | unfinished

        def better(carry: tuple[State, Any]) -> tuple[State, Any]:
            state, factor = _corrected(step, *carry, length, settings)
            return reported(state, factor, settings), factor

        nothing, inner = nothing_factorized(problem, reduction, settings), internal_forces(step.operator, point.u)
        state, factor = jax.lax.while_loop(
            going,
            better,
            (state_at(problem, point.u, nothing, inner, reduction, least=step.least), point.factor),
        )
        return Attempt(Point(state.u, factor), state, found(state))

    def tangent(self, step: Step, d_step: Step, point: Point, settings: Settings) -> Point:
        """Return the tangent of the point, whose distance is the goal."""
        moved = along(lambda step: step.at_rest(point.u, point.factor), (step,), (d_step,))
        respond, v = response(step, point, settings), point.u - step.begin.u
        a = jnp.zeros_like(v) if moved is None else respond(moved)
        b = respond(step.per_factor())
        further = 0.0 if d_step.goal is STILL else step.goal * d_step.goal
        further = further if d_step.begin.u is STILL else further + v @ d_step.begin.u
        d_factor = (further - v @ a) / (v @ b)
        return Point(a + b * d_factor, d_factor)


def _corrected(step: Step, state: State, factor: Any, length: Any, settings: Settings) -> tuple[State, Any]:
    """One step of Newton's method on state and load factor."""
    reduction = reduction_for(step.problem(factor))
    tangent = step.operator.tangent(state.u)
    solver = settings.approach.solver(tangent, reduction)
    prepared = settings.approach.prepared(jax.lax.stop_gradient(tangent), reduction)
    forces, g = step.per_factor()
    forces = forces if g is None else forces - apply(tangent, g[None])[0]
    rhs = jnp.stack([-state.left, reduce_vectors(reduction, forces[None])[0]])
    a, b = expand_vectors(reduction, solver.solve(prepared, rhs))
    b, v = b if g is None else b + g, state.u - step.begin.u
    far = v @ v
    forth = jnp.where(step.along @ b < 0, -length, length) / jnp.linalg.norm(b)
    d_factor = jnp.where(far == 0, forth, ((length**2 - far) / 2 - v @ a) / (v @ b))
    u, factor = state.u + a + d_factor * b, factor + d_factor
    factorized, problem = () if solver.iterative else prepared, step.problem(factor)
    inner = internal_forces(step.operator, u)
    return state_at(problem, u, factorized, inner, reduction, state.count + 1, state.least), factor


def arc_length(
    operator: NonlinearOperator,
    load: ArrayLike,
    supports: Constraints | Sequence[Constraints] = (),
    *,
    lengths: ArrayLike,
    after: Path | None = None,
    iterations: int = 25,
    tolerance: float = 1e-9,
    checkpoint: str = "all",
    backend: str | None = None,
    method: Backend | CellMethod | Automatic | None = None,
    progress: Callable[[Any, Any, Any], None] | None = None,
) -> Path:
    """Return a path of equilibrium in steps of given distance, through limit points of the load and of displacements.

    The load factor is found with each state. Differentiable in whatever made the operator, in load, prescribed values
    and lengths, forward and reverse, to any order: the derivative is that of the points at these distances from each
    other.

    Parameters
    ----------
    operator : NonlinearOperator
        Internal forces. Unit: [force].
    load : array, shape of the space
        Load of factor one, to whose side the path begins. Unit: [force].
    supports : Constraints, or several
        Held, prescribed and coupled dofs; prescribed values are those of factor one.
    lengths : array, shape (m,)
        Distance of each state from the one before, the root of the sum of squares over all dofs; positive. Unit: [u].
    after : Path, optional
        Path to go on from, in its direction.
    iterations, tolerance, checkpoint, backend, method, progress
        As in `load_steps`.

    Returns
    -------
    Path
        ``factors``, ``states``, and the ``operator`` as the last state leaves it.

    Raises
    ------
    ConvergenceError
        If a state is not reached, even in 64 parts of its distance. If there is no iteration.
    SpaceError
        If there is no length, or one is not positive, or no load; as `load_steps`.
    ConstraintError, MaterialError, NonFiniteError
        As `load_steps`.

    Notes
    -----
    It goes straight on at a bifurcation. At a state where the tangent is singular to rounding its derivative is lost.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> def stored(value, gradient):  # a spring that lets go: its force is u (1 - u^2)
    ...     return (gradient**2 / 2 - gradient**4 / 4).sum()
    >>> space = fem.Space(fem.interval(1))
    >>> path = fem.arc_length(
    ...     fem.elements.energy(space, stored), [[0.0], [1.0]], fem.fix(space, [0]), lengths=[0.5, 0.5, 0.5]
    ... )
    >>> path.factors.round(6).tolist()
    [0.375, 0.0, -1.875]
    """
    goals = goals_of("lengths", lengths)
    _check_positive(goals)
    step, settings = started(operator, load, supports, after, iterations, tolerance, backend, method, progress)
    _check_moves(step)
    return followed(step, goals, _Distance(), settings, checkpoint, np.shape(load))


def _check_positive(lengths: Any) -> None:
    known = np.ones(1) if isinstance(lengths, jax.core.Tracer) else np.asarray(lengths)
    if not (known > 0).all():
        worst = int(np.argmin(known))
        raise SpaceError(
            "a distance is not positive",
            expected="lengths > 0",
            got=f"lengths[{worst}] = {known[worst]:g}",
            fix="reverse the load, to begin to the other side",
        )


def _check_moves(step: Step) -> None:
    known = not isinstance(step.load, jax.core.Tracer)
    if known and step.constraints.values is None and not np.any(np.asarray(step.load)):
        raise SpaceError(
            "a path without a load has no direction",
            expected="a load that is not zero, or prescribed values, of load factor one",
            got="a load of zero in every component",
            fix="pass the load by whose factor the path goes",
        )
