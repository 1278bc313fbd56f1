"""Solve ``r(u) = f`` under constraints by Newton's method; the derivative is that of the solution, not of the steps.

Derivation
----------
With ``u = T z + g`` and the tangent K = dr/du::

    T^T (r(u) - f) = 0
    T^T K T dz = T^T (df - d_p r - K dg)        implicit function theorem

K is the tangent at the solution, applied cell by cell. The factorization is that
of Newton's last step, at a state that differs by that step only: two steps of
iterative refinement make the difference vanish [1]_. So the derivative costs
triangular solves and no factorization.

References
----------
.. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", SIAM, 2002,
   chapter 12, doi:10.1137/1.9780898718027.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.faults import faults_of
from fem.assembly.near_null import suited
from fem.assembly.newton import Problem, Settings, factor_solve, newton, reduction_for, residual
from fem.assembly.nonlinear import NonlinearOperator
from fem.assembly.operator import apply
from fem.assembly.solve import (
    all_of,
    expand_vectors,
    prescribed_part,
    reduce_vectors,
    settled,
)
from fem.assembly.term import kinds_of
from fem.dofs.cases import single
from fem.dofs.constraints import Constraints
from fem.errors import ConvergenceError, SpaceError
from sparsead.factors.options import SolveOptions, chosen
from sparsead.jax.raised import typed
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from sparsead.backends.backend import Backend
    from sparsead.factors.options import Automatic

_REFINEMENTS = 2


def solve_nonlinear(
    operator: NonlinearOperator,
    load: ArrayLike,
    supports: Constraints | Sequence[Constraints] = (),
    *,
    initial: ArrayLike | None = None,
    steps: int = 1,
    iterations: int = 25,
    tolerance: float = 1e-9,
    backend: str | None = None,
    method: Backend | Automatic | None = None,
    progress: Callable[[Any, Any, Any], None] | None = None,
) -> jax.Array:
    """Return u with ``r(u) = f`` under constraints.

    Newton's method with a line search, in load steps: load and prescribed values
    grow together. Differentiable in parameters, coordinates, load and prescribed
    values, forward and reverse, to any order.

    Parameters
    ----------
    operator : NonlinearOperator
        r. Unit of its forces: [force].
    load : array, shape of the space
        f. Unit: [force].
    supports : Constraints, or several
        Held, prescribed and coupled dofs.
    initial : array, shape of the space, optional
        Where to begin; zero by default. Unit: [u].
    steps : int
        Load steps.
    iterations : int
        Newton's steps allowed in each load step.
    tolerance : float
        Imbalance accepted, as a fraction of the largest force in the structure.
    backend : str, optional
        A name of `sparsead.backends.installed`; by default the structure decides.
    method : iterative method, optional
        Instead of a library that factorizes, for the linear systems of Newton's steps and of derivatives: a value such
        as ``sparsead.iterative.cg(sparsead.iterative.amg())``; ``"auto"`` as in `sparsead.jax.solve`.
    progress : callable, optional
        Called after each of Newton's steps with the part of the load, the number of the step, and the imbalance as
        a fraction of the largest force.

    Returns
    -------
    array, shape of the space
        u.

    Raises
    ------
    ConvergenceError
        If a load step does not converge; says which, and how far it came. If there is none, or no iteration.
    SpaceError, ConstraintError, MaterialError, SingularMatrixError, NonFiniteError
        As `solve`.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((2, 1), size=(2.0, 1.0))
    >>> space = fem.Space(mesh, components=2)
    >>> body = fem.elements.neo_hookean(space, young=1.0, poisson=0.0)
    >>> supports = [fem.fix(space, mesh.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(2)]
    >>> pull = fem.prescribed(space, mesh.points_on(lambda x: x[:, 0] == 2), 2.0, 0)
    >>> u = fem.solve_nonlinear(body, jax.numpy.zeros(space.shape), [*supports, pull])
    >>> round(float(u[:, 0].max()), 12)
    2.0
    """
    _check(operator, steps, iterations)
    space = operator.space
    force = single(space, load, "load")
    constraints = all_of(supports, space.count)
    symmetric = all(term.form.symmetric for term in operator.terms)
    if operator.linear is not None:
        symmetric = symmetric and operator.linear.symmetric
    terms = operator.terms + (() if operator.linear is None else operator.linear.terms)
    explain = faults_of(space.topology, constraints.held, terms)
    structure = Structure(symmetric=symmetric, positive_definite=operator.definite)
    asked = suited(chosen(method, backend), space.topology, constraints.held, kinds_of(terms))
    settings = Settings(SolveOptions(structure, asked, explain=explain), steps, iterations, tolerance, progress)
    start = jnp.zeros(space.count) if initial is None else single(space, initial, "initial state")
    with typed():
        u = settled(_solve(Problem(operator, force, constraints, start), settings=settings))
    return u.reshape(np.shape(load))


def _check(operator: Any, steps: Any, iterations: Any) -> None:
    if not isinstance(operator, NonlinearOperator):
        raise SpaceError(
            "not a nonlinear operator",
            expected="what fem.elements.neo_hookean, energy or residual return, or a sum with it",
            got=f"{type(operator).__name__}",
            fix="fem.solve for a linear operator",
        )
    for name, count in (("steps", steps), ("iterations", iterations)):
        if not isinstance(count, int | np.integer) or count < 1:
            raise ConvergenceError(
                f"{name} are counted",
                expected=f"{name}, a whole number, 1 or more",
                got=f"{name}={count!r}",
                fix=f"pass {name}=1 or more",
            )


@partial(jax.jit, static_argnames=("settings",))
def _solve(problem: Problem, *, settings: Settings) -> Any:
    return _solution(problem, settings)[0]


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def _solution(problem: Problem, settings: Settings) -> tuple[Any, Any]:
    """The solution and the stored values of the last tangent that was factorized."""
    return newton(problem, settings)


@_solution.defjvp
def _tangent(settings: Settings, primals: tuple[Problem], tangents: tuple[Problem]) -> tuple[Any, Any]:
    (problem,), (d_problem,) = primals, tangents
    u, values = _solution(problem, settings)
    imbalance = jax.jvp(lambda p: residual(p, u), (problem,), (d_problem,))[1]
    d_g = _tangent_of_prescribed(problem, d_problem)
    if d_g is not None:
        imbalance = imbalance + apply(problem.operator.tangent(u), d_g[None])[0]
    d_u = tangent_solve(problem, u, values, -imbalance, settings)
    return (u, values), (d_u if d_g is None else d_u + d_g, jnp.zeros_like(values))


def _tangent_of_prescribed(problem: Problem, tangents: Problem) -> Any:
    if problem.constraints.values is None:
        return None
    return prescribed_part(reduction_for(problem), Constraints(problem.constraints.held, tangents.constraints.values))


def tangent_solve(problem: Problem, u: Any, values: Any, rhs: Any, settings: Settings) -> Any:
    """Return T z with ``T^T K T z = T^T rhs``, K the tangent at u, from factors of `values` at a state nearby.

    Parameters
    ----------
    problem : Problem
        The problem.
    u : array, shape (n,)
        Solution.
    values : array, shape (s,)
        Stored values of the reduced tangent at Newton's last step.
    rhs : array, shape (n,)
        Right-hand side.
    settings : Settings
        Backend.
    """
    reduction = reduction_for(problem)
    tangent = problem.operator.tangent(u)

    def product(z: Any) -> Any:
        return reduce_vectors(reduction, apply(tangent, expand_vectors(reduction, z)))

    def solution(matvec: Any, b: Any, trans: str = "N") -> Any:
        x = factor_solve(reduction, values, b, settings, trans)
        for _ in range(_REFINEMENTS):
            x = x + factor_solve(reduction, values, b - matvec(x), settings, trans)
        return x

    transposed = partial(solution, trans="T")
    b = reduce_vectors(reduction, rhs[None])
    symmetric = settings.options.structure.symmetric
    z = jax.lax.custom_linear_solve(product, b, solution, transpose_solve=transposed, symmetric=symmetric)
    return expand_vectors(reduction, z)[0]
