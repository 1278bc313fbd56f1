"""Geometric stiffness of a plate: what a stress in its plane that is there already does to further deflections.

Derivation
----------
Of Green's strain the part of second order in the deflection w does work with the stress s, which does not vary over
the thickness h [1]_::

    a(u, v) = int  h s_ij w(u),i w(v),j

Its like for the rotations, h^3 / 12 s_ij r_k,i r_k,j, is of the order (h / L)^2 of it, and left out.

References
----------
.. [1] S. P. Timoshenko, J. M. Gere, "Theory of Elastic Stability", 2nd ed., McGraw-Hill, 1961, section 8.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp

from fem.elements.common import tensor
from fem.elements.common.build import bilinear, mass_degree, material
from fem.elements.common.prestress import prestress
from fem.elements.plates.plate import check_plate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class PlateGeometric:
    """Prestress on deflections; its moduli are the stresses s_ij, row by row."""

    kind: ClassVar[str] = "plate"
    symmetric: bool = True
    definite: bool = False
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        of_deflections = tensor.products(cells, moduli)[:, None, :, None]
        return jnp.pad(of_deflections, [(0, 0), (0, 2), (0, 0), (0, 2), (0, 0)])

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Forces of deflections in u, both of shape (i, a, e)."""
        return jnp.pad(tensor.action(cells, moduli, u[:1]), [(0, 2), (0, 0), (0, 0)])


def plate_geometric(space: Space, stress: ArrayLike, *, thickness: ArrayLike, field: str | None = None) -> Operator:
    """Return the geometric stiffness of a plate under a stress in its plane.

    Parameters
    ----------
    space : Space
        Deflection and rotations (w, r_x, r_y), as in `plate`.
    stress : array, shape (e, d, d), (e, q, d, d), or with 3 for d as `fem.fields.stress` gives it
        Prestress in the plane, symmetric: of `elasticity` of the same mesh, with components=2 and ``plane="stress"``.
        Unit: [force/length^2].
    thickness : array, shape () or (e,)
        Thickness. Unit: [length].
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, in general indefinite. Unit: [force/length].

    Raises
    ------
    MeshError, SpaceError
        As in `plate`.
    MaterialError
        If the stress does not fit the cells, or is known and not real and symmetric, or a thickness not positive.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((16, 16))
    >>> space = fem.Space(mesh, components=3)
    >>> K = fem.elements.plate(space, young=10.92e9, poisson=0.3, thickness=1e-3)  # D = 1
    >>> pressed = jax.numpy.zeros((256, 2, 2)).at[:, 0, 0].set(-1e3)  # 1 for each unit of width
    >>> G = fem.elements.plate_geometric(space, pressed, thickness=1e-3)
    >>> edge = fem.fix(space, mesh.facet_points(mesh.boundary), 0)
    >>> round(float(fem.buckling(K, G, edge, k=1).factors[0]) / jax.numpy.pi**2, 2)  # Bryan: 4 pi^2 D / b^2
    4.02
    """
    check_plate(space, field)
    moduli, h = prestress(space, stress), material("thickness", thickness)
    return bilinear(space, PlateGeometric(), moduli, {"section": h}, factor=h, degree=mass_degree, field=field)
