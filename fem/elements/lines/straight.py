"""Straight cells in the plane or in space: what bars and beams share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.errors import MaterialError, MeshError

if TYPE_CHECKING:
    from fem.dofs.domain import Domain
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


def lines(space: Space, what: str) -> tuple[Domain, ...]:
    """Return the domains of the lines of a mesh.

    Parameters
    ----------
    space : Space
        Its mesh may have other cells too.
    what : str
        What is made of them, for the message.

    Raises
    ------
    MeshError
        If there is none, or one with three nodes.
    """
    found = tuple(d for d in space.topology.domains if d.element.dimension == 1 and d.count)
    if not found or any(d.element.name != "line2" for d in found):
        kinds = sorted({d.element.name for d in space.topology.domains})
        raise MeshError(
            f"{what} are straight cells with two nodes",
            expected='cells of the element "line2"',
            got=f"cells of {', '.join(kinds) or 'no element'}",
            fix='make the mesh of CellBlock("line2", nodes)',
        )
    return found


def count(domains: tuple[Domain, ...]) -> int:
    """Return the number of cells of all domains."""
    return sum(domain.count for domain in domains)


def number(name: str, value: Any, cells: int) -> Any:
    """Return a property of sections as an array, shape () or (e,).

    Raises
    ------
    MaterialError
        If it has another shape.
    """
    array = jnp.asarray(value, float)
    if array.shape not in ((), (cells,)):
        raise MaterialError(
            f"{name} does not fit the cells",
            expected=f"shape () or ({cells},)",
            got=f"{name} of shape {array.shape}",
            fix="pass one number, or one for each cell in the order of the mesh",
        )
    return array


def direction(cells: Cells) -> tuple[Any, Any]:
    """Return length, shape (e,), and unit tangent, shape (k, e), of straight cells."""
    half = cells.determinant[0]
    return 2.0 * half, cells.jacobian[:, 0, 0] / half


def directions(space: Space, domains: tuple[Domain, ...]) -> tuple[Any, Any]:
    """Return length, shape (e,), and unit tangent, shape (k, e), of the cells of all domains."""
    return _along(jnp.asarray(space.points), np.concatenate([domain.nodes for domain in domains]))


@jax.jit
def _along(points: Any, nodes: Any) -> tuple[Any, Any]:
    """Length and unit tangent between points, in one program."""
    ends = points[nodes]
    along = (ends[:, 1] - ends[:, 0]).T
    length = jnp.sqrt((along * along).sum(0))
    return length, along / length
