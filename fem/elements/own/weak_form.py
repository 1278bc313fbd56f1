"""Your own weak form: from an energy, or from a residual, written for one point in plain ``jax.numpy``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.assembly.nonlinear import NonlinearOperator
from fem.assembly.term import Term
from fem.elements.common.build import margins_on, mass_degree, material, on_domain
from fem.elements.own.pointwise import Pointwise
from fem.errors import SpaceError
from fem.geometry.tables import tables

if TYPE_CHECKING:
    from fem.dofs.space import Space


def energy(
    space: Space,
    density: Callable[..., Any],
    *,
    degree: int | None = None,
    field: str | None = None,
    definite: bool = False,
    **parameters: Any,
) -> NonlinearOperator:
    """Return the operator whose forces are the derivative of an energy.

    Parameters
    ----------
    space : Space
        The unknown.
    density : callable
        ``density(value, gradient, **parameters)`` of the unknown at a point, shapes (i,) and (i, k), is the energy
        per volume. Define it once, outside loops: another function is another program to compile.
    degree : int, optional
        Degree of the quadrature; twice the order of the element by default.
    field : str, optional
        Name of the field; all components of all fields together by default.
    definite : bool
        Whether the tangent is positive definite at a stable state.
    **parameters : array, shape (), (e,) or (e, q)
        What the density depends on; all differentiable.

    Returns
    -------
    NonlinearOperator
        With a symmetric tangent.

    Raises
    ------
    MaterialError
        If a parameter does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> def stored(value, gradient, stiffness):
    ...     return stiffness * (gradient**2).sum() / 2
    >>> space = fem.Space(fem.interval(2))
    >>> operator = fem.elements.energy(space, stored, stiffness=3.0)
    >>> [round(x, 12) for x in operator.forces([[0.0], [0.5], [1.0]]).reshape(-1).tolist()]
    [-3.0, 0.0, 3.0]
    """
    form = Pointwise(_Derivative(density), tuple(parameters), symmetric=True, definite=definite)
    return pointwise(space, form, parameters, degree=degree, field=field)


def residual(
    space: Space,
    flux: Callable[..., tuple[Any, Any]],
    *,
    degree: int | None = None,
    field: str | None = None,
    symmetric: bool = False,
    **parameters: Any,
) -> NonlinearOperator:
    """Return the operator of a force and a flux.

    Parameters
    ----------
    space : Space
        The unknown.
    flux : callable
        ``flux(value, gradient, **parameters)`` of the unknown at a point, shapes (i,) and (i, k), gives the force
        (i,) that works on test functions and the flux (i, k) that works on their gradients. Define it once,
        outside loops: another function is another program to compile.
    degree : int, optional
        Degree of the quadrature; twice the order of the element by default.
    field : str, optional
        Name of the field; all components of all fields together by default.
    symmetric : bool
        Whether the tangent is symmetric.
    **parameters : array, shape (), (e,) or (e, q)
        What the flux depends on; all differentiable.

    Returns
    -------
    NonlinearOperator
        Its forces are ``int force . v + flux : grad v``.

    Raises
    ------
    MaterialError
        If a parameter does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> def flux(value, gradient, conductivity):
    ...     return value**3, conductivity * gradient
    >>> fem.elements.residual(fem.Space(fem.interval(2)), flux, conductivity=3.0)
    NonlinearOperator(Pointwise on 2 cells; 3 dofs)
    """
    form = Pointwise(flux, tuple(parameters), symmetric=symmetric, definite=False)
    return pointwise(space, form, parameters, degree=degree, field=field)


@dataclass(frozen=True)
class _Derivative:
    """Force and flux of an energy; equal for the same density, so that an operator made anew is the same program."""

    density: Callable[..., Any]

    def __call__(self, value: Any, gradient: Any, **parameters: Any) -> tuple[Any, Any]:
        """Return the derivatives of the density in the value and in the gradient."""

        def energy(v: Any, g: Any) -> Any:
            stored = jnp.asarray(self.density(v, g, **parameters))
            if stored.size != 1:
                raise SpaceError(
                    "an energy is one number at each point",
                    expected="shape ()",
                    got=f"shape {stored.shape}",
                    fix="sum over components and directions",
                )
            return stored.reshape(())

        force, stress = jax.grad(energy, (0, 1))(value, gradient)
        return force, stress


def pointwise(
    space: Space,
    form: Pointwise,
    parameters: Mapping[str, Any],
    *,
    degree: int | None = None,
    field: str | None = None,
    remembers: int = 0,
    margins: Mapping[str, Any] | None = None,
) -> NonlinearOperator:
    """Return the operator of a form given at a point, on all cells of the highest dimension.

    Parameters
    ----------
    space : Space
        The unknown.
    form : Pointwise
        The form.
    parameters : mapping of str to array, shape (), (e,) or (e, q)
        By their names, in the order of the form.
    degree, field
        As in `residual`.
    remembers : int
        How many numbers the material remembers at each point; all are zero at first.
    margins : mapping of str to array, shape () or (e,)
        What must be positive, see `fem.assembly.checks`.
    """
    of = space.whole if field is None else space.field(field)
    numbers = [material(name, value) for name, value in parameters.items()]
    domains = space.topology.bulk
    cells = sum(domain.count for domain in domains)
    terms, own, history, limits, start = [], [], [], [], 0
    for domain in domains:
        order = mass_degree(domain.element) if degree is None else degree
        term = Term(form, domain, of, tables(domain.element, domain.element, order))
        part, points = slice(start, start + domain.count), len(term.tables.weights)
        terms.append(term)
        own.append(tuple(on_domain(number, part, cells, points) for number in numbers))
        history.append((jnp.zeros((remembers, points, domain.count)),) if remembers else ())
        limits.append(margins_on(margins or {}, part, domain))
        start += domain.count
    return NonlinearOperator(space, tuple(terms), tuple(own), None, form.definite, tuple(history), tuple(limits))
