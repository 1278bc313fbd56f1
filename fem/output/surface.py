"""The surface of a design, closed, for a printer.

Densities of cells become a continuous field at points, the mean of the cells around, weighted by volume. The part is
where it exceeds a threshold: the surface is an iso-surface inside the mesh, and the boundary of the mesh where the part
reaches it. Cells of higher order count with their corners.

Cells are cut into triangles or tetrahedra first, with one diagonal on a common face, in which the field is linear: what
is left of neighbours fits together. A point with just the value of the threshold, common in black and white designs,
would leave parts without thickness, so it counts as a little more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError, MeshFileError
from fem.mesh.mesh import check_mesh
from fem.output import pyvista_library
from fem.output.values import cell_values

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray
    from pyvista import PolyData

    from fem.mesh import Mesh

# Linear cells of VTK by their dimension and number of corners, which have our order.
_VTK_CELLS = {(2, 3): 5, (2, 4): 9, (3, 4): 10, (3, 8): 12, (3, 6): 13}
_MARGIN = 1e-5  # of density, around the threshold: points there count as solid
_JOINED = 1e-9  # of the size of the surface: corners closer than that are one


def surface(mesh: Mesh, density: ArrayLike, *, threshold: float = 0.5, thickness: float | None = None) -> PolyData:
    """Return the closed surface of a design, in triangles.

    Parameters
    ----------
    mesh : Mesh
        Mesh in space, or in the plane with a thickness.
    density : array, shape (e,)
        Density of each cell, between 0 and 1.
    threshold : float
        The part is where the density is larger.
    thickness : float, optional
        Of a plane design, which is extruded. Unit: [length].

    Returns
    -------
    pyvista.PolyData
        Its normals point outwards; ``save("part.ply")``, ``volume`` and ``plot()`` are methods of pyvista.

    Raises
    ------
    MeshError
        If the densities do not fit the cells or are not finite, no cell is above the threshold, the mesh is plane and
        has no positive thickness, or the surface is not closed.
    LibraryMissingError
        If pyvista is not installed: ``pip install 'sparsead[plot3d]'``.

    Examples
    --------
    >>> import fem
    >>> part = fem.output.surface(fem.box((4, 4, 4)), [1.0] * 64)
    >>> round(float(part.volume), 6), part.is_manifold
    (1.0, True)
    """
    check_mesh(mesh)
    library = pyvista_library.library()
    values = _densities(mesh, density)
    _check_thickness(mesh, thickness)
    grid, at_points = _grid(library, mesh), _at_points(mesh, values)
    near = np.abs(at_points - threshold) < _MARGIN
    grid.point_data["density"] = np.where(near, threshold + _MARGIN, at_points)
    part = grid.triangulate().clip_scalar(scalars="density", invert=False, value=threshold)
    if not part.n_cells:
        raise MeshError(
            "there is no part", expected=f"a density above threshold = {threshold:g}",
            got=f"densities up to {values.max(initial=0.0):.3g}, and {at_points.max():.3g} at points",
            fix="lower the threshold",
        )  # fmt: skip
    found = _joined(part.extract_surface(algorithm=None).triangulate())
    if thickness is not None:
        found = _joined(found.extrude((0.0, 0.0, float(thickness)), capping=True).triangulate())
    if not found.is_manifold:
        raise MeshError(
            "the surface is not closed", expected="two triangles at each edge",
            got=f"{found.n_open_edges} edges of one, and others of more than two",
            fix="move the threshold a little: parts touch in a line there", edges=int(found.n_open_edges),
        )  # fmt: skip
    return found


def write_surface(
    path: str | PathLike[str], mesh: Mesh, density: ArrayLike, *, threshold: float = 0.5, thickness: float | None = None
) -> None:
    """Write the closed surface of a design for a printer: STL, PLY or OBJ.

    Parameters
    ----------
    path : path
        File; the end of its name tells the format. STL has no unit: slicers take millimetres.
    mesh, density, threshold, thickness
        See `surface`.

    Raises
    ------
    MeshFileError
        If the name ends in nothing that is written.
    MeshError, LibraryMissingError
        See `surface`.

    Examples
    --------
    >>> import fem, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "plate.stl")
    ...     fem.output.write_surface(file, fem.rectangle((4, 2)), [1.0] * 8, thickness=0.1)
    ...     file.stat().st_size > 84
    True
    """
    target = Path(path)
    if target.suffix not in (".stl", ".ply", ".obj"):
        raise MeshFileError(
            "a format of surfaces that is not written", expected="a name that ends in .stl, .ply or .obj",
            got=f"{target.name!r}", fix="fem.output.surface(...) has all formats of pyvista", path=str(target),
        )  # fmt: skip
    surface(mesh, density, threshold=threshold, thickness=thickness).save(target)


def _densities(mesh: Mesh, density: ArrayLike) -> NDArray[np.float64]:
    """One finite number for each cell, shape (e,)."""
    values = cell_values("density", density, mesh)
    if values.ndim != 1:
        raise MeshError(
            "a density is one number for each cell", expected=f"shape ({mesh.cell_count},)",
            got=f"shape {values.shape}", fix="draw vectors with fem.output.write",
        )  # fmt: skip
    if not np.isfinite(values).all():
        cell = int(np.argmin(np.isfinite(values)))
        raise MeshError(
            "a density is not finite", expected="finite numbers", got=f"{values[cell]} in cell {cell}", cell=cell,
            fix="look at the design before it is printed",
        )  # fmt: skip
    return values


def _check_thickness(mesh: Mesh, thickness: float | None) -> None:
    """Refuse a plane design without a positive thickness, and a solid one with any."""
    if (mesh.dimension == 2) != (thickness is not None):
        plane = mesh.dimension == 2
        raise MeshError(
            "a plane design has a thickness, others have none", expected="thickness=..." if plane else "no thickness",
            got=f"a mesh in {mesh.dimension}D and thickness = {thickness!r}",
            fix="pass how thick the plate is" if plane else "leave thickness away",
        )  # fmt: skip
    if thickness is not None and not 0 < thickness < np.inf:
        raise MeshError(
            "a thickness is positive", expected="0 < thickness < inf", got=f"thickness = {thickness!r}",
            fix="pass how thick the plate is, in units of the mesh",
        )  # fmt: skip


def _grid(library: Any, mesh: Mesh) -> Any:
    """The linear cells of the highest dimension, with points in space."""
    points = np.zeros((len(mesh.points), 3))
    points[:, : mesh.dimension] = mesh.points
    cells, kinds = [], []
    for block in mesh.blocks:
        if block.element.dimension == mesh.cell_dimension:
            corners = block.nodes[:, : block.element.corners]
            cells.append(np.insert(corners, 0, corners.shape[1], axis=1).reshape(-1))
            kinds.append(np.full(len(block), _VTK_CELLS[block.element.dimension, block.element.corners]))
    return library.UnstructuredGrid(np.concatenate(cells), np.concatenate(kinds), points)


def _at_points(mesh: Mesh, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the cells around each point, weighted by volume, shape (p,)."""
    total, weight = np.zeros((2, len(mesh.points)))
    for first, block in zip(mesh.offsets, mesh.blocks, strict=False):
        if block.element.dimension == mesh.cell_dimension:
            cells = slice(first, first + len(block))
            corners, volume = block.nodes[:, : block.element.corners], np.abs(mesh.measures[cells])[:, None]
            np.add.at(weight, corners, volume)
            np.add.at(total, corners, volume * values[cells, None])
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)


def _joined(found: Any) -> Any:
    """The surface alone, with one point at each place."""
    found.clear_data()
    return found.clean(tolerance=_JOINED, absolute=False)
