"""Meshes of the published problems: structured ones, mapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import fem

if TYPE_CHECKING:
    from collections.abc import Callable


def mapped(mesh: fem.Mesh, function: Callable[..., tuple[Any, ...]]) -> fem.Mesh:
    """Return the mesh with every point, nodes of second order too, where a function of its coordinates puts it."""
    return mesh.with_points(np.stack(function(*mesh.points.T), axis=-1))


def quadrilateral(cells: tuple[int, int], corners: Any, element: str = "quad4") -> fem.Mesh:
    """Return a mesh between four corners, shape (4, 2), counterclockwise."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners

    def place(s: Any, t: Any) -> tuple[Any, Any]:
        weights = ((1 - s) * (1 - t), s * (1 - t), s * t, (1 - s) * t)
        return tuple(
            sum(w * x for w, x in zip(weights, axis, strict=True)) for axis in ((ax, bx, cx, dx), (ay, by, cy, dy))
        )

    return mapped(fem.rectangle(cells, element=element), place)


def ring(
    cells: tuple[int, int],
    inner: tuple[float, float],
    outer: tuple[float, float],
    element: str = "quad8",
    grading: float | None = None,
) -> fem.Mesh:
    """Return the quarter between two ellipses of given half axes; boundary nodes lie on the ellipses.

    Its sets are ``"inner"`` and ``"outer"`` facets, and the points ``"on x"`` (y = 0) and ``"on y"`` (x = 0).
    """
    grid = fem.rectangle(cells, element=element, grading=(grading, None))
    grid = grid.with_sets(
        points={"on x": lambda x: x[:, 1] == 0, "on y": lambda x: x[:, 1] == 1},
        facets={"inner": lambda x: x[:, 0] == 0, "outer": lambda x: x[:, 0] == 1},
    )

    def place(s: Any, t: Any) -> tuple[Any, Any]:
        angle = np.pi / 2 * t
        return (
            ((1 - s) * inner[0] + s * outer[0]) * np.cos(angle),
            ((1 - s) * inner[1] + s * outer[1]) * np.sin(angle),
        )

    return mapped(grid, place)


def symmetric(space: fem.Space) -> fem.Constraints:
    """Return the supports of a quarter: no displacement across the axes."""
    return fem.fix(space, "on x", 1) + fem.fix(space, "on y", 0)


def nearest(mesh: fem.Mesh, point: Any) -> int:
    """Return the point of the mesh that is there, to rounding."""
    distance = np.linalg.norm(mesh.points - np.asarray(point), axis=1)
    assert distance.min() < 1e-9 * np.abs(mesh.points).max()
    return int(distance.argmin())
