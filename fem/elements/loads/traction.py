"""Traction: a force on each unit of area of facets, ``f = int N t dA``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.loads.density import density
from fem.elements.loads.loading import selected, vector

if TYPE_CHECKING:
    from fem.dofs.space import Space


def traction(space: Space, facets: Any, force: Any, *, field: str | None = None, degree: int | None = None) -> Any:
    """Return the load of a force per area on facets.

    Parameters
    ----------
    space : Space
        Where the load works.
    facets : Facets, str or callable
        As `Mesh.facets_on` gives them; or the name of a set, or a predicate.
    force : array, shape (components,) or (f, components), or callable
        Force per area (in 2D per length times thickness); a function maps points (m, d) to (m, components).
        Unit: [force/length^2].
    field : str, optional
        Name of the field, where the space has several.
    degree : int, optional
        Degree of the quadrature; twice the order of the element by default.

    Returns
    -------
    array, shape of the space
        Nodal forces. Unit: [force].

    Raises
    ------
    MeshError, SpaceError
        If there is no facet, or the force has the wrong number of components.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.box((2, 1, 1), size=(2.0, 1.0, 1.0))
    >>> space = fem.Space(mesh, components=3)
    >>> fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2), (0.0, 0.0, -8.0)).sum(0).tolist()
    [0.0, 0.0, -8.0]
    """
    of = space.field(field)
    domains = space.topology.facets(selected(space, facets))
    what, numbers = density("force", force, of.components, sum(d.count for d in domains))
    total = jnp.zeros(space.count)
    for domain in domains:
        own = () if numbers is None else (numbers[:, domain.cells],)
        order = 2 * domain.element.order if degree is None else degree
        total = total + vector(space, what, domain, own, of, order)
    return total.reshape(space.shape)
