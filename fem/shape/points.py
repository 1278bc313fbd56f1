"""Which points are moved, and which are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.assembly.solve import all_of
from fem.design.cells import bulk
from fem.dofs.constraints import Held, fix
from fem.errors import ConstraintError, MeshError
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.dofs.constraints import Constraints
    from fem.dofs.space import Space
    from fem.mesh import Mesh
    from fem.mesh.selection import PointSelection


def driven_points(space: Space, moved: PointSelection) -> NDArray[np.integer]:
    """Return the numbers of the moved points, shape (k,), in the order given.

    Raises
    ------
    MeshError, SpaceError
        If there is no such point, or one is named twice.
    """
    points = space.topology.numbering.nodes(space.dofs(moved, 0)[:, 0])
    order = np.argsort(points, kind="stable")
    twice = np.flatnonzero(np.diff(points[order]) == 0)
    if twice.size:
        point = int(points[order[twice[0]]])
        raise MeshError(
            "a point is moved twice", expected="each moved point once", got=f"point {point} in two rows",
            fix="numpy.unique(points) has each once", node=point,
        )  # fmt: skip
    return points


def held_besides(space: Space, moved: NDArray[np.integer], fixed: Constraints | Sequence[Constraints] | None) -> Held:
    """Return what is held but for the moved points, which go where they are moved.

    Parameters
    ----------
    space : Space
        Movements.
    moved : int array, shape (k,)
        Moved points.
    fixed : Constraints, or several, or None
        What is held; None holds the rest of the boundary.

    Raises
    ------
    ConstraintError
        If a fixed point has a movement of its own, or constraints are of another space.
    """
    if fixed is None:
        rest = np.setdiff1d(space.mesh.facet_points(space.mesh.boundary), moved)
        return held_at_zero(space, fix(space, rest) if rest.size else ())
    held = held_at_zero(space, fixed)
    others = np.flatnonzero(~np.isin(held.dofs, space.dofs(moved)))
    return Held(held.dofs[others], held.couplings[others])


def held_at_zero(space: Space, fixed: Constraints | Sequence[Constraints]) -> Held:
    """Return which dofs are held, and how they depend on others.

    Raises
    ------
    ConstraintError
        If one has a value other than zero, or constraints are of another space.
    """
    constraints = all_of(fixed, space.count)
    if constraints.values is not None:
        raise ConstraintError(
            "fixed points have a movement of their own", expected="points that are held at zero, or tied",
            got="prescribed values that are not zero", fix="move them with the others: add them to the moved points",
        )  # fmt: skip
    return constraints.held


def stiffer_where_small(mesh: Mesh, exponent: float) -> NDArray[np.float64]:
    """Return a modulus for each cell, shape (e,): its volume to the power -exponent, 1 for a cell of the mean volume.

    Raises
    ------
    ShapeError
        If the exponent is negative, or no number.
    MeshError
        If a cell has no volume.
    """
    if not (isinstance(exponent, int | float | np.integer | np.floating) and 0 <= exponent < np.inf):
        raise ShapeError(
            "stiffening is no exponent", expected="0 <= stiffening < inf", got=f"stiffening = {exponent!r}",
            fix="0 makes all cells as stiff, 1 a cell of half the volume twice as stiff",
        )  # fmt: skip
    volumes = mesh.measures[bulk(mesh)]
    return np.asarray((volumes / volumes.mean()) ** -float(exponent))
