"""Geometric stiffness of a solid: what a stress that is there already does to further displacements.

Derivation
----------
Of Green's strain the part of second order does work with the prestress s [1]_::

    a(u, v) = int  s_ij u_k,i v_k,j
    K[a k, b l] = delta_kl int  N_a,i s_ij N_b,j

so each component by itself diffuses with the tensor s. Pressure makes it negative.

References
----------
.. [1] R. D. Cook, D. S. Malkus, M. E. Plesha, R. J. Witt, "Concepts and Applications of Finite Element Analysis",
   4th ed., Wiley, 2002, chapter 18.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from fem.elements.common import tensor
from fem.elements.common.build import bilinear, check_displacement, material, thickness_margin
from fem.elements.common.identity import for_each_component
from fem.elements.common.prestress import prestress
from fem.errors import SpaceError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Geometric:
    """Prestress on displacements; its moduli are the stresses s_ij, row by row."""

    kind: ClassVar[str] = "solid"
    components: int
    symmetric: bool = True
    definite: bool = False
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        return for_each_component(tensor.products(cells, moduli), self.components)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Forces of displacements u, both of shape (i, a, e)."""
        return tensor.action(cells, moduli, u)


def geometric(space: Space, stress: ArrayLike, *, thickness: ArrayLike = 1.0, field: str | None = None) -> Operator:
    """Return the geometric stiffness of a prestressed solid, plane or in space.

    Parameters
    ----------
    space : Space
        Displacements of a solid. That of a body of revolution has terms of the hoop stress, which are not here.
    stress : array, shape (e, d, d), (e, q, d, d), or with 3 for d as `fem.fields.stress` gives it
        Prestress, symmetric; at quadrature points those of the stiffness. Of a plane body the part in its plane counts.
        Unit: [force/length^2].
    thickness : array, shape () or (e,)
        Thickness of a plane body. Unit: [length].
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, in general indefinite. Unit: [force/length].

    Raises
    ------
    MaterialError
        If the stress does not fit the cells, or is known and not real and symmetric.
    SpaceError
        If the space is none of displacements, plane or in space.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((2, 2)), components=2)
    >>> pressed = -1.0 * jax.numpy.eye(2)[None] * jax.numpy.ones((4, 1, 1))
    >>> turned = space.points[:, ::-1] * jax.numpy.array([-1.0, 1.0])
    >>> round(float((turned * (fem.elements.geometric(space, pressed) @ turned)).sum()), 12)
    -2.0
    """
    _check_solid(space, field)
    form = Geometric(space.field(field).components)
    moduli, t = prestress(space, stress), material("thickness", thickness)
    return bilinear(space, form, moduli, thickness_margin(thickness), factor=t, field=field)


def _check_solid(space: Space, field: str | None) -> None:
    check_displacement(space, field, "a geometric stiffness is one of the displacements of a solid")
    if space.mesh.dimension == 1:
        raise SpaceError(
            "a geometric stiffness is one of a solid, plane or in space",
            expected="a mesh in 2D or 3D",
            got="a mesh in 1D",
            fix="for the deflection of a string fem.elements.diffusion with its tension",
        )
