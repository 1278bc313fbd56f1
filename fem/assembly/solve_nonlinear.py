"""Solve ``r(u) = f`` under constraints by Newton's method; the derivative is that of the solution, not of the steps.

Derivation
----------
With ``u = T z + g`` and the tangent K = dr/du::

    T^T (r(u) - f) = 0
    T^T K T dz = T^T (df - d_p r - K dg)        implicit function theorem

K is the tangent at the solution, applied cell by cell. The factorization is that
of Newton's last step, at a state that differs by that step only: two steps of
iterative refinement make the difference vanish [1]_. So the derivative costs
triangular solves and no factorization. Iterations are set up once more, at the solution:
there a solve to a tolerance costs more than a set-up, and nothing is refined.

References
----------
.. [1] N. J. Higham, "Accuracy and Stability of Numerical Algorithms", SIAM, 2002,
   chapter 12, doi:10.1137/1.9780898718027.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.newton import (
    Problem,
    Settings,
    check_counted,
    check_nonlinear,
    newton,
    reduction_for,
    residual,
)
from fem.assembly.nonlinear import NonlinearOperator
from fem.assembly.operator import apply
from fem.assembly.solve import (
    all_of,
    approach_of,
    expand_vectors,
    prescribed_part,
    reduce_vectors,
    reduced_product,
    settled,
)
from fem.assembly.solver import CellMethod
from fem.dofs.cases import single
from fem.dofs.constraints import Constraints
from sparsead.jax.raised import typed

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
    method: Backend | CellMethod | Automatic | None = None,
    progress: Callable[[Any, Any, Any], None] | None = None,
) -> jax.Array:
    """Return u with ``r(u) = f`` under constraints.

    Newton's method with a line search, in load steps: load and prescribed values
    grow together. Differentiable in parameters, coordinates, load and prescribed
    values, forward and reverse, to any order. Of a material that remembers it is one step from what its operator
    remembers, whatever `steps`; `load_steps` is for many.

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
        as ``sparsead.iterative.cg(sparsead.iterative.amg())``, or `fem.multigrid`, which here is algebraic;
        ``"auto"`` as in `sparsead.jax.solve`.
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
    check_nonlinear(operator)
    check_counted("steps", steps)
    check_counted("iterations", iterations)
    space = operator.space
    force = single(space, load, "load")
    constraints = all_of(supports, space.count)
    start = jnp.zeros(space.count) if initial is None else single(space, initial, "initial state")
    tangent = operator.tangent(start)
    if isinstance(method, CellMethod):  # at a stable state the tangent is definite; iterations say where it is not
        tangent = replace(tangent, definite=tangent.symmetric)
    approach = approach_of(tangent, constraints.held, method, backend, "raise")
    settings = Settings(approach, steps, iterations, tolerance, progress)
    with typed():
        u = settled(_solve(Problem(operator, force, constraints, start), settings=settings))
    return u.reshape(np.shape(load))


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
    u, factorized = _solution(problem, settings)
    imbalance = jax.jvp(lambda p: residual(p, u), (problem,), (d_problem,))[1]
    d_g = _tangent_of_prescribed(problem, d_problem)
    if d_g is not None:
        imbalance = imbalance + apply(problem.operator.tangent(u), d_g[None])[0]
    d_u = tangent_solve(problem, u, factorized, -imbalance, settings)
    still = jax.tree.map(jnp.zeros_like, factorized)
    return (u, factorized), (d_u if d_g is None else d_u + d_g, still)


def _tangent_of_prescribed(problem: Problem, tangents: Problem) -> Any:
    if problem.constraints.values is None:
        return None
    return prescribed_part(reduction_for(problem), Constraints(problem.constraints.held, tangents.constraints.values))


def tangent_solve(problem: Problem, u: Any, factorized: Any, rhs: Any, settings: Settings) -> Any:
    """Return T z with ``T^T K T z = T^T rhs``, K the tangent at u, by factors of that at a state nearby, or iterations.

    Parameters
    ----------
    problem : Problem
        The problem.
    u : array, shape (n,)
        Solution.
    factorized : array, shape (s,), or ()
        Stored values of the reduced tangent at Newton's last step.
    rhs : array, shape (n,)
        Right-hand side.
    settings : Settings
        How to solve.
    """
    reduction = reduction_for(problem)
    tangent, approach = problem.operator.tangent(u), settings.approach
    solver = approach.solver(tangent, reduction)
    b, product = reduce_vectors(reduction, rhs[None]), partial(reduced_product, reduction)
    if solver.iterative:
        return expand_vectors(reduction, approach.solution(tangent, reduction, product, b))[0]
    held = jax.lax.stop_gradient(factorized)

    def solution(solve: Callable[[Any, Any], Any], matvec: Any, b: Any) -> Any:
        x = solve(held, b)
        for _ in range(_REFINEMENTS):
            x = x + solve(held, b - matvec(x))
        return x

    there, back = partial(solution, solver.solve), partial(solution, solver.solve_transposed)
    matvec = partial(product, tangent)
    z = jax.lax.custom_linear_solve(matvec, b, there, transpose_solve=back, symmetric=solver.symmetric)
    return expand_vectors(reduction, z)[0]
