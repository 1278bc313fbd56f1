"""The public function for semi-discrete systems: heat flow, structural dynamics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from sparsead.backends.backend import Backend
from sparsead.errors import ShapeError
from sparsead.factors.options import Automatic, chosen
from sparsead.jax.sparse_array import SparseArray
from sparsead.transient.equations.motion import free_of, prescribed_parts, rows_of, with_prescribed
from sparsead.transient.equations.semidiscrete import Integrand, Motion, Parts, check_matrices, system_of
from sparsead.transient.equations.systems import slope_of
from sparsead.transient.methods.explicit import ExplicitScheme
from sparsead.transient.methods.formulas import (
    BackwardDifferences,
    GeneralizedAlpha,
    RungeKutta,
    generalized_alpha,
    hht,
)
from sparsead.transient.methods.functional import ExplicitlyIntegrating, IntegratingScheme, with_integral
from sparsead.transient.methods.implicit import ImplicitScheme
from sparsead.transient.methods.implicit_tableaus import IMPLICIT
from sparsead.transient.methods.tableaus import EXPLICIT, Tableau
from sparsead.transient.odesolve import name_in
from sparsead.transient.options import PLAIN, Words, known
from sparsead.transient.reports.counting import begun, so_far
from sparsead.transient.reports.failures import Naming
from sparsead.transient.run import Options, run
from sparsead.transient.steps.times import check_times

FIRST_ORDER: dict[str, Any] = {
    **{name: RungeKutta(tableau) for name, tableau in IMPLICIT.items()},
    **{f"bdf{order}": BackwardDifferences(order) for order in (2, 3, 4, 5)},
    **EXPLICIT,
}
SECOND_ORDER: dict[str, Any] = {
    "newmark": GeneralizedAlpha("newmark"),
    "hht": hht(-0.1),
    "generalized_alpha": generalized_alpha(0.8),
    "central_difference": GeneralizedAlpha("central_difference", beta=0.0),
}


def march(
    u0: ArrayLike,
    t: ArrayLike | Sequence[ArrayLike],
    params: Any = None,
    *,
    mass: SparseArray,
    stiffness: SparseArray | None = None,
    damping: SparseArray | None = None,
    internal: Callable[..., Any] | None = None,
    tangent: Callable[..., SparseArray] | None = None,
    load: ArrayLike | Callable[..., ArrayLike] | None = None,
    v0: ArrayLike | None = None,
    prescribed: tuple[ArrayLike, Callable[..., ArrayLike]] | None = None,
    method: str | GeneralizedAlpha | None = None,
    h: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    gradient: str = "aca",
    checkpoint: Any = "all",
    max_steps: int = 4096,
    functional: Callable[..., Any] | None = None,
    backend: str | None = None,
    solver: Backend | Automatic | None = None,
    full_output: bool = False,
    words: Words = PLAIN,
) -> Any:
    """Integrate ``M u' + K u + r(t, u) = p(t)``, or with `v0` ``M u'' + C u' + K u + r(t, u) = p(t)``.

    Matrices are `sparsead.jax.SparseArray`, whose values may be traced: derivatives in them, in u0, v0, t, params and
    whatever the functions close over are exact on the accepted grid, of which the requested times alone move. A linear
    step costs one solve; all steps of one size, forward and back, share one factorization.

    Parameters
    ----------
    u0 : array, shape (n,)
        State at ``t[0]``. Unit: [u].
    t : array, shape (m,)
        Increasing times; steps end on each of them.
    params : pytree of arrays, optional
        Last argument of the functions; of any structure, which no annotation says.
    mass, stiffness, damping : SparseArray, shape (n, n), optional
        M, K, C. A singular M is allowed where no step needs its inverse (backward Euler, SDIRK, BDF).
    internal : callable, optional
        ``internal(t, u, params)``, nonlinear forces r, shape (n,).
    tangent : callable, optional
        ``tangent(t, u, params)``, the matrix of r in u; needed with `internal`.
    load : array, shape (n,), or callable, optional
        ``load(t, params)``, or a constant load.
    v0 : array, shape (n,), optional
        Velocity at ``t[0]``; makes the system one of second order.
    prescribed : tuple, optional
        ``(dofs, motion)``: ``u[dofs] = motion(t, params)``, shape (p,), differentiable in t. These rows of u0 and v0
        are replaced.
    method : str or GeneralizedAlpha, optional
        First order: "backward_euler" (default), "crank_nicolson", "sdirk2", "tr_bdf2", "sdirk4", "esdirk4", "bdf2"
        to "bdf5", or an explicit one of `odesolve`, which solves with M only. Second order: "newmark" (default),
        "hht", "generalized_alpha", "central_difference" (explicit), or one made by `sparsead.transient.hht` or
        `sparsead.transient.generalized_alpha`.
    h, rtol, atol, gradient, checkpoint, max_steps, full_output
        As in `odesolve`; with implicit methods "aca" and "forward" only. Adaptive implicit steps are the distance of
        the requested times divided by powers of two, so that few factorizations serve many steps.
    functional : callable, optional
        ``functional(t, u, params)``, integrated over time by the method itself; of a second-order system
        ``functional(t, motion, params)`` with a `Motion` of one time. Not with BDF.
    backend : str, optional
        As in `sparsead.jax.solve`.
    solver : iterative method, optional
        What `sparsead.jax.solve` knows as its ``method``, such as ``sparsead.iterative.cg()``: one set-up for all
        steps of one size. States and derivatives are then those to its tolerance, of each solve.
    words : Words, optional
        How errors are said, for packages that build on this one.

    Returns
    -------
    states : array, shape (m, n), or Motion
        States at `t`.
    integrals : pytree of arrays, shape (m, ...)
        Integral of `functional` from ``t[0]``; where one is given.
    stats : Stats
        Where `full_output` is set.

    Raises
    ------
    ShapeError
        If shapes, times or options do not fit.
    NoDerivativeError
        As `odesolve`.
    SingularMatrixError, NotPositiveDefiniteError, NonFiniteError, ConvergenceError, StepSizeError, StepLimitError
        As `sparsead.jax.solve` and `odesolve`; in a compiled program within JAX's own exception.

    References
    ----------
    N. M. Newmark, 1959, doi:10.1061/JMCEA3.0000098. J. Chung and G. M. Hulbert, 1993, doi:10.1115/1.2900803.

    Examples
    --------
    >>> import jax.numpy as jnp, sparsead.jax as sp
    >>> from sparsead.transient import march
    >>> cooling = march(jnp.ones(2), [0.0, 1.0], mass=sp.eye(2), stiffness=sp.diags([jnp.array([1.0, 2.0])]), h=0.5)
    >>> cooling[-1].round(3).tolist() == [round(1.5**-2, 3), 0.25]
    True
    """
    times = check_times(t)
    check_matrices(mass, stiffness=stiffness, damping=damping)
    parts = Parts(mass, stiffness, damping, internal, tangent, load, v0 is not None, functional)
    u0, v0 = _state("u0", u0, mass), None if v0 is None else _state("v0", v0, mass)
    whole = None
    if prescribed is not None:
        dofs, free = free_of(prescribed[0], mass.shape[0])
        parts = prescribed_parts(parts, dofs, free, prescribed[1])
        u0, v0 = rows_of(u0, free), None if v0 is None else rows_of(v0, free)
        whole = partial(with_prescribed, dofs, free, prescribed[1], jnp.asarray(times), params)
    options = Options(h, rtol, atol, gradient, checkpoint, max_steps)
    asked = chosen(solver, backend, "solver")
    return _marched(parts, times, u0, v0, params, method, options, asked, words, whole, counts=full_output)


def _marched(
    parts: Parts, times: Any, u0: Any, v0: Any, params: Any, method: Any, options: Options,
    asked: str | Backend | None, words: Words, whole: Callable[..., Any] | None, *, counts: bool,
) -> Any:  # fmt: skip
    """States; then integrals, if there are any, and counts, if they are wanted."""
    u0, before = begun(u0) if counts else (u0, 0)
    system, integrand, data = system_of(parts, u0, params, asked, words)
    scheme = _scheme(system, method, integrand, u0.size)
    z0 = scheme.lift(data, jnp.asarray(times[0]), u0, v0)
    place = z0.size - (0 if integrand is None else scheme.behind)
    naming = Naming(partial(_name, parts.second, u0, place), "the forces", partial(words.run, u0.size))
    out, stats = run(scheme, z0, times, data, options, u0.size, naming)
    found = [_states(out, u0.size, parts.second, whole)]
    if integrand is not None:
        found.append(jax.vmap(integrand.unravel)(out[:, place : place + integrand.size]))
    if counts:
        found.append(replace(stats(), factorizations=so_far(out) - before))
    return tuple(found) if len(found) > 1 else found[0]


def _name(second: bool, u0: Any, place: int, i: int) -> str:
    """What users call row i of what is carried: of a system of second order u, v and a."""
    if i >= place:
        return f"functional, component {i - place}"
    row, of = divmod(i, u0.size)
    letters = ("u", "v", "a") if second else ("u", "u'")
    return letters[min(row, len(letters) - 1)] + name_in(u0, of).removeprefix("u")


def _states(out: Any, n: int, second: bool, whole: Callable[..., Any] | None) -> Any:
    """What users get of the carried rows, of all dofs."""
    rows = [out[:, i * n : (i + 1) * n] for i in range(3 if second else 1)]
    rows = rows if whole is None else whole(rows)
    return Motion(*rows) if second else rows[0]


def _scheme(system: Any, method: Any, integrand: Integrand | None, n: int) -> Any:
    formula = method
    if isinstance(method, Backend):
        raise ShapeError(
            "method of a march is its formula in time",
            expected='a name such as method="newmark"',
            got=f"method={method!r}",
            fix=f"solver={method!r}: the linear systems of its steps",
        )
    if not (system.second and isinstance(method, GeneralizedAlpha)):
        table = SECOND_ORDER if system.second else FIRST_ORDER
        default = "newmark" if system.second else "backward_euler"
        formula = table[known("method", default if method is None else method, table)]
    if isinstance(formula, Tableau):
        slope = slope_of(system)
        if integrand is None:
            return ExplicitScheme(slope, formula)
        return ExplicitlyIntegrating(with_integral(slope, integrand.call, n), formula, integrand.size)
    scheme = ImplicitScheme(system, formula)
    return scheme if integrand is None else IntegratingScheme(scheme, integrand.call, integrand.size)


def _state(name: str, u: Any, mass: Any) -> Any:
    """The state as an array of the length of the mass matrix."""
    u = SparseArray.binding.asarray(name, u)
    if u.shape != mass.shape[:1]:
        raise ShapeError(
            f"{name} does not fit the mass matrix",
            expected=f"shape ({mass.shape[0]},), one number for each row of M",
            got=f"{name} of shape {tuple(np.shape(u))}",
            fix=f"pass {name} with one number for each dof; several load cases are several calls, or vmap",
        )
    return u
