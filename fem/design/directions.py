"""Directions and planes in the space of a mesh, as a caller gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh


def direction_of(mesh: Mesh, name: str, vector: ArrayLike) -> NDArray[np.float64]:
    """Return a unit vector, shape (d,).

    Raises
    ------
    ShapeError
        If it does not fit the dimension of the mesh or has no length.
    """
    array = vector_of(mesh, name, vector)
    length = float(np.linalg.norm(array))
    if not length > 0:
        raise ShapeError(
            f"{name} has no length", expected="a vector other than zero", got=f"{name} = {array.tolist()}",
            fix="pass an axis, such as [1.0, 0.0]",
        )  # fmt: skip
    return array / length


def vector_of(mesh: Mesh, name: str, vector: ArrayLike) -> NDArray[np.float64]:
    """Return a vector in the space of the mesh, shape (d,).

    Raises
    ------
    ShapeError
        If it has another shape, or a number in it is not finite.
    """
    array = np.asarray(vector, float)
    if array.shape != (mesh.dimension,) or not np.isfinite(array).all():
        raise ShapeError(
            f"{name} does not fit the mesh", expected=f"finite numbers of shape ({mesh.dimension},)",
            got=f"{name} = {array.tolist()}", fix=f"the mesh has {mesh.dimension} coordinates",
        )  # fmt: skip
    return array


def plane(mesh: Mesh, normal: ArrayLike, point: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit normal and a point of a plane, shape (d,) both; by default the middle of the mesh's box.

    Raises
    ------
    ShapeError
        If one of them does not fit the mesh.
    """
    middle = (mesh.points.min(axis=0) + mesh.points.max(axis=0)) / 2
    return direction_of(mesh, "normal", normal), middle if point is None else vector_of(mesh, "point", point)
