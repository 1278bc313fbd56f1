"""Evaluate fields on all cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from fem.dofs.cases import each
from fem.fields.places import check_where, places
from fem.geometry.cells import Cells
from fem.geometry.tables import tables
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.dofs.domain import Domain
    from fem.dofs.space import Space
    from fem.fields.places import Places, Where
    from fem.geometry.tables import Tables


def sampled(space: Space, u: Any, at: Where, function: Callable[[Cells, Any, slice], Any], field: str | None) -> Any:
    """Evaluate a function of nodal values on all cells of the highest dimension.

    Parameters
    ----------
    space : Space
        Points and dofs.
    u : array, shape of the space, with any number of axes in front
        Solution.
    at : "centers", "points" or int
        See `fem.fields.places`.
    function : callable
        ``function(cells, nodal, part)`` from nodal values of shape (i, a, e) to (..., q, e); `part` is the slice
        of these cells among all cells.
    field : str or None
        Name of the field.

    Returns
    -------
    array, shape (..., e, ...), (..., p, ...) or (..., e, q, ...)
        For the centers of cells, the points of the mesh, or quadrature points.
    """
    check_where(at, space.topology.bulk)

    def one(vector: Any) -> Any:
        choose = [places(domain.element, domain.element, at) for domain in space.topology.bulk]
        found = _evaluated(space, vector, [place.tables for place in choose], function, field)
        return _gathered(space, [_carried(values, place) for values, place in zip(found, choose, strict=True)], at)

    return each(space, u, one)


def integrated(
    space: Space, u: Any, degree: Callable[[Any], int], function: Callable[[Cells, Any, slice], Any], field: str | None
) -> Any:
    """Return the integral over each cell of a function of nodal values, shape (..., e).

    Parameters
    ----------
    space, u, field
        See `sampled`.
    degree : callable
        Degree of the quadrature on an element.
    function : callable
        ``function(cells, nodal, part)`` from nodal values of shape (i, a, e) to (q, e).
    """

    def one(vector: Any) -> Any:
        choose = [tables(domain.element, domain.element, degree(domain.element)) for domain in space.topology.bulk]

        def weighted(cells: Cells, nodal: Any, part: slice) -> Any:
            return (function(cells, nodal, part) * cells.measure).sum(0)

        return jnp.concatenate(_evaluated(space, vector, choose, weighted, field))

    return each(space, u, one)


def _evaluated(
    space: Space, vector: Any, choose: list[Tables], function: Callable[[Cells, Any, slice], Any], field: str | None
) -> list[Any]:
    """Return what a function gives on each domain, with tables chosen for each."""
    start, found = 0, []
    for domain, own in zip(space.topology.bulk, choose, strict=True):
        cells = Cells(own, nodal_points(space, domain))
        nodal = vector[constant(_dofs(space, domain, own.element.count, field))]
        found.append(function(cells, nodal, slice(start, start + domain.count)))
        start += domain.count
    return found


def _gathered(space: Space, found: list[Any], at: Where) -> Any:
    if at == "points":
        return _averaged(space, found)
    joined = jnp.concatenate(found)
    return joined[:, 0] if at == "centers" else joined


def nodal_points(space: Space, domain: Domain) -> Any:
    """Return the coordinates of the nodes of all cells of a domain, shape (d, a, e)."""
    return jnp.moveaxis(jnp.asarray(space.points)[constant(np.ascontiguousarray(domain.nodes.T))], -1, 0)


def _dofs(space: Space, domain: Domain, count: int, field: str | None) -> np.ndarray[Any, Any]:
    """Return the dofs of the field in each cell, shape (i, a, e)."""
    of = space.field(field)
    first = space.topology.numbering.first[domain.nodes[:, :count].T]
    return (first + of.offset + np.arange(of.components)[:, None, None]).astype(np.int32)


def _carried(values: Any, place: Places) -> Any:
    """Carry values, shape (..., q, e), to where they are wanted, shape (e, wanted, ...)."""
    if place.carry is not None:
        values = jnp.einsum("wq,...qe->...we", place.carry, values)
    return jnp.moveaxis(values, (-1, -2), (0, 1))


def _averaged(space: Space, found: list[Any]) -> Any:
    """Average the values of the cells around each point, shape (p, ...); zero at points of no cell."""
    count = len(space.mesh.points)
    around = np.zeros(count)
    total = jnp.zeros((count, *found[0].shape[2:]))
    for domain, values in zip(space.topology.bulk, found, strict=True):
        np.add.at(around, domain.nodes, 1.0)
        total = total.at[constant(domain.nodes)].add(values)
    return total / np.maximum(around, 1.0).reshape(-1, *[1] * (total.ndim - 1))
