"""Pictures of plane meshes and trusses with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fem.output import matplotlib_library
from fem.output.scene import arrows, check_dimension, held_components, scene
from fem.output.skin import outline
from fem.output.thin import apart

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from fem.dofs.constraints import Constraints
    from fem.mesh import Mesh
    from fem.output.scene import Scene

# Length of the longest arrow, as a part of the extent of the mesh.
_ARROW = 0.12
# Distance between marks of supports, as a part of it.
_MARK = 0.015


def plot(
    mesh: Mesh,
    values: ArrayLike | None = None,
    *,
    displacement: ArrayLike | None = None,
    scale: float | str = "auto",
    supports: Constraints | Sequence[Constraints] | ArrayLike | None = None,
    loads: ArrayLike | None = None,
    label: str = "",
    unit: str = "",
    length_unit: str = "m",
    edges: bool = True,
    limits: tuple[float, float] | None = None,
    colormap: str = "viridis",
    axes: Axes | None = None,
    path: str | PathLike[str] | None = None,
) -> Axes:
    """Draw a plane mesh or a plane truss: deformed shape, values, supports and loads.

    Parameters
    ----------
    mesh : Mesh
        Mesh in the plane.
    values : array, shape (p,), (p, c) or (e,), optional
        Colors, at points or of cells; of vectors their lengths are shown.
    displacement : array, shape (p, 2), optional
        Deforms the mesh; its outline stays in grey where it was.
    scale : float or "auto"
        What displacements are multiplied by; it is written below the picture.
    supports : Constraints, a sequence of them, int array, or bool array of shape (p, 2), optional
        Held points: squares; carets point up where only y, right where only x is held.
    loads : array, shape (p, 2), optional
        Nodal forces, drawn as arrows; neighbours that point the same way share one.
    label, unit, length_unit : str
        Name and unit of the values, unit of the coordinates.
    edges : bool
        Whether the edges of cells are drawn; else those of the body.
    limits : (float, float), optional
        Values of the first and the last color.
    colormap : str
        Name of a colormap of matplotlib.
    axes : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    path : path, optional
        File to save the figure to.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MeshError
        If the mesh is not plane, or a field does not fit it.
    LibraryMissingError
        If matplotlib is not installed: ``pip install 'sparsead[plot]'``.

    Examples
    --------
    >>> import fem
    >>> plate = fem.rectangle((4, 2), size=(2.0, 1.0))
    >>> axes = fem.output.plot(plate, plate.points[:, 0], label="depth", unit="mm", supports=[0, 1, 2])
    >>> axes.get_xlabel(), axes.figure.axes[1].get_ylabel()
    ('x [m]', 'depth [mm]')
    """
    check_dimension(mesh, 2, "fem.output.plot_solid for a mesh in 3D")
    library = matplotlib_library.library()
    if axes is None:
        axes = library.pyplot.subplots(layout="constrained")[1]
    shown = scene(mesh, values, displacement, scale)
    _draw_cells(library, axes, shown, limits, colormap, f"{label} [{unit}]" if unit else label)
    drawn = shown.skin.edges if edges else outline(mesh, shown.points)
    if len(drawn):
        style = {"colors": "black", "linewidths": (0.4 if edges else 0.8) if len(shown.skin.triangles) else 1.5}
        axes.add_collection(library.collections.LineCollection(drawn, zorder=2, **style))
    if displacement is not None:
        before = library.collections.LineCollection(outline(mesh, mesh.points), colors="0.6", linewidths=0.8, zorder=1)
        axes.add_collection(before)
    if supports is not None:
        _draw_supports(axes, shown, supports)
    if loads is not None:
        _draw_loads(axes, shown, loads)
    _frame(axes, shown, displacement is not None, length_unit)
    if path is not None:
        figure: Any = axes.figure
        figure.savefig(path, dpi=150)
    return axes


def _draw_cells(library: Any, axes: Any, shown: Scene, limits: Any, colormap: str, label: str) -> None:
    if not len(shown.skin.triangles):
        return
    mesh = library.tri.Triangulation(*shown.skin.points.T, shown.skin.triangles)
    if shown.colors is None:
        axes.tripcolor(mesh, np.zeros(len(shown.skin.points)), cmap=library.colors.ListedColormap(["#c9d6e3"]))
        return
    low, high = limits if limits is not None else (None, None)
    style = {"shading": "gouraud", "cmap": colormap, "vmin": low, "vmax": high, "rasterized": True}
    drawn = axes.tripcolor(mesh, shown.colors, **style)
    axes.figure.colorbar(drawn, ax=axes, label=label, shrink=0.8)


def _draw_supports(axes: Any, shown: Scene, supports: Any) -> None:
    held = held_components(shown.mesh, supports)
    both = held.all(axis=1)
    # Markers 5 and 6 are carets with their tip at the point, pointing right and up.
    for chosen, marker, size in ((both, "s", 3.5), (held[:, 0] & ~both, 5, 6), (held[:, 1] & ~both, 6, 6)):
        where = shown.points[chosen]
        where = where[apart(where, _MARK * shown.extent)]
        axes.plot(*where.T, linestyle="none", marker=marker, markersize=size, color="tab:red", zorder=4)


def _draw_loads(axes: Any, shown: Scene, loads: Any) -> None:
    points, vectors = arrows(shown.mesh, loads)
    length = _ARROW * shown.extent * vectors
    style = {"angles": "xy", "scale_units": "xy", "scale": 1.0, "width": 0.005, "color": "tab:orange", "zorder": 5}
    tails = shown.points[points]
    axes.quiver(*tails.T, *length.T, **style)
    # Arrows do not widen the axes by themselves.
    axes.plot(*(tails + length).T, linestyle="none", marker="")


def _frame(axes: Any, shown: Scene, deformed: bool, length_unit: str) -> None:
    axes.set_aspect("equal")
    axes.autoscale()
    axes.margins(0.05)
    note = f"\ndisplacements × {shown.scale:.3g}" if deformed and shown.scale != 1.0 else ""
    axes.set_xlabel(f"x [{length_unit}]{note}")
    axes.set_ylabel(f"y [{length_unit}]")
