"""Integrals of a density times the shape functions, and values at quadrature points, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.assembly.moduli import cut
from fem.assembly.term import Term, coordinates, dofs
from fem.errors import SpaceError
from fem.geometry.cells import Cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.dofs.space import Space


def integrate(term: Term[Any], density: Callable[..., Any], numbers: tuple[Any, ...], space: Space) -> Any:
    """Return the load vector of a density on a domain, shape (n,).

    Parameters
    ----------
    term : Term
        Domain, field and quadrature; its form is not used.
    density : callable
        ``density(cells, numbers)`` gives the nodal forces of a batch, shape (i, a, e). Unit: [force].
    numbers : tuple of array, shape (), (..., e)
        What the density depends on, cells last.
    space : Space
        Points.
    """
    found = _by_batch(term, density, numbers, space)
    return jnp.zeros(space.count).at[dofs(term, space)].add(found, mode="drop")


def evaluated(term: Term[Any], function: Callable[..., Any], numbers: tuple[Any, ...], space: Space) -> Any:
    """Return what a function gives at the quadrature points of all cells, shape (m, q, e).

    Parameters
    ----------
    term, numbers, space
        As in `integrate`.
    function : callable
        ``function(cells, numbers)`` gives the values in a batch, shape (m, q, e).
    """
    found = jnp.moveaxis(_by_batch(term, function, numbers, space), 0, -2)  # (m, q, batches, lanes)
    return found.reshape(*found.shape[:2], -1)[..., : term.domain.count]


def _by_batch(term: Term[Any], function: Callable[..., Any], numbers: tuple[Any, ...], space: Space) -> Any:
    """What a function of cells and numbers gives, batches in front."""
    own = cut(term.domain, numbers)
    where = coordinates(term.domain, jnp.asarray(space.points))

    def of_cells(x: Any, mine: tuple[Any, ...]) -> Any:
        return function(Cells(term.tables, x), mine)

    def step(_: None, batch: Any) -> tuple[None, Any]:
        x, varying = batch
        return None, jax.checkpoint(of_cells, prevent_cse=False)(x, own.join(varying))

    return jax.lax.scan(step, None, (where, own.varying))[1]


def spread(name: str, value: Any, components: int, cells: int) -> Any:
    """Return a density as an array with the cells last: (components,) or (e, components) to (components, e).

    Raises
    ------
    SpaceError
        If the shape is another.
    """
    array = jnp.asarray(value, float)
    if array.shape == (components,):
        return jnp.broadcast_to(array[:, None], (components, cells))
    if array.shape == (cells, components):
        return array.T
    raise SpaceError(
        f"{name} does not fit the unknown",
        expected=f"shape ({components},), or ({cells}, {components}) for one on each of the {cells} cells or facets",
        got=f"shape {array.shape}",
        fix=f"pass {components} component{'s' * (components > 1)}",
    )


def at_points(cells: Cells, function: Callable[[Any], Any], components: int) -> Any:
    """Evaluate a function of points, (m, d) to (m, components), at the quadrature points: shape (components, q, e)."""
    x = cells.points
    value = jnp.asarray(function(x.reshape(x.shape[0], -1).T))
    points = x.shape[1] * x.shape[2]
    if value.shape not in ((points, components), (points,) if components == 1 else None):
        raise SpaceError(
            "a function of the position does not give the components of the unknown",
            expected=f"shape ({points}, {components}) from points of shape ({points}, {x.shape[0]})",
            got=f"shape {value.shape}",
            fix="stack the components along the last axis: jnp.stack([0 * x[:, 0], x[:, 0]], 1)",
        )
    return value.reshape(-1, components).T.reshape(components, *x.shape[1:])
