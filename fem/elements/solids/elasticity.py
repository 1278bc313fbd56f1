"""Linear elasticity of an isotropic material: in space, in plane strain, in plane stress.

Derivation
----------
With the strain eps(u) = (grad u + grad u^T) / 2 and Lame's moduli lam, mu::

    a(u, v) = int  lam div u div v + 2 mu eps(u) : eps(v)
    K[a i, b j] = int  lam N_a,i N_b,j + mu (N_a,j N_b,i + delta_ij N_a,k N_b,k)

lam = E nu / ((1 + nu)(1 - 2 nu)), in plane stress E nu / (1 - nu^2); mu = E / (2 (1 + nu)) [1]_.

References
----------
.. [1] T. J. R. Hughes, "The Finite Element Method", Dover, 2000, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import jax.numpy as jnp

from fem.elements.common.build import (
    bilinear,
    check_displacement,
    isotropic_margins,
    material,
    product,
    thickness_margin,
)
from fem.errors import MaterialError

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells

Plane = Literal["stress", "strain"]


@dataclass(frozen=True)
class Elasticity:
    """Isotropic linear elasticity; its moduli are lam and mu. Unit: [force/length^2]."""

    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        lam, mu = moduli
        if jnp.ndim(lam) < 2 and jnp.ndim(mu) < 2:
            products = cells.gradient_products()
            return _stiffness(lam * products, mu * products)
        return _stiffness(cells.gradient_products(lam), cells.gradient_products(mu))

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Internal forces of displacements u, both of shape (i, a, e)."""
        return cells.test_gradient(stress(cells.gradient_of(u), *moduli))


def stress(gradient: Any, lam: Any, mu: Any) -> Any:
    """Return the stress of a displacement gradient, both of shape (i, k, q, e). Unit: [force/length^2]."""
    axes = range(gradient.shape[0])
    pressure = lam * sum(gradient[i, i] for i in axes)
    rows = [[mu * (gradient[i, k] + gradient[k, i]) + (pressure if i == k else 0.0) for k in axes] for i in axes]
    return jnp.stack([jnp.stack(row) for row in rows])


def _stiffness(by_lam: Any, by_mu: Any) -> Any:
    """Matrices from products of gradients times lam and times mu, both (a, k, b, l, e)."""
    axes = range(by_mu.shape[1])
    laplace = sum(by_mu[:, k, :, k] for k in axes)
    rows = []
    for i in axes:
        row = [by_lam[:, i, :, j] + by_mu[:, j, :, i] + (laplace if i == j else 0.0) for j in axes]
        rows.append(jnp.stack(row, 2))
    return jnp.stack(rows, 1)


def elasticity(
    space: Space,
    *,
    young: Any,
    poisson: Any,
    plane: Plane | None = None,
    thickness: Any = 1.0,
    field: str | None = None,
) -> Operator:
    """Return the stiffness of an isotropic elastic body.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    young : array, shape (), (e,) or (e, q)
        Young's modulus, for cells or for quadrature points. Unit: [force/length^2].
    poisson : array, shape (), (e,) or (e, q)
        Poisson's ratio, -1 < poisson < 0.5.
    plane : {"stress", "strain"}, optional
        Which of the two, in 2D: plane stress by default.
    thickness : array, shape () or (e,)
        Thickness of a plane body. Unit: [length].
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, positive definite once the rigid motions are held. Unit: [force/length].

    Raises
    ------
    MaterialError
        If Poisson's ratio is out of range, or an array does not fit the cells.
    SpaceError
        If the space is none of displacements.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.box((2, 1, 1)), components=3)
    >>> fem.elements.elasticity(space, young=2.1e11, poisson=0.3)
    Operator(Elasticity on 2 cells; 36 dofs)
    """
    dimension = space.mesh.dimension
    check_displacement(space, field, "elasticity needs a displacement in each direction")
    e, nu, t = material("young", young), material("poisson", poisson), material("thickness", thickness)
    if plane not in (None, "stress", "strain") or (plane is not None and dimension != 2):
        raise MaterialError(
            "plane stress and plane strain are states of plane bodies",
            expected='plane="stress" or plane="strain" in 2D, None in 3D',
            got=f"plane={plane!r} in {dimension}D",
            fix="drop plane=, or use a mesh in 2D",
        )
    mu = 1.0 / (2.0 * (1.0 + nu))
    in_stress = dimension == 2 and plane != "strain"
    lam = nu / (1.0 - nu * nu) if in_stress else nu / ((1.0 + nu) * (1.0 - 2.0 * nu))
    factor = product(e, t) if dimension == 2 else e
    margins = isotropic_margins(e, nu) | thickness_margin(thickness)
    return bilinear(space, Elasticity(), (lam, mu), margins, factor=factor, field=field)
