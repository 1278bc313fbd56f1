"""Paths of equilibrium: states that follow from each other in steps, and their derivatives.

Derivation
----------
A step is ``T^T (r(u; h) - f) = 0`` with the history h that the last state left, ``h' = after(u; h)``. So cotangents go
back through the steps as states went forth, each with one transposed solve::

    h_bar  = after_h^T h_bar' - r_h^T lam,     T^T K T z = T^T (u_bar + after_u^T h_bar'),   lam = T z

and those of parameters are added up on the way. u of the step before is only where Newton's method begins: nothing goes
back through it, and without a history steps do not see each other. K is the tangent at the state, made and factorized
once more going back, for of each step only the state and the history are kept: of all, or of the first of about
``sqrt(m)`` steps each, which are then gone through again [1]_.

Where a step does not converge, halves of it lead to a better beginning. They change no history, so the state is the
same, and its derivative too.

References
----------
.. [1] P. Michaleris, D. A. Tortorelli, C. A. Vidal, "Tangent operators and design sensitivity formulations for
   transient non-linear coupled problems with applications to elastoplasticity", Int. J. Numer. Methods Eng. 37 (1994)
   2471-2499, doi:10.1002/nme.1620371408.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import isqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.ad_checkpoint import checkpoint_name

from fem.assembly.faults import faults_of
from fem.assembly.newton import (
    Settings,
    State,
    check_counted,
    check_nonlinear,
    nothing_factorized,
    reduction_for,
    state_at,
)
from fem.assembly.nonlinear import internal_forces
from fem.assembly.path import Control, Path, Point, Step
from fem.assembly.solve import all_of, approach_of
from fem.assembly.solver import CellMethod
from fem.assembly.unreached import Reached, check_reached
from fem.dofs.cases import single
from fem.errors import SpaceError
from fem.progress import stage
from sparsead.errors import NonFiniteError
from sparsead.factors.options import SolveOptions
from sparsead.factors.values import check_finite_rhs
from sparsead.jax.linear_call import linear_call
from sparsead.jax.raised import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.assembly.faults import Faults
    from fem.assembly.nonlinear import NonlinearOperator
    from fem.dofs.constraints import Constraints

_SMALLEST = 2.0**-6  # part of a step
_KEPT = "state of equilibrium"


class _Way(NamedTuple):
    """How far a step is: the point, the part done, the size of the next part, and the state of the last iteration."""

    point: Point
    part: Any
    size: Any
    state: State


@dataclass(frozen=True)
class _Reached:
    """The point that a step leads to and the largest force so far, with a tangent of its own.

    One primitive, for of a ``jax.custom_jvp`` the rule is lost in reverse mode through a scan.

    Parameters
    ----------
    control : Control
        What makes a point.
    settings : Settings
        How to iterate.
    """

    control: Control
    settings: Settings

    def at(self, step: Step) -> tuple[Point, Any]:
        """Return the point and the force."""
        return linear_call(self, step, (), like=(step.begin, step.least))  # linear in nothing

    def __call__(self, step: Step, _: tuple[()]) -> tuple[Point, Any]:
        """Find the point."""
        control, settings = self.control, self.settings

        def further(way: _Way) -> _Way:
            part = jnp.minimum(way.part + way.size, 1.0)
            attempt = control.advance(step, way.point, part, settings)
            ok = attempt.converged
            point = jax.tree.map(partial(jnp.where, ok), attempt.point, way.point)
            return _Way(point, jnp.where(ok, part, way.part), jnp.where(ok, way.size, way.size / 2), attempt.state)

        problem = step.problem(step.begin.factor)
        factorized, zero = nothing_factorized(problem, reduction_for(problem), settings), jnp.zeros_like(step.load)
        none = state_at(problem, step.begin.u, factorized, zero, reduction_for(problem), least=step.least)
        way = jax.lax.while_loop(
            lambda way: (way.part < 1.0) & (way.size >= _SMALLEST),
            further,
            _Way(step.begin, jnp.zeros(()), jnp.ones(()), none),
        )
        last = way.state
        reached = Reached(step.number, way.part, way.point.factor, step.goal, last.imbalance, last.scale, last.count)
        tangent = step.operator.tangent(step.begin.u)
        explain = faults_of(tangent.space.topology, step.constraints.held, tangent.terms)
        options = SolveOptions(tangent.structure, explain=explain)
        u = check_reached(way.point.u, reached, last.factorized, reduction_for(problem), options, control.words)
        return Point(u, way.point.factor), last.scale

    def tangent(self, step: Step, _: tuple[()], d_step: Step, __: tuple[()]) -> Any:
        """Return both and their tangents."""
        point, scale = checkpoint_name(self.at(step), _KEPT)
        d_point = self.control.tangent(step, d_step, point, self.settings)
        return (point, scale), (d_point, jnp.zeros_like(scale))


def started(
    operator: NonlinearOperator,
    load: ArrayLike,
    supports: Constraints | Sequence[Constraints],
    after: Path | None,
    iterations: int,
    tolerance: float,
    backend: str | None,
    method: Any,
    progress: Any,
) -> tuple[Step, Settings]:
    """Return the first step, without a goal, and how to iterate; see `fem.load_steps`.

    Raises
    ------
    SpaceError
        If the operator is linear, or the load or the path do not fit.
    NonFiniteError
        If a load that is known is not finite.
    ConvergenceError
        If there is no iteration.
    """
    check_nonlinear(operator)
    check_counted("iterations", iterations)
    space, constraints = operator.space, all_of(supports, operator.space.count)
    force, rest = single(space, load, "load"), jnp.zeros(space.count)
    if not isinstance(force, jax.core.Tracer):
        _check_finite(np.asarray(force), faults_of(space.topology, constraints.held, operator.terms))
    begin, along, least = Point(rest, jnp.zeros(())), rest, jnp.zeros(())
    if after is not None:
        states = [single(space, state, "state") for state in after.states[-2:]]
        begin = Point(states[-1], after.factors[-1])
        along = states[-1] - (states[0] if len(states) > 1 else rest)
        operator = operator.with_history(after.operator.history)
        least = jnp.abs(internal_forces(operator, begin.u)).max()
    tangent = operator.tangent(begin.u)
    # Beyond a limit point it is not definite; iterations say so.
    tangent = replace(tangent, definite=isinstance(method, CellMethod) and tangent.symmetric)
    approach = approach_of(tangent, constraints.held, method, backend, "nan")
    settings = Settings(approach, 1, iterations, tolerance, progress)
    return Step(operator, force, constraints, begin, jnp.zeros(()), along, least, jnp.zeros((), int)), settings


def _check_finite(force: NDArray[np.float64], explain: Faults) -> None:
    """Raise unless all forces are finite, in words of the mesh."""
    try:
        check_finite_rhs(force[None])
    except NonFiniteError as error:
        raise explain(error, explain.structure.topology.system().pattern, np.zeros(0)) from None


def goals_of(name: str, goals: ArrayLike) -> Any:
    """Return the goals of all steps, shape (m,).

    Raises
    ------
    SpaceError
        If they are no such array, or none, or one that is known is not finite.
    """
    found = jnp.asarray(goals, float)
    known = np.zeros(0) if isinstance(found, jax.core.Tracer) else np.ravel(found)
    bad = np.flatnonzero(~np.isfinite(known))
    if found.ndim != 1 or not len(found) or len(bad):
        raise SpaceError(
            f"a path needs {name}",
            expected=f"{name} of shape (m,), one number for each step",
            got=f"{name}[{bad[0]}] = {known[bad[0]]}" if len(bad) else f"{name} of shape {found.shape}",
            fix=f"pass for example {name}=np.linspace(0.1, 1.0, 10)",
        )
    return found


def followed(step: Step, goals: Any, control: Control, settings: Settings, checkpoint: str, shape: Any) -> Path:
    """Return the path of all goals.

    Parameters
    ----------
    step : Step
        The first step.
    goals : array, shape (m,)
        Goals of all.
    control, settings
        As above.
    checkpoint : {"all", "sqrt"}
        Which states are kept for derivatives.
    shape : tuple of int
        Of one state.

    Raises
    ------
    SpaceError
        If there is no such checkpoint.
    """
    if checkpoint not in ("all", "sqrt"):
        raise SpaceError(
            "no such way to keep states",
            expected='checkpoint="all" or checkpoint="sqrt"',
            got=f"checkpoint={checkpoint!r}",
            fix='checkpoint="sqrt" where states of all steps do not fit into memory',
        )
    with typed(), stage(f"path of {len(goals)} steps, {step.operator.space.count} dofs"):
        factors, states, history = _followed(step, goals, control=control, settings=settings, checkpoint=checkpoint)
        if not any(isinstance(x, jax.core.Tracer) for x in (factors, states)):
            jax.block_until_ready((factors, states, history))
    return Path(factors, states.reshape(-1, *shape), step.operator.with_history(history))


@partial(jax.jit, static_argnames=("control", "settings", "checkpoint"))
def _followed(step: Step, goals: Any, *, control: Control, settings: Settings, checkpoint: str) -> tuple[Any, Any, Any]:
    """Load factors (m,), states (m, n), and the history that the last one leaves."""

    def one(carry: Any, goal: Any) -> Any:
        begin, history, along, least, number = carry
        operator = step.operator.with_history(history)
        now = step._replace(operator=operator, begin=begin, goal=goal, along=along, least=least, number=number)
        point, scale = _Reached(control, settings).at(now)
        left = operator.after(point.u).history
        return (point, left, point.u - begin.u, scale, number + 1), point

    policy = jax.checkpoint_policies.save_only_these_names(_KEPT)
    each = jax.checkpoint(one, prevent_cse=False, policy=policy)
    carry = (step.begin, step.operator.history, step.along, step.least, step.number)
    length = isqrt(len(goals)) if checkpoint == "sqrt" else 1
    carry, points = _scanned(each, carry, goals, length)
    return points.factor, points.u, carry[1]


def _scanned(one: Callable[[Any, Any], Any], carry: Any, xs: Any, length: int) -> Any:
    """A scan; of each `length` steps what they begin with is kept, and the rest found again."""
    if length == 1:
        return jax.lax.scan(one, carry, xs)
    many = len(xs) // length * length

    @partial(jax.checkpoint, prevent_cse=False)
    def several(carry: Any, some: Any) -> Any:
        return jax.lax.scan(one, carry, some)

    carry, found = jax.lax.scan(several, carry, xs[:many].reshape(-1, length))
    found = jax.tree.map(lambda x: x.reshape(many, *x.shape[2:]), found)
    if many == len(xs):
        return carry, found
    carry, rest = several(carry, xs[many:])
    return carry, jax.tree.map(lambda a, b: jnp.concatenate([a, b]), found, rest)
