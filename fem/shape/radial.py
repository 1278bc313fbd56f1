"""Extension by radial basis functions: a movement falls off with the distance from the points that are moved.

Derivation
----------
With centers c_j, those that are moved and those that are held, and a function that is zero beyond the radius r [1]_::

    u(x) = sum_j g_j phi(|x - c_j| / r),   phi(s) = (1 - s)^4 (4 s + 1) for s < 1, 0 beyond
    sum_j phi(|c_i - c_j| / r) g_j = m_i

The matrix is sparse, symmetric and, in up to three dimensions, positive definite for distinct centers [2]_. Without the
polynomials that are often added, points beyond the radius stay where they are.

References
----------
.. [1] A. de Boer, M. S. van der Schoot, H. Bijl, "Mesh deformation based on radial basis function interpolation",
   Computers & Structures 85, 2007, doi:10.1016/j.compstruc.2007.01.013.
.. [2] H. Wendland, "Piecewise polynomial, positive definite and compactly supported radial functions of minimal
   degree", Advances in Computational Mathematics 4, 1995, doi:10.1007/BF02123482.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import block_diag, coo_array, csr_array, eye_array, hstack, vstack
from scipy.spatial import KDTree

from fem.design.cells import check_positive
from fem.dofs.space import Space
from fem.errors import ConstraintError, MeshError
from fem.mesh.mesh import check_mesh
from fem.shape.extension import extension
from fem.shape.points import held_at_zero
from sparsead.errors import SparseADError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.dofs.constraints import Constraints
    from fem.mesh import Mesh
    from fem.shape.extension import Extension

_SAME = 1e-9  # of the radius: nearer centers are one


def radial(mesh: Mesh, centers: ArrayLike, radius: float, fixed: Constraints | Sequence[Constraints] = ()) -> Extension:
    """Return a function from the movement of some centers to that of all points, by radial basis functions.

    The centers are points of the mesh or handles anywhere: a few of them outside a body bend it like those of a drawing
    program. Nothing moves beyond the radius. Cells do not matter, only points. The matrix has a row for each center and
    each held point; it is factorized once for all designs.

    Parameters
    ----------
    mesh : Mesh
        Any cells.
    centers : float array, shape (k, d)
        What a design moves: ``mesh.points[numbers]``, or places that are no points. Unit: [length].
    radius : float
        Where the functions end; several times the distance between neighbouring centers. Unit: [length].
    fixed : Constraints, or several
        What is held within the radius, of a space with a component for each direction: ``fem.fix(space, "axis", 1)``
        lets points slide along an axis. Those at a center go where it is moved.

    Returns
    -------
    callable
        ``move(movement)``, shape (p, d), from the movement of the centers, shape (k, d); linear, and differentiable to
        any order. ``mesh.points + move(movement)`` goes into ``space.at`` or ``mesh.with_points``. Unit: [length].

    Raises
    ------
    MeshError
        If centers have another dimension, coincide, are farther than the radius from all points, or are so close for
        their radius that their matrix is singular.
    ConstraintError
        If a fixed point has a movement of its own, or depends on another.
    ShapeError
        If the radius is not positive; when called, if the movement does not fit the centers.

    References
    ----------
    A. de Boer, M. S. van der Schoot, H. Bijl, 2007, doi:10.1016/j.compstruc.2007.01.013.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> move = fem.shape.radial(fem.interval(4, size=4.0), [[1.0]], radius=2.0)
    >>> move([[0.4]])[:, 0].round(3).tolist()
    [0.075, 0.4, 0.075, 0.0, 0.0]
    """
    check_mesh(mesh)
    radius = check_positive("radius", radius, "units of the mesh")
    driven = _centers(mesh, centers, radius)
    tree = KDTree(driven)
    k, d = driven.shape
    before, matrix, after = [], [], []
    for i, held in enumerate(_held(Space(mesh, components=d), fixed)):
        apart = tree.query(mesh.points[held])[0] > _SAME * radius
        places = np.concatenate([driven, mesh.points[held[apart]]])
        matrix.append(_falling(places, places, radius))
        after.append(_placed(_falling(mesh.points, places, radius), d, i, axis=0))
        before.append(_placed(csr_array(eye_array(len(places), k)), d, i, axis=1))
    move = extension(
        csr_array(vstack(before)), csr_array(block_diag(matrix, format="csr")), csr_array(hstack(after)), driven
    )
    try:
        move(np.zeros_like(driven))
    except SparseADError as error:
        raise MeshError(
            "centers are too close for their radius", expected="functions that can be told from each other",
            got=f"radius = {radius:.6g}, and neighbours {_spacing(driven):.6g} apart: {error.got}",
            fix="take a smaller radius, or fewer centers",
        ) from error  # fmt: skip
    return move


def _falling(points: NDArray[np.float64], centers: NDArray[np.float64], radius: float) -> csr_array:
    """Return phi of all distances, shape (p, n)."""
    pairs = KDTree(points).sparse_distance_matrix(KDTree(centers), radius, output_type="ndarray")
    s = np.minimum(pairs["v"] / radius, 1.0)
    return csr_array(
        coo_array(((1 - s) ** 4 * (4 * s + 1), (pairs["i"], pairs["j"])), shape=(len(points), len(centers)))
    )


def _placed(matrix: csr_array, count: int, component: int, axis: int) -> csr_array:
    """Return a matrix whose rows (axis 0) or columns (axis 1) are those of one of several components."""
    part = coo_array(matrix)
    where, shape = [part.row.astype(np.int64), part.col.astype(np.int64)], list(part.shape)
    where[axis] = where[axis] * count + component
    shape[axis] *= count
    return csr_array(coo_array((part.data, tuple(where)), shape=tuple(shape)))


def _held(space: Space, fixed: Constraints | Sequence[Constraints]) -> list[NDArray[np.integer]]:
    """Return the points that are held in each direction."""
    held = held_at_zero(space, fixed)
    if held.couplings.nnz:
        raise ConstraintError(
            "radial functions know no couplings", expected="points that are held", got="points that depend on others",
            fix="fem.shape.laplace and fem.shape.elastic take fem.tie, fem.periodic and fem.multi_point",
        )  # fmt: skip
    numbering = space.topology.numbering
    points = numbering.nodes(held.dofs)
    return [points[held.dofs - numbering.first[points] == i] for i in range(space.mesh.dimension)]


def _centers(mesh: Mesh, centers: ArrayLike, radius: float) -> NDArray[np.float64]:
    """Return the centers, shape (k, d)."""
    places = np.array(centers, float)
    if places.ndim != 2 or places.shape[1] != mesh.dimension or not len(places) or not np.isfinite(places).all():
        raise MeshError(
            "centers are places in the space of the mesh", expected=f"finite numbers of shape (k, {mesh.dimension})",
            got=f"shape {places.shape}{'' if np.isfinite(places).all() else ', not all finite'}",
            fix="mesh.points[mesh.points_on(where)] are those of points",
        )  # fmt: skip
    twice = KDTree(places).query_pairs(_SAME * radius, output_type="ndarray")
    if len(twice):
        one, other = twice[0]
        raise MeshError(
            "two centers at one place", expected="distinct centers", got=f"centers {one} and {other} at "
            f"{places[one].tolist()}", fix="drop one of the two",
        )  # fmt: skip
    distance = KDTree(mesh.points).query(places)[0]
    if distance.max() >= radius:
        far = int(distance.argmax())
        raise MeshError(
            "a center moves no point", expected="a point of the mesh within the radius of each center",
            got=f"center {far} at {places[far].tolist()}, {distance[far]:.6g} from the nearest; radius = {radius:.6g}",
            fix="take a larger radius, or drop the center",
        )  # fmt: skip
    return places


def _spacing(places: NDArray[np.float64]) -> float:
    """Return the smallest distance of two places."""
    return float(KDTree(places).query(places, k=2)[0][:, 1].min())
