"""Extension by Laplace's equation: each component of the movement spreads like a temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.dofs.space import Space
from fem.elements.transport.diffusion import diffusion
from fem.mesh.mesh import check_mesh
from fem.shape.points import driven_points, stiffer_where_small
from fem.shape.stiffness import by_stiffness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fem.dofs.constraints import Constraints
    from fem.mesh import Mesh
    from fem.mesh.selection import PointSelection
    from fem.shape.extension import Extension


def laplace(
    mesh: Mesh,
    moved: PointSelection,
    fixed: Constraints | Sequence[Constraints] | None = None,
    *,
    stiffening: float = 0.0,
) -> Extension:
    """Return a function from the movement of some points to that of all, by Laplace's equation.

    Each component is harmonic: as smooth as can be, and on meshes of acute triangles nowhere larger than on the
    boundary. The matrix is factorized once for all designs.

    Parameters
    ----------
    mesh : Mesh
        Any cells.
    moved : PointSelection
        The k points that a design moves: numbers, facets, the name of a set, or a predicate.
    fixed : Constraints, or several, optional
        What else is held, of a space with a component for each direction: ``fem.fix(space, "axis", 1)`` lets points
        slide along an axis, `fem.tie` and `fem.periodic` couple them. Moved points go where they are moved, whatever
        is said of them here. By default all other points of the boundary are held.
    stiffening : float
        c: the conductivity of a cell is its volume to the power -c, so that small cells are deformed less. With 0 an
        affine movement of the boundary moves all points along.

    Returns
    -------
    callable
        ``move(movement)``, shape (p, d), from the movement of the moved points, shape (k, d), in their order; linear,
        and differentiable to any order. ``mesh.points + move(movement)`` goes into ``space.at`` or
        ``mesh.with_points``. Unit: [length].

    Raises
    ------
    MeshError, SpaceError
        If there is no such point, one is moved twice, or a cell has no volume.
    ConstraintError
        If a part of the mesh is held nowhere, or a fixed point has a movement of its own.
    ShapeError
        If the stiffening is negative; when called, if the movement does not fit the moved points.

    Examples
    --------
    The right edge goes up by one half and takes the others along.

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((4, 1), size=(4.0, 1.0))
    >>> space = fem.Space(mesh, components=2)
    >>> move = fem.shape.laplace(mesh, lambda x: x[:, 0] == 4, fem.fix(space, lambda x: x[:, 0] == 0))
    >>> move([[0.0, 0.5], [0.0, 0.5]])[::2, 1].round(12).tolist()
    [0.0, 0.125, 0.25, 0.375, 0.5]
    """
    check_mesh(mesh)
    space = Space(mesh, components=mesh.dimension)
    points = driven_points(space, moved)
    operator = diffusion(space, stiffer_where_small(mesh, stiffening))
    return by_stiffness(space, operator, points, fixed)
