"""Linear elasticity of a body of revolution: coordinates (r, z), displacements (u_r, u_z).

Derivation
----------
The hoop strain u_r / r joins the strains of the plane, and volumes are 2 pi r dA::

    a(u, v) = int (lam tr eps(u) tr eps(v) + 2 mu eps(u) : eps(v)) 2 pi r dA [1]_

References
----------
.. [1] T. J. R. Hughes, "The Finite Element Method", Dover, 2000, section 2.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from fem.elements.common.build import bilinear, check_displacement, isotropic_margins, mass_degree, material
from fem.errors import SpaceError

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Axisymmetric:
    """Isotropic elasticity of a body of revolution; its moduli are lam and mu. Unit: [force/length^2]."""

    kind: ClassVar[str] = "revolution"
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = True

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        lam, mu = moduli
        r = cells.points[0]
        weight = cells.measure * (2 * np.pi * r)
        g = cells.gradients  # (a, k, q, e)
        hoop = cells.shape[:, :, None] / r
        zero = jnp.zeros_like(g[:, 0])
        # strains of unit displacements in r and in z: rr, zz, hoop, 2 rz; shape (a, 2, q, e) each
        strains = [
            jnp.stack([g[:, 0], zero], 1),
            jnp.stack([zero, g[:, 1]], 1),
            jnp.stack([hoop, zero], 1),
            jnp.stack([g[:, 1], g[:, 0]], 1),
        ]
        trace = strains[0] + strains[1] + strains[2]
        total = jnp.einsum("aiqe,bjqe->aibje", trace * (weight * lam), trace)
        for strain, factor in zip(strains, (2, 2, 2, 1), strict=True):
            total = total + jnp.einsum("aiqe,bjqe->aibje", strain * (weight * (factor * mu)), strain)
        return total

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Internal forces of displacements u, both of shape (i, a, e)."""
        lam, mu = moduli
        r = cells.points[0]
        around = 2 * np.pi * r
        slope, hoop = cells.gradient_of(u), cells.value_of(u)[0] / r
        pressure = lam * (slope[0, 0] + slope[1, 1] + hoop)
        shear = mu * (slope[0, 1] + slope[1, 0])
        rows = [[pressure + 2 * mu * slope[0, 0], shear], [shear, pressure + 2 * mu * slope[1, 1]]]
        plane = cells.test_gradient(jnp.stack([jnp.stack(row) for row in rows]) * around)
        ring = (pressure + 2 * mu * hoop) / r * around
        return plane + cells.test_value(jnp.stack([ring, jnp.zeros_like(ring)]))


def axisymmetric(space: Space, *, young: Any, poisson: Any, field: str | None = None) -> Operator:
    """Return the stiffness of an isotropic elastic body of revolution.

    Loads on it are per radian times 2 pi: integrate a traction with ``2 pi r``.

    Parameters
    ----------
    space : Space
        Displacements (u_r, u_z) on a plane mesh with coordinates (r, z), r >= 0.
    young : array, shape (), (e,) or (e, q)
        Young's modulus. Unit: [force/length^2].
    poisson : array, shape (), (e,) or (e, q)
        Poisson's ratio, -1 < poisson < 0.5.
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, positive definite once the motion along the axis is held. Unit: [force/length].

    Raises
    ------
    MaterialError
        If Poisson's ratio is out of range, or an array does not fit the cells.
    SpaceError
        If the space is none of plane displacements, or a point has r < 0.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((2, 2)), components=2)
    >>> fem.elements.axisymmetric(space, young=2.1e11, poisson=0.3)
    Operator(Axisymmetric on 4 cells; 18 dofs)
    """
    check_displacement(space, field, "a body of revolution has displacements along r and z")
    lowest = float(np.asarray(space.mesh.points[:, 0]).min())
    if space.mesh.dimension != 2 or lowest < 0:
        raise SpaceError(
            "a body of revolution has plane coordinates (r, z) with r >= 0",
            expected="a plane mesh at r >= 0, and components=2",
            got=f"a mesh in {space.mesh.dimension}D from r = {lowest:.6g}",
            fix="use the half-plane on the right of the axis",
        )
    e, nu = material("young", young), material("poisson", poisson)
    limits = isotropic_margins(e, nu)
    lam, mu = nu / ((1.0 + nu) * (1.0 - 2.0 * nu)), 1.0 / (2.0 * (1.0 + nu))
    return bilinear(space, Axisymmetric(), (lam, mu), limits, factor=e, degree=mass_degree, field=field)
