"""Load steps: equilibrium under given load factors, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.follow import followed, goals_of, started
from fem.assembly.newton import balanced, improved, nothing_factorized, reduction_for, reported, state_at
from fem.assembly.nonlinear import internal_forces
from fem.assembly.path import Attempt, Control, Path, Point, Step, response
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

_NEGATIVE = -1e-10  # of a cosine: beyond rounding


@dataclass(frozen=True)
class _Load(Control):
    """The goal is the load factor.

    Where an iteration goes against what it is to balance, a tangent has a negative eigenvalue, and a limit point is
    passed: what lies beyond is no point of this path, though it may be in equilibrium.
    """

    words: ClassVar[str] = "load factor"

    def advance(self, step: Step, point: Point, part: Any, settings: Settings) -> Attempt:
        """Return the attempt to come from a point of the path to where a part of the load is added."""
        factor = jnp.where(part < 1, step.begin.factor + part * (step.goal - step.begin.factor), step.goal)
        problem = step.problem(factor)
        reduction = reduction_for(problem)
        move = step.prescribed(factor - point.factor)
        nothing, inner = nothing_factorized(problem, reduction, settings), internal_forces(step.operator, point.u)

        def failed(state: State) -> Any:
            return (state.resisted < _NEGATIVE) | ~jnp.isfinite(state.imbalance)

        state = jax.lax.while_loop(
            lambda s: (s.count == 0) | (~balanced(s, settings) & (s.count < settings.iterations) & ~failed(s)),
            lambda s: reported(improved(problem, s, move, reduction, settings), factor, settings),
            state_at(problem, point.u, nothing, inner, reduction, least=step.least),
        )
        return Attempt(Point(state.u, factor), state, balanced(state, settings) & ~failed(state))

    def tangent(self, step: Step, d_step: Step, point: Point, settings: Settings) -> Point:
        """Return the tangent of the point, whose load factor is the goal."""
        goal = step.goal
        d_goal = jnp.zeros_like(goal) if d_step.goal is STILL else d_step.goal
        moved = along(lambda step, goal: step.at_rest(point.u, goal), (step, goal), (d_step, d_step.goal))
        if moved is None:
            return Point(jnp.zeros_like(point.u), d_goal)
        return Point(response(step, point, settings)(moved), d_goal)


def load_steps(
    operator: NonlinearOperator,
    load: ArrayLike,
    supports: Constraints | Sequence[Constraints] = (),
    *,
    factors: ArrayLike,
    after: Path | None = None,
    iterations: int = 25,
    tolerance: float = 1e-9,
    checkpoint: str = "all",
    backend: str | None = None,
    method: Backend | CellMethod | Automatic | None = None,
    progress: Callable[[Any, Any, Any], None] | None = None,
) -> Path:
    """Return the states in equilibrium with a load times each of some factors, reached one after the other.

    Of a material that remembers, as `fem.elements.j2_plasticity`, each state depends on those before: factors that fall
    unload. Each state is found by Newton's method from the one before. Differentiable in whatever made the operator, in
    load, prescribed values and factors, forward and reverse, to any order. A gradient takes one factorization and one
    transposed solve for each step.

    Parameters
    ----------
    operator : NonlinearOperator
        Internal forces. Unit: [force].
    load : array, shape of the space
        Load of factor one. Unit: [force].
    supports : Constraints, or several
        Held, prescribed and coupled dofs; prescribed values are those of factor one.
    factors : array, shape (m,)
        Load factors, in any order.
    after : Path, optional
        Path to go on from, by its last state; also in what its material remembers. By default nothing was loaded.
    iterations : int
        Newton's steps allowed to come from one state to the next. A step that needs more is made in halves, which are
        no states of the path.
    tolerance : float
        Imbalance accepted, as a fraction of the largest force in the structure since the beginning.
    checkpoint : {"all", "sqrt"}
        What a gradient keeps: all states and what is remembered at them; or those of the first of about ``sqrt(m)``
        steps each, which are then gone through a second time.
    backend, method
        As in `solve_nonlinear`.
    progress : callable, optional
        Called after each of Newton's steps with the load factor, the number of the step, and the imbalance as a
        fraction of the largest force.

    Returns
    -------
    Path
        ``factors``, ``states``, and the ``operator`` as the last state leaves it.

    Raises
    ------
    ConvergenceError
        If a state is not reached, even in 64 parts; says how far it came, and whether the tangent has negative pivots:
        then a limit point is passed. If there is no factor, or no iteration.
    SpaceError, ConstraintError, MaterialError, NonFiniteError
        As `solve_nonlinear`.

    Notes
    -----
    Where an iteration meets a negative stiffness, a limit point is passed, and the step is halved. A step so large that
    none does may end in a state beyond the limit point that is stable again; `arc_length` does not.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.box((1, 1, 1))
    >>> space = fem.Space(mesh, components=3)
    >>> body = fem.elements.j2_plasticity(space, young=100.0, poisson=0.3, yield_stress=1.0, isotropic_hardening=10.0)
    >>> planes = [fem.fix(space, mesh.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(3)]
    >>> pull = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 1), (1.0, 0.0, 0.0))
    >>> path = fem.load_steps(body, pull, planes, factors=[1.0, 2.0, 0.0])
    >>> [round(x, 6) for x in path.states[:, :, 0].max(1).tolist()]  # elastic, plastic, and what remains
    [0.01, 0.12, 0.1]
    """
    step, settings = started(operator, load, supports, after, iterations, tolerance, backend, method, progress)
    return followed(step, goals_of("factors", factors), _Load(), settings, checkpoint, np.shape(load))
