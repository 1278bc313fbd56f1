"""Fields of first order on cells of second order: their values between the corners follow from those at the corners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

from fem.dofs.constraints import Constraints, Held
from fem.dofs.fields import straight_element
from fem.errors import SpaceError
from fem.reference import ELEMENTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.domain import Domain
    from fem.dofs.space import Space


def lower_order(space: Space, *, field: str | None = None) -> Constraints:
    """Return the constraints that make a field one of first order on cells of second order.

    With displacements or velocities of second order and a pressure of first order, as of Taylor and Hood, mixed
    problems are stable [1]_.

    Parameters
    ----------
    space : Space
        On cells of second order, at least some.
    field : str, optional
        Name of the field, where the space has several.

    Returns
    -------
    Constraints
        Each dof between corners as the linear (in quadrilaterals and hexahedra multilinear) function of those at the
        corners.

    Raises
    ------
    SpaceError
        If all cells are of first order already.

    References
    ----------
    .. [1] C. Taylor and P. Hood, "A numerical solution of the Navier-Stokes equations using the finite element
       technique", Computers and Fluids 1, 1973, doi:10.1016/0045-7930(73)90027-3.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((1, 1), element="quad9"), {"u": 2, "p": 1})
    >>> fem.lower_order(space, field="p")
    Constraints(5 dofs, 12 couplings)
    """
    found = [_between_corners(domain) for domain in space.topology.bulk if domain.element.order > 1]
    if not found:
        raise SpaceError(
            "a field of lower order than the first",
            expected="cells of second order",
            got=f"cells of {', '.join(sorted({domain.element.name for domain in space.topology.bulk}))}",
            fix="mesh.with_order(2), and the space on it",
        )
    middle, row, corner, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
    ends = np.cumsum([0, *(len(part[0]) for part in found)])
    row = row + np.repeat(ends[:-1], [len(part[1]) for part in found])
    chosen, first = np.unique(middle, return_index=True)
    place = np.full(len(middle), -1)
    place[first] = np.arange(len(chosen))
    kept = place[row] >= 0
    row, corner, weight = place[row[kept]], corner[kept], weight[kept]
    slaves, masters = space.dofs(chosen, field=field), space.dofs(corner, field=field)
    count, components = slaves.shape
    rows = row[:, None] * components + np.arange(components)
    data = np.broadcast_to(weight[:, None], rows.shape).reshape(-1)
    where = (rows.reshape(-1), masters.reshape(-1))
    return Constraints(Held(slaves.reshape(-1), csr_array((data, where), shape=(count * components, space.count))))


def _between_corners(domain: Domain) -> tuple[NDArray[Any], ...]:
    """Nodes between corners, cell by cell; and triplets: which of these, a corner that it follows, and its weight."""
    element = domain.element
    weights = straight_element(element, ELEMENTS).shape(element.nodes[element.corners :])  # (m, corners)
    local, corner = np.nonzero(np.abs(weights) > 1e-12)
    middle = domain.nodes[:, element.corners :].astype(np.int64)
    rows = np.arange(middle.size).reshape(middle.shape)[:, local]
    owners = domain.nodes[:, corner].astype(np.int64)
    factors = np.broadcast_to(weights[local, corner], owners.shape)
    return middle.reshape(-1), rows.reshape(-1), owners.reshape(-1), factors.reshape(-1)
