"""How a run with a mass matrix begins: its scheme, and a first state on the algebraic equations.

Derivation
----------
The state on the algebraic equations that has the given ``M u0`` is the root of (letters of `equations.mass`)::

    G(u) = Q f(t₀, u, θ) + M (u - u0),      G_u = M + Q f_u = B

Newton's method finds it, undifferentiated. From the root u*, a constant, one more step has the derivative that the
implicit function theorem gives, ``du* = B^-1 (M du0 - Q f_θ dθ - Q f_t dt)``, and a second step all second derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.errors import HighIndexError, InconsistentStartError, SingularMatrixError
from sparsead.transient.equations.field import Field
from sparsead.transient.equations.mass import MassSystem, annihilator_of, divided
from sparsead.transient.equations.traced import Data
from sparsead.transient.methods.explicit import ExplicitScheme
from sparsead.transient.methods.implicit import ImplicitScheme
from sparsead.transient.methods.tableaus import Tableau
from sparsead.transient.reports.reporting import checked

_ITERATIONS = 30


def with_mass(
    formula: Any, field: Field, mass: Any, data: Data, t: Any, u0: Any, name: Callable[[int], str]
) -> tuple[Any, Data, Any]:
    """Return the scheme of ``M u' = f``, its data, and a first state on the algebraic equations.

    Parameters
    ----------
    formula : Tableau, RungeKutta or BackwardDifferences
        The method.
    field : Field
        f on flat vectors.
    mass : array, shape (n, n)
        M.
    data : tuple
        ``(moving, fixed)`` of f.
    t : array, shape ()
        First time.
    u0 : array, shape (n,)
        First state.
    name : callable
        Name of a component, for messages.

    Raises
    ------
    SingularMatrixError
        If M is singular and the method is explicit.
    HighIndexError
        If the algebraic equations do not determine what M does not.
    InconsistentStartError
        If no state near u0 satisfies them.
    """
    moving, fixed = data
    if isinstance(formula, Tableau):
        return ExplicitScheme(divided(field), formula), ((*moving, _inverse(mass, formula.name)), fixed), u0
    system, data = MassSystem(field), ((*moving, mass), fixed)
    return ImplicitScheme(system, formula), data, consistent(system, data, t.astype(_real(u0)), u0, name)


def _real(u: Any) -> Any:
    return jnp.finfo(u.dtype).dtype


def _inverse(mass: Any, method: str) -> Any:
    def report(condition: Any) -> None:
        raise SingularMatrixError(
            "an explicit method with a singular mass",
            expected=f"a regular M, whose inverse {method} multiplies with",
            got=f"mass with condition number {float(condition):.3g}",
            fix='an implicit method, for instance method="esdirk4"',
        )

    held = lax.stop_gradient(mass)
    condition = jnp.linalg.cond(held)
    good = condition < 0.1 / jnp.finfo(mass.dtype).eps
    return jnp.linalg.inv(checked(mass, good, lambda: (condition,), report))


def consistent(system: MassSystem, data: Data, t: Any, u0: Any, name: Callable[[int], str]) -> Any:
    """Return the state with ``M u = M u0`` on the algebraic equations, shape (n,); u0 itself if it is there.

    Raises
    ------
    HighIndexError, InconsistentStartError
        If there is none, or not one.
    """
    u, facts = _found(system, *lax.stop_gradient((data, t, u0)))
    return _moved(system, data, t, u0, checked(u, facts[0], lambda: facts[1:], partial(_report, name)))


@partial(jax.jit, static_argnums=0)
def _moved(system: MassSystem, data: Data, t: Any, u0: Any, u: Any) -> Any:
    """The root with its first and second derivatives."""
    annihilator = annihilator_of(data[0][-1])
    return lax.fori_loop(0, 2, lambda _, u: u - _correction(system, data, annihilator, t, u0, u), u)


def _correction(system: MassSystem, data: Data, annihilator: Any, t: Any, u0: Any, u: Any) -> Any:
    mass = data[0][-1]
    balance = annihilator @ system.field(t, u, data) + mass @ (u - u0)
    return jnp.linalg.solve(system.index_matrix(data, annihilator, t, u), balance)


@partial(jax.jit, static_argnums=0)
def _found(system: MassSystem, data: Data, t: Any, u0: Any) -> tuple[Any, tuple[Any, ...]]:
    """The root; whether it is one, the condition of B at u0, the largest algebraic residual left and its row."""
    eps = jnp.finfo(u0.dtype).eps
    mass = data[0][-1]
    annihilator = annihilator_of(mass)

    def going(carry: Any) -> Any:
        u, change, count = carry
        return (count == 0) | (count <= _ITERATIONS) & (jnp.linalg.norm(change) > 4 * eps * jnp.linalg.norm(u))

    def again(carry: Any) -> Any:
        u, change, count = carry
        u = u - change
        return u, _correction(system, data, annihilator, t, u0, u), count + 1

    u, change, _ = lax.while_loop(going, again, (u0, jnp.zeros_like(u0), 0))
    residual = annihilator @ system.field(t, u, data)
    worst = jnp.argmax(jnp.where(jnp.isfinite(residual), jnp.abs(residual), jnp.inf))
    root = jnp.linalg.norm(change) <= jnp.sqrt(eps) * jnp.linalg.norm(u)
    jacobian = system.jacobian(data, t, u0)
    condition = _condition(mass + annihilator @ jacobian)
    regular = condition < 0.01 / eps
    # Where f itself is not finite the run says which component, as it does without a mass.
    known = jnp.isfinite(system.field(t, u0, data)).all() & jnp.isfinite(jacobian).all()
    u = jnp.where(known & root & regular, u, u0)
    return u, (~known | (root & regular), condition, regular, residual[worst], worst)


def _condition(matrix: Any) -> Any:
    """Condition number with the largest number of each row and column at one; infinite for what is not finite."""
    for axis in (1, 0):
        size = jnp.max(jnp.abs(matrix), axis, keepdims=True)
        matrix = matrix / jnp.where(size > 0, size, 1.0)
    condition = jnp.linalg.cond(matrix)
    return jnp.where(jnp.isfinite(condition), condition, jnp.inf)


def _report(name: Callable[[int], str], condition: Any, regular: Any, residual: Any, worst: Any) -> None:
    if not regular:
        raise HighIndexError(
            "the algebraic equations do not determine what the mass matrix does not: the index is above 1",
            expected="a regular M + Q f_u, with Q the projector on the rows that M lacks",
            got=f"condition number {float(condition):.3g} at u0",
            fix="differentiate the algebraic equations in time until they contain the algebraic unknowns (a pendulum: "
            "its accelerations), or look for an equation that stands there twice",
        )
    raise InconsistentStartError(
        "no consistent first state was found",
        expected="algebraic equations that hold near u0, M u0 unchanged",
        got=f"residual {residual:.3g} in the row of {name(int(worst))} after {_ITERATIONS} steps of Newton's method",
        fix="pass a u0 nearer to the algebraic equations",
        residual=float(abs(residual)),
    )
