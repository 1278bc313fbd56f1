"""What a picture shows, whatever draws it: deformed points, values, supports, loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError
from fem.mesh.mesh import check_mesh
from fem.output.skin import Skin, skin
from fem.output.thin import resultants
from fem.output.values import cell_values, point_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import Mesh

# Longest displacement in a picture, and least distance between arrows, as parts of the extent of the mesh.
_VISIBLE = 0.1
_SPACING = 0.05


@dataclass(frozen=True, eq=False)
class Scene:
    """A mesh ready to be drawn.

    Attributes
    ----------
    mesh : Mesh
        Mesh.
    points : float array, shape (p, d)
        Points where they are drawn.
    skin : Skin
        Triangles and edges.
    colors : float array, shape (n,), or None
        Values at the corners of the triangles.
    scale : float
        What displacements are multiplied by.
    """

    mesh: Mesh
    points: NDArray[np.float64]
    skin: Skin
    colors: NDArray[np.float64] | None
    scale: float

    @property
    def extent(self) -> float:
        """Longest side of the box around the mesh."""
        return float(np.ptp(self.mesh.points, axis=0).max())


def check_dimension(mesh: Mesh, dimension: int, other: str) -> None:
    """Refuse a mesh that another function draws.

    Raises
    ------
    MeshError
        If it is no mesh, or one of another dimension.
    """
    check_mesh(mesh)
    if mesh.dimension != dimension:
        raise MeshError(
            "a mesh of another dimension than the picture",
            expected=f"a mesh in {dimension}D",
            got=f"a mesh in {mesh.dimension}D",
            fix=f"use {other}",
        )


def scene(mesh: Mesh, values: Any, displacement: Any, scale: float | str) -> Scene:
    """Return a mesh ready to be drawn.

    Parameters
    ----------
    mesh : Mesh
        Mesh.
    values : array, shape (p,) or (e,), or None
        Colors, at points or of cells.
    displacement : array, shape (p, d), or None
        Displacements.
    scale : float or "auto"
        What they are multiplied by; "auto" makes the longest a tenth of the mesh's extent.

    Raises
    ------
    MeshError
        If a field does not fit the mesh.
    """
    moved, factor = mesh.points, 1.0
    if displacement is not None:
        u = point_values("displacement", displacement, mesh)
        if u.shape != mesh.points.shape:
            raise MeshError(
                "a displacement that does not fit the points",
                expected=f"shape {mesh.points.shape}",
                got=f"shape {u.shape}",
                fix="pass one vector for each point",
            )
        longest = float(np.linalg.norm(u, axis=1).max(initial=0.0))
        automatic = _VISIBLE * float(np.ptp(mesh.points, axis=0).max()) / longest if longest else 1.0
        factor = automatic if scale == "auto" else float(scale)
        moved = mesh.points + factor * u
    seen = skin(mesh, moved)
    return Scene(mesh, moved, seen, None if values is None else corner_colors(mesh, seen, values), factor)


def corner_colors(mesh: Mesh, seen: Skin, values: Any) -> NDArray[np.float64]:
    """Return values at the corners of the triangles of a skin, shape (n,), from values of cells or at points.

    Raises
    ------
    MeshError
        If they do not fit the mesh.
    """
    array = np.asarray(values)
    if array.shape[:1] == (mesh.cell_count,) and mesh.cell_count != len(mesh.points):
        return _scalar(cell_values("values", array, mesh))[seen.cells]
    return seen.at_points(_scalar(point_values("values", array, mesh)))


def _scalar(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scalars; of vectors their lengths."""
    return values if values.ndim == 1 else np.asarray(np.linalg.norm(values.reshape(len(values), -1), axis=1))


def held_components(mesh: Mesh, supports: Any) -> NDArray[np.bool_]:
    """Return which components are held at which points, shape (p, d).

    Parameters
    ----------
    mesh : Mesh
        Mesh.
    supports : Constraints, a sequence of them, int array of points, or bool array of shape (p, d)
        Constraints of a space with one displacement; or points held altogether.

    Raises
    ------
    MeshError
        If it is none of these.
    """
    held = np.zeros(mesh.points.shape, dtype=bool)
    several = supports if isinstance(supports, list | tuple) else [supports]
    if several and all(hasattr(one, "held") for one in several):
        for one in several:
            dofs, components = one.held.dofs, one.held.couplings.shape[1] // len(mesh.points)
            marks = np.zeros((len(mesh.points), components), dtype=bool)
            marks.reshape(-1)[dofs] = True
            # A scalar field, or rotations besides displacements: what there is room for is drawn.
            shown = min(components, mesh.dimension)
            held[:, :shown] |= marks[:, :shown]
        return held
    array = np.asarray(supports)
    if array.dtype == bool and array.shape == held.shape:
        return array
    if array.ndim == 1 and array.dtype.kind in "iu" and (array < len(held)).all() and (array >= 0).all():
        held[array] = True
        return held
    raise MeshError(
        "supports that do not fit the mesh",
        expected=f"fem.fix(...), points, or booleans of shape {held.shape}",
        got=f"{array.dtype} of shape {array.shape}",
        fix="pass the same supports as to fem.solve",
    )


def arrows(mesh: Mesh, loads: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return where arrows begin, points of shape (m,), and arrows as parts of the longest, shape (m, d).

    Forces of points that are close to each other and point the same way share an arrow, their sum.

    Parameters
    ----------
    mesh : Mesh
        Mesh.
    loads : array, shape (p, d)
        Nodal forces.

    Raises
    ------
    MeshError
        If they do not fit the points.
    """
    forces = point_values("loads", loads, mesh).reshape(len(mesh.points), -1)[:, : mesh.dimension]
    if forces.shape != mesh.points.shape:
        raise MeshError(
            "loads that do not fit the points",
            expected=f"shape {mesh.points.shape}",
            got=f"shape {np.shape(loads)}",
            fix="pass the same load as to fem.solve, one load case",
        )
    lengths = np.linalg.norm(forces, axis=1)
    chosen = np.flatnonzero(lengths > 1e-9 * lengths.max(initial=0.0))
    extent = float(np.ptp(mesh.points, axis=0).max())
    some, sums = resultants(mesh.points[chosen], forces[chosen], _SPACING * extent)
    return chosen[some], sums / np.linalg.norm(sums, axis=1).max(initial=1e-300)
