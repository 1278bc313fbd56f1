"""Mass of a plate: of its deflection, and the inertia of its rotations.

Derivation
----------
::

    a(u, v) = int  rho h w w + (rho h^3 / 12) (r_x r_x + r_y r_y)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fem.elements.common.build import bilinear, mass_degree, material
from fem.elements.plates.component_mass import ComponentMass
from fem.elements.plates.plate import check_plate

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space

_FORM = ComponentMass((0, 1, 1))


def plate_mass(space: Space, density: Any, *, thickness: Any, field: str | None = None) -> Operator:
    """Return the consistent mass of a plate.

    Parameters
    ----------
    space : Space
        Deflection and rotations (w, r_x, r_y), as in `plate`.
    density : array, shape () or (e,)
        Density. Unit: [mass/length^3].
    thickness : array, shape () or (e,)
        Thickness. Unit: [length].
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric positive definite. Unit: [mass].

    Raises
    ------
    MeshError, SpaceError
        As in `plate`.
    MaterialError
        If a density is negative, a thickness not positive, or an array does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((2, 2), size=(3.0, 1.0)), components=3)
    >>> M = fem.elements.plate_mass(space, 2.0, thickness=0.1)
    >>> rising = jax.numpy.zeros((9, 3)).at[:, 0].set(1.0)
    >>> round(float((M @ rising).sum()), 12)
    0.6
    """
    check_plate(space, field)
    rho, h = material("density", density), material("thickness", thickness)
    margins = {"not negative": rho, "section": h}
    return bilinear(space, _FORM, (h, h**3 / 12.0), margins, factor=rho, degree=mass_degree, field=field)
