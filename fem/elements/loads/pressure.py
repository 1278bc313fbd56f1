"""Pressure: a force against the outward normal of facets, ``f = -int N p n dA``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.loads.loading import selected, vector
from fem.errors import SpaceError
from fem.geometry.normals import area_normal

if TYPE_CHECKING:
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Normal:
    """A density against the normal; its number is the pressure, shape (e,)."""

    def __call__(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Nodal forces, shape (i, a, e)."""
        return cells.test_value(-numbers[0] * area_normal(cells) / cells.determinant)


def pressure(space: Space, facets: Any, pressure: Any, *, field: str | None = None, degree: int | None = None) -> Any:
    """Return the load of a pressure on facets; positive presses on the body.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    facets : Facets, str or callable
        As `Mesh.facets_on` gives them; or the name of a set, or a predicate.
    pressure : array, shape () or (f,)
        Pressure. Unit: [force/length^2].
    field : str, optional
        Name of the field, where the space has several.
    degree : int, optional
        Degree of the quadrature; that of the element and its normal by default.

    Returns
    -------
    array, shape of the space
        Nodal forces. Unit: [force].

    Raises
    ------
    MeshError, SpaceError
        If there is no facet, or the pressure has the wrong shape.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((2, 2))
    >>> space = fem.Space(mesh, components=2)
    >>> fem.pressure(space, mesh.facets_on(lambda x: x[:, 0] == 0), 3.0).sum(0).tolist()
    [3.0, 0.0]
    """
    of = space.field(field)
    domains = space.topology.facets(selected(space, facets))
    count = sum(domain.count for domain in domains)
    value = jnp.asarray(pressure, float)
    if value.shape not in ((), (count,)) or of.components != space.mesh.dimension:
        raise SpaceError(
            "a pressure is one number for each facet, on displacements",
            expected=f"shape () or ({count},), and components={space.mesh.dimension}",
            got=f"shape {value.shape}, components={of.components}",
            fix="for a force with a direction use traction",
        )
    total = jnp.zeros(space.count)
    for domain in domains:
        own = jnp.broadcast_to(value, (count,))[domain.cells]
        order = 3 * domain.element.order if degree is None else degree
        total = total + vector(space, Normal(), domain, (own,), of, order)
    return total.reshape(space.shape)
