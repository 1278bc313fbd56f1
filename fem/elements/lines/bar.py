"""Bars of a truss: straight cells that carry normal forces only, in the plane or in space.

Derivation
----------
With the unit tangent t and the strain e(u) = t . du/ds along the bar::

    a(u, v) = int  E A e(u) e(v) ds
    K[a i, b j] = int  E A N_a,i N_b,j ds,   N_a,i = t_i dN_a/ds [1]_

References
----------
.. [1] T. J. R. Hughes, "The Finite Element Method", Dover, 2000, section 1.14.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.dofs.cases import each
from fem.elements.common.build import bilinear, check_components
from fem.elements.lines.straight import count, directions, lines, number

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class Bar:
    """Bars; their modulus is the stiffness E A. Unit: [force]."""

    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        slope = cells.gradients[:, :, 0]  # (a, i, e): constant along the bar
        return slope[:, :, None, None] * (slope * moduli[0] * cells.measure.sum(0))[None, None]

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """End forces of displacements u, both of shape (i, a, e)."""
        slope = cells.gradients[:, :, 0].swapaxes(0, 1)
        return slope * (moduli[0] * cells.measure.sum(0) * (slope * u).sum((0, 1)))


def bar(space: Space, *, young: Any, area: Any, field: str | None = None) -> Operator:
    """Return the stiffness of the bars of a truss.

    All line cells of the mesh are bars, hinged at their ends; cells of other kinds count for nothing.

    Parameters
    ----------
    space : Space
        Displacements: as many components as dimensions.
    young : array, shape () or (e,)
        Young's modulus. Unit: [force/length^2].
    area : array, shape () or (e,)
        Area of the cross-section. Unit: [length^2].
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, positive definite once rigid motions and mechanisms are held. Unit: [force/length].

    Raises
    ------
    MeshError
        If a cell has another element than ``line2``, or no length.
    MaterialError
        If an area or a modulus is negative, or does not fit the cells.
    SpaceError
        If the space is none of displacements.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> triangle = fem.Mesh([[0, 0], [4, 0], [0, 3]], (fem.CellBlock("line2", [[0, 1], [1, 2], [2, 0]]),))
    >>> fem.elements.bar(fem.Space(triangle, components=2), young=2.1e11, area=1e-4)
    Operator(Bar on 3 cells; 6 dofs)
    """
    check_components(space, field, space.mesh.dimension, "a truss needs a displacement in each direction")
    where = lines(space, "bars")
    cells = count(where)
    e, a = number("young", young, cells), number("area", area, cells)
    margins = {"area": a, "not negative": e}
    return bilinear(space, Bar(), (jnp.ones(()),), margins, factor=e * a, field=field, domains=where)


def bar_forces(space: Space, u: Any, *, young: Any, area: Any, free_strain: Any = 0.0, field: str | None = None) -> Any:
    """Return the normal force of each bar; positive in tension.

    Parameters
    ----------
    space : Space
        Displacements.
    u : array, shape of the space, load cases in front
        Displacement. Unit: [length].
    young, area : array, shape () or (e,)
        As in `bar`.
    free_strain : array, shape () or (e,)
        Strain that needs no force, such as expansion times temperature.
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    array, shape (e,), load cases in front
        Normal forces. Unit: [force].

    Raises
    ------
    MeshError, MaterialError, SpaceError
        As in `bar`.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2, 4.0))
    >>> fem.elements.bar_forces(space, space.points / 1000, young=2e11, area=1e-4).tolist()
    [20000.0, 20000.0]
    """
    d = space.mesh.dimension
    check_components(space, field, d, "a truss needs a displacement in each direction")
    where = lines(space, "bars")
    numbers = (number("young", young, count(where)), number("area", area, count(where)))
    free = number("free_strain", free_strain, count(where))
    length, tangent = directions(space, where)
    ends = jnp.concatenate([jnp.asarray(domain.nodes) for domain in where])
    of = space.field(field)
    dofs = jnp.asarray(space.topology.numbering.first)[ends][..., None] + of.offset + jnp.arange(d)

    def one(vector: Any) -> Any:
        moved = vector[dofs]  # (e, a, i)
        strain = ((moved[:, 1] - moved[:, 0]).T * tangent).sum(0) / length
        return numbers[0] * numbers[1] * (strain - free)

    return each(space, u, one)
