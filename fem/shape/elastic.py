"""Extension by elasticity: the mesh is a body that is bent, and its small cells are the stiff ones.

Derivation
----------
Where a boundary turns, an elastic body turns with it, which a Laplacian does not: angles between edges are kept, and
cells stay valid under movements several times as large. With the modulus of a cell inversely to its volume V, to a
power c, the deformation goes where cells are large [1]_::

    div sigma(u) = 0,   sigma = E (...) grad u,   E ~ V^-c

References
----------
.. [1] K. Stein, T. Tezduyar, R. Benney, "Mesh moving techniques for fluid-structure interactions with large
   displacements", Journal of Applied Mechanics 70, 2003, doi:10.1115/1.1530635.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.dofs.space import Space
from fem.elements.solids.elasticity import elasticity
from fem.mesh.mesh import check_mesh
from fem.shape.points import driven_points, stiffer_where_small
from fem.shape.stiffness import by_stiffness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fem.dofs.constraints import Constraints
    from fem.mesh import Mesh
    from fem.mesh.selection import PointSelection
    from fem.shape.extension import Extension


def elastic(
    mesh: Mesh,
    moved: PointSelection,
    fixed: Constraints | Sequence[Constraints] | None = None,
    *,
    poisson: float = 0.3,
    stiffening: float = 1.0,
) -> Extension:
    """Return a function from the movement of some points to that of all, as of an elastic body.

    It takes larger movements than `laplace` before a cell is inverted, above all where edges turn, and its matrix is
    larger. The matrix is factorized once for all designs.

    Parameters
    ----------
    mesh : Mesh
        Cells that fill their space.
    moved, fixed
        See `laplace`.
    poisson : float
        Poisson's ratio of the body, -1 < poisson < 0.5.
    stiffening : float
        c: Young's modulus of a cell is its volume to the power -c. With 0 an affine movement of the boundary moves all
        points along; rigid ones do with any.

    Returns
    -------
    callable
        ``move(movement)``, shape (p, d), from the movement of the moved points, shape (k, d), in their order; linear,
        and differentiable to any order. ``mesh.points + move(movement)`` goes into ``space.at`` or
        ``mesh.with_points``. Unit: [length].

    Raises
    ------
    MeshError, SpaceError
        If there is no such point, one is moved twice, a cell has no volume, or cells do not fill their space.
    ConstraintError
        If a part of the mesh can move freely, or a fixed point has a movement of its own.
    MaterialError
        If Poisson's ratio is out of range.
    ShapeError
        If the stiffening is negative; when called, if the movement does not fit the moved points.

    References
    ----------
    K. Stein, T. Tezduyar, R. Benney, 2003, doi:10.1115/1.1530635.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((4, 4), size=(4.0, 4.0))
    >>> edge = mesh.points_on(lambda x: x[:, 1] == 4)
    >>> move = fem.shape.elastic(mesh, edge[1:-1])
    >>> moved = mesh.with_points(mesh.points + move([[0.0, -0.5], [0.0, -0.8], [0.0, -0.5]]))
    >>> moved.points[12].round(3).tolist()  # the point in the middle
    [2.0, 1.755]
    """
    check_mesh(mesh)
    space = Space(mesh, components=mesh.dimension)
    points = driven_points(space, moved)
    operator = elasticity(space, young=stiffer_where_small(mesh, stiffening), poisson=poisson)
    return by_stiffness(space, operator, points, fixed)
