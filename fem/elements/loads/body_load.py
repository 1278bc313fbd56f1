"""Body load: a force on each unit of volume, ``f = int N b dV``: weight, heat sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.loads.density import density
from fem.elements.loads.loading import vector

if TYPE_CHECKING:
    from fem.dofs.space import Space


def body_load(space: Space, force: Any, *, field: str | None = None, degree: int | None = None) -> Any:
    """Return the load of a force per volume on all cells of the highest dimension.

    Parameters
    ----------
    space : Space
        Where the load works.
    force : array, shape (components,) or (e, components), or callable
        Force per volume (in 2D per area times thickness); a function maps points (m, d) to (m, components).
        Unit: [force/length^3].
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
    SpaceError
        If the force has the wrong number of components.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.box((2, 1, 1)), components=3)
    >>> fem.body_load(space, (0.0, 0.0, -8.0)).sum(0).tolist()
    [0.0, 0.0, -8.0]
    """
    of = space.field(field)
    domains = space.topology.bulk
    what, numbers = density("force", force, of.components, sum(d.count for d in domains))
    total, start = jnp.zeros(space.count), 0
    for domain in domains:
        own = () if numbers is None else (numbers[:, start : start + domain.count],)
        order = 2 * domain.element.order if degree is None else degree
        total = total + vector(space, what, domain, own, of, order)
        start += domain.count
    return total.reshape(space.shape)
