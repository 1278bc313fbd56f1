"""Mass: inertia, capacity, and the L2 product of functions.

Derivation
----------
::

    a(u, v) = int  rho u . v
    M[a i, b j] = delta_ij int  rho N_a N_b
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fem.elements.common.build import of_density
from fem.elements.common.l2 import L2

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space


def mass(space: Space, density: Any = 1.0, *, thickness: Any = 1.0, field: str | None = None) -> Operator:
    """Return the consistent mass.

    Parameters
    ----------
    space : Space
        Where it acts; components are not coupled.
    density : array, shape (), (e,) or (e, q)
        Density. Unit: [mass/length^3].
    thickness : array, shape () or (e,)
        Thickness of a plane body, area of a rod. Unit: [length].
    field : str, optional
        Name of the field, where the space has several.

    Returns
    -------
    Operator
        Symmetric positive definite. Unit: [mass].

    Raises
    ------
    MaterialError
        If a density is negative, or an array does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> M = fem.elements.mass(fem.Space(fem.rectangle((2, 2), size=(3.0, 1.0))), density=2.0)
    >>> round(float((M @ jax.numpy.ones((9, 1))).sum()), 12)
    6.0
    """
    return of_density(space, L2(space.field(field).components), density, thickness, field)
