"""Thermal strain: the load of an expansion that the body resists.

Derivation
----------
The stress of an isotropic body is C : (eps(u) - alpha theta 1), so that with
``K u = f + f_theta``::

    f_theta[a i] = int  beta theta N_a,i,     beta = E alpha / (1 - 2 nu)

and beta = E alpha / (1 - nu) in plane stress.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import jax.numpy as jnp

from fem.elements.common.build import (
    check_cells,
    check_displacement,
    isotropic_margins,
    material,
    on_domain,
    stiffness_degree,
)
from fem.elements.loads.loading import vector

if TYPE_CHECKING:
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Expansion:
    """A pressure in all directions; its number is beta theta, shape (), (e,) or (q, e)."""

    def __call__(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Nodal forces, shape (i, a, e)."""
        d = cells.dimension
        pressure = jnp.broadcast_to(numbers[0], cells.measure.shape)
        return cells.test_gradient(jnp.eye(d)[:, :, None, None] * pressure)


def thermal_strain(
    space: Space,
    temperature: Any,
    *,
    young: Any,
    poisson: Any,
    expansion: Any,
    plane: Literal["stress", "strain"] | None = None,
    thickness: Any = 1.0,
    field: str | None = None,
) -> Any:
    """Return the load of a thermal expansion in a body of linear elasticity.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    temperature : array, shape (), (e,) or (e, q)
        Temperature above that of the stress-free body; `fem.fields.interpolate` gives nodal ones at points.
        Unit: [temperature].
    young, poisson : array, shape (), (e,) or (e, q)
        As of the stiffness. Unit: [force/length^2], 1.
    expansion : array, shape (), (e,) or (e, q)
        Coefficient of linear expansion. Unit: [1/temperature].
    plane : {"stress", "strain"}, optional
        As of the stiffness.
    thickness : array, shape () or (e,)
        Thickness of a plane body. Unit: [length].
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    array, shape of the space
        Nodal forces. Unit: [force].

    Raises
    ------
    MaterialError
        If Poisson's ratio is out of range, or an array does not fit the cells. A ratio that is traced is checked by
        the stiffness.
    SpaceError
        If the space is none of displacements.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> push = fem.elements.thermal_strain(space, 40.0, young=2e11, poisson=0.0, expansion=1e-5)
    >>> (push[:, 0].round(3) + 0.0).tolist()
    [-80000000.0, 0.0, 80000000.0]
    """
    of, d = space.field(field), space.mesh.dimension
    check_displacement(space, field, "a thermal expansion needs a displacement in each direction")
    named = {"temperature": temperature, "young": young, "expansion": expansion, "thickness": thickness}
    nu = material("poisson", poisson)
    check_cells(isotropic_margins(material("young", young), nu), space.topology.bulk)
    in_stress = d == 2 and plane != "strain"
    factors = [material(name, value) for name, value in named.items()]
    factors.append(1 / (1 - nu) if in_stress else 1 / (1 - 2 * nu))
    cells, start = sum(domain.count for domain in space.topology.bulk), 0
    total = jnp.zeros(space.count)
    for domain in space.topology.bulk:
        degree, part = stiffness_degree(domain.element), slice(start, start + domain.count)
        pressure: Any = 1.0
        for factor in factors:
            pressure = pressure * on_domain(factor, part, cells, factor.shape[-1] if factor.ndim == 2 else 0)
        total = total + vector(space, Expansion(), domain, (pressure,), of, degree)
        start += domain.count
    return total.reshape(space.shape)
