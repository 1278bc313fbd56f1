"""Pictures of solid meshes, shells and frames in space with pyvista."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.output import pyvista_library
from fem.output.scene import arrows, check_dimension, held_components, scene

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray
    from pyvista import Plotter

    from fem.dofs.constraints import Constraints
    from fem.mesh import Mesh
    from fem.output.scene import Scene

_ARROW = 0.15
_SUPPORT = 0.025
_SIZE = (1200, 900)
# Much light from everywhere, so that colors are near to those of the color bar.
_LIGHT: dict[str, Any] = {"ambient": 0.6, "diffuse": 0.4, "specular": 0.0}


def plot_solid(
    mesh: Mesh,
    values: ArrayLike | None = None,
    *,
    displacement: ArrayLike | None = None,
    scale: float | str = "auto",
    supports: Constraints | Sequence[Constraints] | ArrayLike | None = None,
    loads: ArrayLike | None = None,
    label: str = "",
    unit: str = "",
    edges: bool = True,
    limits: tuple[float, float] | None = None,
    colormap: str = "viridis",
    path: str | PathLike[str] | None = None,
) -> Plotter:
    """Draw a mesh in space: deformed shape, values on its surface, supports and loads.

    Parameters
    ----------
    mesh : Mesh
        Mesh in space.
    values, displacement, scale, supports, loads, label, unit, edges, limits, colormap
        See `fem.output.plot`. Supports are cones that point along the axes that are held.
    path : path, optional
        Picture to save, without a window.

    Returns
    -------
    pyvista.Plotter
        Without `path`, to turn and ``show()``.

    Raises
    ------
    MeshError
        If the mesh is not in space, or a field does not fit it.
    LibraryMissingError
        If pyvista is not installed: ``pip install 'sparsead[plot3d]'``.

    Examples
    --------
    >>> import fem, pathlib, tempfile
    >>> block = fem.box((2, 1, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     picture = pathlib.Path(folder, "block.png")
    ...     _ = fem.output.plot_solid(block, block.points[:, 2], label="height", unit="m", path=picture)
    ...     picture.stat().st_size > 1000
    True
    """
    check_dimension(mesh, 3, "fem.output.plot for a mesh in 2D")
    library = pyvista_library.library()
    shown = scene(mesh, values, displacement, scale)
    # Where there is no display VTK says so, and draws without one.
    with library.vtk_verbosity("off") if path is not None else nullcontext():
        plotter = library.Plotter(off_screen=path is not None, window_size=_SIZE)
        _draw_frame(plotter, shown, displacement is not None)
        _draw_cells(library, plotter, shown, limits, colormap, f"{label} [{unit}]" if unit else label)
        if edges and len(shown.skin.edges):
            thick = 1 if len(shown.skin.triangles) else 4
            plotter.add_mesh(_lines(library, shown.skin.edges), color="black", line_width=thick, opacity=0.6)
        if supports is not None:
            _draw_supports(library, plotter, shown, supports)
        if loads is not None:
            points, vectors = arrows(mesh, loads)
            plotter.add_arrows(shown.points[points], vectors, mag=_ARROW * shown.extent, color="orange")
        plotter.camera_position = "iso"
        if path is not None:
            plotter.screenshot(str(Path(path)))
            plotter.close()
    return plotter


def _draw_frame(plotter: Any, shown: Scene, deformed: bool) -> None:
    plotter.background_color = "white"
    plotter.enable_anti_aliasing("ssaa")
    plotter.add_axes(color="black")
    if deformed and shown.scale != 1.0:
        plotter.add_text(f"displacements × {shown.scale:.3g}", position="lower_left", font_size=10, color="black")


def _draw_cells(library: Any, plotter: Any, shown: Scene, limits: Any, colormap: str, label: str) -> None:
    if not len(shown.skin.triangles):
        return
    surface = library.PolyData.from_regular_faces(shown.skin.points, shown.skin.triangles)
    if shown.colors is None:
        _behind(plotter.add_mesh(surface, color="#c9d6e3", **_LIGHT))
        return
    bar = {"title": f"{label}\n", "color": "black", "vertical": False, "width": 0.5, "height": 0.09}
    bar |= {"position_x": 0.25, "position_y": 0.03, "title_font_size": 24, "label_font_size": 20, "fmt": "%.3g"}
    style = {"clim": limits, "cmap": colormap, "scalar_bar_args": bar, **_LIGHT}
    _behind(plotter.add_mesh(surface, scalars=shown.colors, **style))


def _behind(actor: Any) -> None:
    """Draw a surface a little behind the edges that lie in it."""
    actor.mapper.SetResolveCoincidentTopologyToPolygonOffset()
    actor.mapper.SetRelativeCoincidentTopologyPolygonOffsetParameters(1.0, 1.0)


def _lines(library: Any, edges: NDArray[np.float64]) -> Any:
    count, length, _ = edges.shape
    numbers = np.arange(count * length).reshape(count, length)
    cells = np.hstack([np.full((count, 1), length), numbers])
    return library.PolyData(edges.reshape(-1, 3), lines=cells.reshape(-1))


def _draw_supports(library: Any, plotter: Any, shown: Scene, supports: Any) -> None:
    """Draw a cone along each held axis, with its tip at the point."""
    held, size = held_components(shown.mesh, supports), _SUPPORT * shown.extent
    for axis in range(3):
        where = shown.points[held[:, axis]]
        if len(where):
            direction = np.eye(3)[axis]
            cone = library.Cone(center=-direction * size / 2, direction=direction, height=size, radius=size / 3)
            plotter.add_mesh(library.PolyData(where).glyph(geom=cone, scale=False, orient=False), color="red")
