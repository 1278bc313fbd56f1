"""Build an operator from a form: spread materials over the domains, check what is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.checks import fault, wrong
from fem.assembly.moduli import Moduli
from fem.assembly.operator import Operator
from fem.assembly.term import Term
from fem.errors import MaterialError, SpaceError
from fem.geometry.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fem.assembly.form import BilinearForm
    from fem.dofs.domain import Domain
    from fem.dofs.space import Space
    from fem.reference import ReferenceElement

_SIMPLICES = ("point", "line", "triangle", "tetrahedron")


def stiffness_degree(element: ReferenceElement) -> int:
    """Return the degree of the quadrature for products of gradients."""
    return 2 * (element.order - 1) if element.cell in _SIMPLICES else 2 * element.order


def mass_degree(element: ReferenceElement) -> int:
    """Return the degree of the quadrature for products of values."""
    return 2 * element.order


def bilinear(
    space: Space,
    form: BilinearForm,
    moduli: tuple[Any, ...],
    margins: Mapping[str, Any],
    *,
    factor: Any = 1.0,
    degree: Any = stiffness_degree,
    field: str | None = None,
    domains: tuple[Domain, ...] | None = None,
) -> Operator:
    """Return the operator of a form on all cells of the highest dimension.

    Parameters
    ----------
    space : Space
        Where it acts.
    form : BilinearForm
        The weak form.
    moduli : tuple of array, shapes (), (e,) or (e, q)
        What it is linear in, for all cells.
    factor : array, shape (), (e,) or (e, q)
        Multiplies all moduli; apart from them, so that cells of one shape have one matrix times their factor.
    margins : mapping of str to array, shape () or (e,)
        What must be positive, see `fem.assembly.checks`.
    degree : callable
        Degree of the quadrature on an element.
    field : str, optional
        The unknown.
    domains : tuple of Domain, optional
        Where to integrate; all cells of the highest dimension by default.
    """
    of = space.field(field)
    where = space.topology.bulk if domains is None else domains
    cells = sum(domain.count for domain in where)
    terms, all_moduli, all_margins, start = [], [], [], 0
    for domain in where:
        term = Term(form, domain, of, tables(domain.element, domain.element, degree(domain.element)))
        part = slice(start, start + domain.count)
        points = len(term.tables.weights)
        terms.append(term)
        own = tuple(on_domain(m, part, cells, points) for m in moduli)
        common = on_domain(jnp.asarray(factor), part, cells, points)
        by_point = jnp.ndim(common) == 2
        all_moduli.append(Moduli(1.0, tuple(common * m for m in own)) if by_point else Moduli(common, own))
        all_margins.append(margins_on(margins, part, domain))
        start += domain.count
    return Operator(space, tuple(terms), tuple(all_moduli), tuple(all_margins), form.definite)


def of_density(space: Space, form: BilinearForm, density: Any, thickness: Any, field: str | None) -> Operator:
    """Return the operator of a mass: a form that is linear in density times thickness, its only modulus.

    Parameters
    ----------
    space : Space
        Where it acts.
    form : BilinearForm
        How the mass of a cell goes to its nodes.
    density, thickness : array, shape (), (e,) or (e, q)
        See `fem.elements.mass`.
    field : str, optional
        The unknown.
    """
    rho, t = material("density", density), material("thickness", thickness)
    factor, limits = product(rho, t), {"not negative": least(rho)} | thickness_margin(thickness)
    return bilinear(space, form, (jnp.ones(()),), limits, factor=factor, degree=mass_degree, field=field)


def material(name: str, value: Any) -> Any:
    """Return a coefficient as an array of numbers.

    Raises
    ------
    MaterialError
        If it is none, or has more than two axes.
    """
    array = value if isinstance(value, jax.Array) else np.asarray(value)
    if array.dtype.kind in "iub":
        array = array.astype(float)
    if array.dtype.kind != "f" or array.ndim > 2:
        raise MaterialError(
            f"{name} is not a coefficient",
            expected="a number, an array of shape (e,) for cells, or (e, q) for quadrature points",
            got=f"{name} of type {array.dtype} and shape {array.shape}",
            fix="pass one number for each cell",
        )
    return jnp.asarray(array)


def thickness_margin(value: Any) -> dict[str, Any]:
    """Return what of a thickness must not be negative; nothing for a number that is not."""
    if isinstance(value, int | float) and value >= 0:
        return {}
    return {"thickness": least(material("thickness", value))}


def aligned(*coefficients: Any) -> tuple[Any, ...]:
    """Return coefficients of shapes (), (e,) and (e, q) so that they multiply: beside (e, q), (e,) becomes (e, 1)."""
    deepest = max(c.ndim for c in coefficients)
    return tuple(c[:, None] if c.ndim == 1 and deepest == 2 else c for c in coefficients)


def product(*coefficients: Any) -> Any:
    """Return the product of coefficients of shapes (), (e,) and (e, q)."""
    return math.prod(aligned(*coefficients))


def least(value: Any) -> Any:
    """Return the smallest value in each cell, shape () or (e,)."""
    return value.min(axis=-1) if value.ndim == 2 else value


def isotropic_margins(young: Any, poisson: Any) -> dict[str, Any]:
    """Return what must be positive in an isotropic elastic material, each of shape () or (e,).

    Parameters
    ----------
    young, poisson : array, shape (), (e,) or (e, q)
        Young's modulus and Poisson's ratio.
    """
    return {
        "poisson below 1/2": least(0.5 - poisson),
        "poisson above -1": least(poisson + 1.0),
        "not negative": least(young),
    }


def check_cells(margins: Mapping[str, Any], domains: tuple[Domain, ...]) -> None:
    """Raise the error of the first margin, shape () or (e,) for all cells, that is known now and not positive.

    Parameters
    ----------
    margins : mapping of str to array
        See `fem.assembly.checks`; other shapes are left to who spreads them over the cells.
    domains : tuple of Domain
        Where the cells are.
    """
    start, cells = 0, sum(domain.count for domain in domains)
    fitting = {name: m for name, m in margins.items() if jnp.shape(m) in ((), (cells,))}
    for domain in domains:
        part = slice(start, start + domain.count)
        check_known({name: m if jnp.ndim(m) == 0 else m[part] for name, m in fitting.items()}, domain)
        start += domain.count


def margins_on(margins: Mapping[str, Any], part: slice, domain: Domain) -> tuple[tuple[str, Any], ...]:
    """Return the margins of a domain that are not known yet; those that are known are checked.

    Parameters
    ----------
    margins : mapping of str to array, shape () or (e,)
        See `fem.assembly.checks`.
    part : slice
        Cells of the domain among all.
    domain : Domain
        Where.
    """
    limits = {name: m if jnp.ndim(m) == 0 else m[part] for name, m in margins.items()}
    check_known(limits, domain)
    return tuple(item for item in limits.items() if isinstance(item[1], jax.core.Tracer))


def check_known(margins: Mapping[str, Any], domain: Domain) -> None:
    """Raise the error of the first margin that is known now and not positive."""
    for name, margin in margins.items():
        if isinstance(margin, jax.core.Tracer):
            continue
        numbers = np.atleast_1d(np.asarray(margin))
        faults = np.flatnonzero(wrong(name, numbers))
        if len(faults):
            raise fault(name, float(numbers[faults[0]]), int(domain.cells[faults[0]]), domain.what)


def on_domain(modulus: Any, part: slice, cells: int, points: int) -> Any:
    """Return a coefficient on a part of all cells, quadrature points first: (), (e,) or (q, e).

    Parameters
    ----------
    modulus : array, shape (), (e,) or (e, q)
        Coefficient for all cells.
    part : slice
        Cells of the domain.
    cells, points : int
        Number of all cells, and of quadrature points in one.

    Raises
    ------
    MaterialError
        If the shape is another.
    """
    if jnp.ndim(modulus) == 0:
        return modulus
    fits = modulus.shape[0] == cells and (modulus.ndim == 1 or modulus.shape[1] == points)
    if not fits:
        raise MaterialError(
            "a coefficient does not fit the cells",
            expected=f"shape (), ({cells},) for the cells, or ({cells}, {points}) for their quadrature points",
            got=f"shape {modulus.shape}",
            fix="pass one number for each cell, in the order of the blocks of the mesh",
        )
    return modulus[part].T


def check_components(space: Space, field: str | None, expected: int, what: str) -> None:
    """Raise an error unless the unknown has as many components as a rule needs.

    Raises
    ------
    SpaceError
        If it has others.
    """
    components = space.field(field).components
    if components != expected:
        raise SpaceError(
            what,
            expected=f"components={expected} in {space.mesh.dimension}D",
            got=f"components={components}",
            fix=f"fem.Space(mesh, components={expected})",
        )


def check_displacement(space: Space, field: str | None, what: str) -> None:
    """Raise an error unless the unknown is the displacement of a body.

    Raises
    ------
    SpaceError
        If it has not a component for each direction, or the cells do not fill their space.
    """
    d, cells = space.mesh.dimension, space.mesh.cell_dimension
    check_components(space, field, d, what)
    if cells != d:
        raise SpaceError(
            "a body is made of cells that fill their space",
            expected=f"cells of dimension {d} in {d}D; there is no membrane and no shell",
            got=f"cells of dimension {cells} in {d}D",
            fix=f"fem.read(path, dimension={cells}) for a mesh that is flat; fem.elements.bar for a truss",
        )
