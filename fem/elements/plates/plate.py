"""Bending of plates with shear deformation, after Mindlin and Reissner.

Derivation
----------
Unknowns are the deflection w and the rotations r_x, r_y about the axes, so that a point at the height z moves by
u = z r_y, v = -z r_x. With b = (r_y, -r_x), the stiffness D = E h^3 / (12 (1 - nu^2)) and S = k G h [1]_::

    a(u, v) = int  D nu div b div b + D (1 - nu) eps(b) : eps(b) + S g . g,    g = grad w + b

The shear strain g is interpolated as `fem.elements.plates.shear_ties` says, or a thin plate would lock. Where cells are
wider than about 500 h, S is taken no larger than 1e6 D / (width of a cell)^2: the deflection by shear, of the order
D / (S L^2) of the whole, is then below 1e-6, while with the true S it would drown the bending stiffness in rounding
(relative error of a deflection, 16 x 16 cells of nine nodes: 5e-5 at h / L = 1e-5, singular at 1e-6).

References
----------
.. [1] T. J. R. Hughes, "The Finite Element Method", Dover, 2000, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from fem.elements.common.build import aligned, bilinear, isotropic_margins, least, mass_degree, material
from fem.elements.plates.shear_ties import PLATES, ties
from fem.errors import MeshError, SpaceError

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells

_STIFFEST = 1e6  # shear stiffness times the square of a cell's width, in bending stiffnesses


@dataclass(frozen=True)
class Plate:
    """Bending and shear of plates; the moduli are D nu, D (1 - nu) / 2 and S."""

    kind: ClassVar[str] = "plate"
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        lam, mu, shear = moduli
        g = cells.gradients  # (a, k, q, e)
        zero = jnp.zeros_like(g[:, 0])
        # curvatures of unit values of w, r_x, r_y: xx, yy, 2 xy; shape (a, 3, q, e) each
        xx = jnp.stack([zero, zero, g[:, 0]], 1)
        yy = jnp.stack([zero, -g[:, 1], zero], 1)
        xy = jnp.stack([zero, -g[:, 0], g[:, 1]], 1)
        total = _products(xx + yy, lam * cells.measure)
        for strain, modulus in ((xx, 2.0 * mu), (yy, 2.0 * mu), (xy, mu)):
            total = total + _products(strain, modulus * cells.measure)
        for strain in _unit_shears(cells):
            total = total + _products(strain, shear * cells.measure)
        return total

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Nodal forces and moments of u, both of shape (i, a, e)."""
        lam, mu, shear = moduli
        slope = cells.gradient_of(u[1:])  # of r_x, r_y
        xx, yy, xy = slope[1, 0], -slope[0, 1], slope[1, 1] - slope[0, 0]
        spread = lam * (xx + yy)
        m_xx, m_yy, m_xy = spread + 2.0 * mu * xx, spread + 2.0 * mu * yy, mu * xy
        moments = jnp.stack([jnp.stack([-m_xy, -m_yy]), jnp.stack([m_xx, m_xy])])
        bending = cells.test_gradient(moments)
        return jnp.concatenate([jnp.zeros_like(bending[:1]), bending]) + _shear_forces(cells, shear, u)


def _products(strain: Any, weight: Any) -> Any:
    """Sum over the quadrature points of strain times weighted strain, (a, i, q, e) to (a, i, b, j, e)."""
    weighted = strain * weight
    terms = (strain[:, :, None, None, q] * weighted[None, None, :, :, q] for q in range(strain.shape[2]))
    return sum(terms)


def _lever(cells: Cells) -> tuple[Any, Any, Any]:
    """Shape functions at the ties, shape (m, a, 1), slopes along their axes, (m, a, 1), and tangents, (k, m, e)."""
    element = cells.tables.element
    where = ties(element.name)
    along = element.gradients(where.points)[np.arange(len(where.axes)), :, where.axes]  # (m, a)
    tangents = jnp.einsum("ma,kae->kme", along, cells.coordinates)
    return element.shape(where.points)[..., None], along[..., None], tangents


def _unit_shears(cells: Cells) -> list[Any]:
    """Shear strains of unit values of w, r_x, r_y along x and along y, shape (a, 3, q, e) each."""
    shape, along, tangents = _lever(cells)
    x, y = tangents[:, :, None]
    taken = jnp.stack([along * jnp.ones_like(x), -shape * y, shape * x], 2)  # (m, a, i, e)
    weights = ties(cells.tables.element.name).weights(cells.tables.points)
    reference = jnp.einsum("rmq,maie->raiqe", weights, taken)
    return [sum(cells.inverse[r, k] * reference[r] for r in (0, 1)) for k in (0, 1)]


def _shear_forces(cells: Cells, modulus: Any, u: Any) -> Any:
    """Nodal forces and moments of shear strains, shape (i, a, e)."""
    shape, along, tangents = _lever(cells)
    x, y = tangents[:, :, None]
    taken = (along * u[0] + shape * (x * u[2] - y * u[1])).sum(1)  # (m, e)
    weights = ties(cells.tables.element.name).weights(cells.tables.points)
    reference = jnp.einsum("rmq,me->rqe", weights, taken)
    strain = [sum(cells.inverse[r, k] * reference[r] for r in (0, 1)) for k in (0, 1)]
    force = [modulus * cells.measure * sum(cells.inverse[r, k] * strain[k] for k in (0, 1)) for r in (0, 1)]
    at_ties = jnp.einsum("rmq,rqe->me", weights, jnp.stack(force))[:, None]
    return jnp.stack([(along * at_ties).sum(0), (-shape * y * at_ties).sum(0), (shape * x * at_ties).sum(0)])


def plate(
    space: Space, *, young: Any, poisson: Any, thickness: Any, correction: float = 5 / 6, field: str | None = None
) -> Operator:
    """Return the bending stiffness of a plate, thick or thin.

    Loads are forces per area: ``fem.body_load(space, (q, 0, 0))``.

    Parameters
    ----------
    space : Space
        Deflection and rotations (w, r_x, r_y) on a plane mesh, components=3.
    young : array, shape (), (e,) or (e, q)
        Young's modulus. Unit: [force/length^2].
    poisson : array, shape (), (e,) or (e, q)
        Poisson's ratio, -1 < poisson < 0.5.
    thickness : array, shape () or (e,)
        Thickness h. Unit: [length].
    correction : float
        Shear correction k: 5/6 for a homogeneous plate.
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, positive definite once the rigid motions are held. Unit: [force/length].

    Raises
    ------
    MeshError
        If a cell has another element than ``quad4`` or ``quad9``, or is inverted.
    MaterialError
        If Poisson's ratio is out of range, the thickness not positive, or an array does not fit the cells.
    SpaceError
        If the space is none of deflections and rotations in the plane.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((16, 16))
    >>> space = fem.Space(mesh, components=3)
    >>> K = fem.elements.plate(space, young=10.92, poisson=0.3, thickness=1e-3)
    >>> edge = fem.fix(space, mesh.facet_points(mesh.boundary))
    >>> w = fem.solve(K, fem.body_load(space, (1e-9, 0, 0)), edge)[:, 0]
    >>> round(float(w.max()), 5)  # clamped on all sides: 0.00126 q L^4 / D
    0.00126
    """
    check_plate(space, field)
    e, nu, h = material("young", young), material("poisson", poisson), material("thickness", thickness)
    margins = {"section": least(h)} | isotropic_margins(e, nu)
    h, nu = aligned(h, nu)
    mu = h**3 / (24.0 * (1.0 + nu))
    lam = h**3 * nu / (12.0 * (1.0 - nu * nu))
    stiffest = _STIFFEST * (lam + 2.0 * mu) / _widest(space) ** 2
    shear = jnp.minimum(correction * h / (2.0 * (1.0 + nu)), stiffest)
    return bilinear(space, Plate(), (lam, mu, shear), margins, factor=e, degree=mass_degree, field=field)


def _widest(space: Space) -> float:
    """The largest width of a cell, where the mesh was made. Unit: [length]."""
    corners = [space.mesh.points[domain.nodes] for domain in space.topology.bulk]
    return max(float(np.ptp(x, axis=1).max()) for x in corners)


def check_plate(space: Space, field: str | None) -> None:
    """Raise an error unless a space has deflections and rotations on cells of plates.

    Raises
    ------
    SpaceError, MeshError
        If it has not.
    """
    components, d = space.field(field).components, space.mesh.dimension
    if d != 2 or components != 3:
        raise SpaceError(
            "a plate has a deflection and two rotations on a plane mesh",
            expected="components=3 in 2D: (w, r_x, r_y)",
            got=f"components={components} in {d}D",
            fix="fem.Space(mesh, components=3)",
        )
    kinds = sorted({domain.element.name for domain in space.topology.bulk})
    if not set(kinds) <= set(PLATES):
        raise MeshError(
            "no plate on these cells",
            expected=f"cells of {', '.join(PLATES)}",
            got=f"cells of {', '.join(kinds)}",
            fix='make the mesh with element="quad4"',
        )
