"""Robin condition: elastic foundation, convective heat transfer.

Derivation
----------
::

    a(u, v) = int  h u . v dA          over facets

A flux h (u_0 - u) into the body is this operator and the load h u_0, a traction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.elements.common.build import bilinear, mass_degree, material
from fem.elements.common.l2 import L2
from fem.elements.loads.loading import selected

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space


def robin(space: Space, facets: Any, coefficient: Any, *, field: str | None = None) -> Operator:
    """Return the operator of a Robin condition; add it to that of the body.

    Parameters
    ----------
    space : Space
        Where it acts; components are not coupled.
    facets : Facets, str or callable
        As `Mesh.facets_on` gives them; or the name of a set, or a predicate.
    coefficient : array, shape () or (f,)
        Stiffness of the foundation per area, or heat transfer coefficient.
    field : str, optional
        Name of the field, where the space has several.

    Returns
    -------
    Operator
        Symmetric.

    Raises
    ------
    MeshError, MaterialError
        If there is no facet, a coefficient is negative, or there is not one for each facet.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((2, 2))
    >>> fem.elements.robin(fem.Space(mesh), mesh.facets_on(lambda x: x[:, 0] == 1), 5.0)
    Operator(L2 on 2 facets; 9 dofs)
    """
    h = material("coefficient", coefficient)
    domains = space.topology.facets(selected(space, facets))
    form = L2(space.field(field).components)
    return bilinear(
        space,
        form,
        (jnp.ones(()),),
        {"not negative": h},
        factor=h,
        degree=mass_degree,
        field=field,
        domains=domains,
    )
