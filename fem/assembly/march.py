"""March a body through time: operators, constraints and states of a space; the engine is `sparsead.transient`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

import sparsead.transient as engine
from fem.assembly.body import Body, Shared, body_of, vector
from fem.assembly.faults import RunFaults, faults_of
from fem.assembly.near_null import suited
from fem.assembly.nonlinear import NonlinearOperator
from fem.assembly.operator import Operator
from fem.assembly.solver import CellMethod
from fem.assembly.term import Term, kinds_of
from fem.dofs.constraints import Constraints
from fem.errors import SpaceError
from fem.progress import stage
from sparsead.backends.backend import Backend
from sparsead.factors.options import Automatic, chosen
from sparsead.jax.raised import typed
from sparsead.transient.options import Words

Supports = Constraints | Sequence[Constraints]


def march(
    u0: ArrayLike,
    t: ArrayLike | Sequence[ArrayLike],
    params: Any = None,
    *,
    mass: Operator,
    stiffness: Operator | NonlinearOperator | None = None,
    damping: Operator | None = None,
    load: ArrayLike | Callable[..., ArrayLike] | None = None,
    supports: Supports | Callable[..., Supports] = (),
    v0: ArrayLike | None = None,
    functional: Callable[..., Any] | None = None,
    solver: Backend | CellMethod | Automatic | None = None,
    full_output: bool = False,
    **options: Any,
) -> Any:
    """Integrate ``M u' + K u = f(t)``, or with `v0` ``M u'' + C u' + K u = f(t)``, under constraints.

    K may be a nonlinear operator: then ``r(u)`` stands for ``K u``, with Newton's method in every step. Derivatives in
    whatever made the operators (materials, coordinates), in states, times, loads, motions of supports and params are
    exact on the accepted steps, forward and reverse. Linear operators are assembled once, and their derivative is one
    contraction over all cells at the end.

    Parameters
    ----------
    u0 : array, shape of the space or (n,)
        State at ``t[0]``; constrained dofs are replaced. Unit: [u].
    t : array, shape (m,)
        Increasing times; steps end on each of them.
    params : pytree of arrays, optional
        Last argument of the functions; of any structure, which no annotation says.
    mass : Operator
        M: `fem.elements.mass`, `fem.elements.lumped_mass`, or a heat capacity.
    stiffness : Operator or NonlinearOperator, optional
        K, or r and its tangent.
    damping : Operator, optional
        C, for instance ``a * M + b * K``.
    load : array, shape of `u0`, or callable, optional
        ``load(t, params)``, or a constant load. Unit: [force].
    supports : Constraints, several, or callable
        Held, prescribed and coupled dofs; for supports that move ``supports(t, params)``, which prescribes values
        differentiable in t, of the same dofs at all times.
    v0 : array, shape of `u0`, optional
        Velocity at ``t[0]``; makes the system one of second order.
    functional : callable, optional
        ``functional(t, u, params)``, integrated over time by the method itself, u of the shape of `u0`; with `v0`
        ``functional(t, motion, params)``, a `sparsead.transient.Motion` of one time.
    solver : iterative method, optional
        Instead of a library that factorizes, for the linear systems of steps, back in time as well: a value such as
        ``sparsead.iterative.cg(sparsead.iterative.amg())``, which is told the rigid motions of the space; ``"auto"`` as
        in `sparsead.jax.solve`. Not `fem.multigrid`.
    full_output : bool
        Whether to return counts too.
    **options
        method, h, rtol, atol, gradient, checkpoint, max_steps, backend: as in `sparsead.transient.march`.

    Returns
    -------
    states : array, shape (m, points, components), or Motion
        States at `t`.
    integrals : pytree of arrays, shape (m, ...)
        Integral of `functional` from ``t[0]``; where one is given.
    stats : sparsead.transient.Stats
        Where `full_output` is set.

    Raises
    ------
    SpaceError
        If a state or a load does not fit, operators are on different spaces, or are none.
    MeshError, MaterialError
        If a cell is inverted or a material impossible, or if points have cells without mass only; names cells.
    SparseADError
        As `sparsead.transient.march`, with the points and cells of the space.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(8))
    >>> M, K = fem.elements.mass(space), fem.elements.diffusion(space, 1.0)
    >>> cold = fem.fix(space, [0, 8])
    >>> u = fem.march(jax.numpy.ones(space.shape), [0.0, 0.1], mass=M, stiffness=K, supports=cold, h=0.01)
    >>> round(float(u[-1, 4, 0]), 3)
    0.484
    """
    for name, operator in (("mass", mass), ("stiffness", stiffness), ("damping", damping)):
        _check(name, operator, mass)
    space, shape = mass.space, np.shape(u0)
    starts = [None if x is None else vector(space, name, x) for name, x in (("u0", u0), ("v0", v0))]
    asked = _for_matrices(solver, options.get("method"))
    with typed(), stage(f"march, {space.count} dofs"):
        body, shared, (m, c, k) = body_of(mass, damping, stiffness, load, supports, params, second=v0 is not None)
        kinds = kinds_of(_terms(mass, damping, stiffness))
        knowing: Any = suited(asked, space.topology, body.reduction.held, kinds)
        forces = None if load is None and not body.moved else body.forces
        internal, tangent = (None, None) if shared.nonlinear is None else (body.internal, body.tangent)
        z0, w0 = (None if x is None else body.free(x) for x in starts)
        integrand = None if functional is None else partial(_integrand, body, functional, shape)
        found = engine.march(
            z0, t, shared, mass=m, damping=c, stiffness=k, internal=internal, tangent=tangent, load=forces, v0=w0,
            functional=integrand, full_output=full_output, words=_words(body, mass, damping, stiffness), solver=knowing,
            **options,
        )  # fmt: skip
        z, *more = found if full_output or functional is not None else (found,)
        found = (_states(body, shared, z, t, shape), *more)
        if not any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves(found)):
            jax.block_until_ready(found)
    return found if len(found) > 1 else found[0]


def _words(body: Body, mass: Operator, *others: Any) -> Words:
    """How errors of the solves and of the run are said."""
    topology, held = body.space.topology, body.reduction.held
    return Words(
        faults_of(topology, held, _terms(mass, *others), "mass and stiffness"),
        faults_of(topology, held, mass.terms, "mass"),
        RunFaults(topology),
    )


def _terms(*operators: Any) -> list[Term[Any]]:
    """Terms of operators and of their linear parts."""
    parts = [*operators, *(getattr(operator, "linear", None) for operator in operators)]
    return [term for operator in parts if operator is not None for term in operator.terms]


def _for_matrices(solver: Any, method: Any) -> Any:
    """What solves, if it is for matrices: those of a run have no cells any more."""
    for name, given in (("solver", solver), ("method", method)):
        if isinstance(given, CellMethod):
            raise SpaceError(
                "a march solves with assembled matrices",
                expected="an iterative method for matrices, or none for a library that factorizes",
                got=f"{name}={given!r}",
                fix="solver=sparsead.iterative.cg(sparsead.iterative.amg())",
            )
    return chosen(solver, None, "solver")


def _integrand(body: Body, functional: Any, shape: tuple[int, ...], t: Any, z: Any, shared: Shared) -> Any:
    rows = [row.reshape(shape) for row in body.states(list(z) if body.second else [z], t, shared)]
    return functional(t, engine.Motion(*rows) if body.second else rows[0], shared.params)


def _states(body: Body, shared: Shared, z: Any, t: Any, shape: tuple[int, ...]) -> Any:
    """States of all dofs at the requested times, in the shape that users gave."""
    rows = list(z) if body.second else [z]
    rows = jax.vmap(lambda rows, t: body.states(rows, t, shared))(rows, jnp.asarray(t, float))
    rows = [row.reshape(-1, *shape) for row in rows]
    return engine.Motion(*rows) if body.second else rows[0]


def _check(name: str, operator: Any, mass: Any) -> None:
    kinds = (Operator, NonlinearOperator) if name == "stiffness" else Operator
    if operator is None and name != "mass":
        return
    if not isinstance(operator, kinds):
        raise SpaceError(
            f"{name} is not an operator of fem",
            expected=f"{name} as fem.elements.mass, elasticity, diffusion ... return it",
            got=f"{name} of {type(operator).__name__}",
            fix="sparsead.transient.march for matrices",
        )
    if any(getattr(operator, "history", ())):
        raise SpaceError(
            "a march does not follow what a material remembers",
            expected="a material without history, such as fem.elements.neo_hookean",
            got=f"{name} of {operator!r}, which remembers",
            fix="fem.load_steps, where inertia counts for nothing",
        )
    if operator.space.topology is not mass.space.topology or operator.space.moved != mass.space.moved:
        raise SpaceError(
            f"{name} and mass are on different spaces",
            expected=f"{name} on {mass.space!r}",
            got=f"{operator!r}",
            fix="make both on the same space, at the same points",
        )
