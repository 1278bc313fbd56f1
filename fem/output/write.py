"""Meshes, sets and fields to files, through meshio."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshFileError
from fem.mesh.facets import facet_masks
from fem.mesh.files.meshio_library import MESHIO_NAMES, file_format, library
from fem.mesh.files.sets import SET_MARK, SIDES_MARK
from fem.mesh.mesh import check_mesh
from fem.output.values import cell_values, point_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from fem.mesh import FacetGroup, Facets, Mesh

_FORMATS = ("vtu", "xdmf", "vtk")


def write(
    path: str | PathLike[str],
    mesh: Mesh,
    *,
    points: Mapping[str, Any] | None = None,
    cells: Mapping[str, Any] | None = None,
    units: Mapping[str, str] | None = None,
    sets: bool = True,
) -> None:
    """Write a mesh with fields and named sets: VTU, XDMF or VTK.

    Parameters
    ----------
    path : path
        File; the end of its name tells the format. XDMF writes its numbers to an ``.h5`` file beside it.
    mesh : Mesh
        Mesh.
    points : mapping of str to arrays, shape (p,), (p, c) or (p, c, c)
        Values at points; vectors in the plane get a third component of zero.
    cells : mapping of str to arrays, shape (e,), (e, c) or (e, c, c)
        Values of cells, through all blocks.
    units : mapping of str to str
        Unit of each field; it becomes part of the name in the file: ``"stress [Pa]"``.
    sets : bool
        Whether named sets are written too, as integer data by which `fem.read` finds them again.

    Raises
    ------
    MeshFileError
        If the name ends in nothing that is written.
    MeshError
        If a field does not fit the mesh.
    LibraryMissingError
        If meshio is not installed: ``pip install 'sparsead[mesh]'``.

    Examples
    --------
    >>> import fem, tempfile
    >>> plate = fem.rectangle((2, 1)).with_sets(facets={"wall": lambda x: x[:, 0] == 0})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fem.output.write(f"{folder}/plate.vtu", plate, points={"place": plate.points}, units={"place": "m"})
    ...     again = fem.read(f"{folder}/plate.vtu")
    >>> again, list(again.facet_sets)
    (Mesh(6 points in 2D; 2 quad4), ['wall'])
    """
    target, units = Path(path), units or {}
    kind = file_format(target)
    if kind not in _FORMATS:
        raise MeshFileError(
            "a format that is not written",
            expected="a name that ends in .vtu, .xdmf or .vtk",
            got=f"{target.name!r}",
            fix="write VTU; for other formats, fem.output.to_meshio(mesh).write(...)",
            path=str(target),
        )
    source = to_meshio(mesh, points=points, cells=cells, units=units, sets=sets, marks=True)
    if kind == "vtk":
        # The legacy format separates names by spaces.
        for data in (source.point_data, source.cell_data):
            for name in list(data):
                data[name.replace(" ", "_")] = data.pop(name)
    getattr(library(), kind).write(str(target), source)


def to_meshio(
    mesh: Mesh,
    *,
    points: Mapping[str, Any] | None = None,
    cells: Mapping[str, Any] | None = None,
    units: Mapping[str, str] | None = None,
    sets: bool = True,
    marks: bool = False,
) -> Any:
    """Return a ``meshio.Mesh``, for other tools.

    Parameters
    ----------
    mesh, points, cells, units, sets
        See `write`.
    marks : bool
        Write sets as integer data instead of sets, for formats that have none. Without, facet sets become cells of
        one dimension less, on which fields of cells are NaN; the ends of lines become point sets.

    Raises
    ------
    MeshError
        If a field does not fit the mesh.
    LibraryMissingError
        If meshio is not installed: ``pip install 'sparsead[mesh]'``.

    Examples
    --------
    >>> import fem
    >>> plate = fem.rectangle((2, 1))
    >>> source = fem.output.to_meshio(plate, cells={"density": [0.5, 1.0]})
    >>> source.cells_dict["quad"].tolist(), source.cell_data["density"]
    ([[0, 2, 3, 1], [2, 4, 5, 3]], [array([0.5, 1. ])])
    """
    check_mesh(mesh)
    units = units or {}
    blocks = [(MESHIO_NAMES[block.element.name], block.nodes) for block in mesh.blocks]
    facets = {} if marks or not sets else {name: _sides(mesh, members) for name, members in mesh.facet_sets.items()}
    extra = [(MESHIO_NAMES[group.element.name], group.nodes) for groups in facets.values() for group in groups]
    out = library().Mesh(_three(mesh.points), blocks + extra)
    for name, given in (points or {}).items():
        out.point_data[_label(name, units)] = _components(point_values(name, given, mesh))
    for name, given in (cells or {}).items():
        values = _components(cell_values(name, given, mesh))
        missing = [np.full((len(nodes), *values.shape[1:]), np.nan) for _, nodes in extra]
        out.cell_data[_label(name, units)] = [*np.split(values, mesh.offsets[1:-1]), *missing]
    if sets:
        (_add_marks if marks else _add_sets)(out, mesh, facets)
    return out


def _sides(mesh: Mesh, members: Facets) -> list[FacetGroup]:
    """Return facets to be written as cells; ends of lines are points and go to the point sets."""
    return [group for group in mesh.facet_groups(members) if group.element.dimension]


def _add_marks(out: Any, mesh: Mesh, _facets: Mapping[str, list[FacetGroup]]) -> None:
    for name, numbers in mesh.point_sets.items():
        out.point_data[SET_MARK + name] = np.isin(np.arange(len(mesh.points)), numbers).astype(np.int32)
    for name, numbers in mesh.cell_sets.items():
        mask = np.isin(np.arange(mesh.cell_count), numbers).astype(np.int32)
        out.cell_data[SET_MARK + name] = np.split(mask, mesh.offsets[1:-1])
    for name, members in mesh.facet_sets.items():
        out.cell_data[SIDES_MARK + name] = facet_masks(mesh.blocks, members)


def _add_sets(out: Any, mesh: Mesh, facets: Mapping[str, list[FacetGroup]]) -> None:
    nothing = np.zeros(0, dtype=np.int64)
    for name, numbers in mesh.point_sets.items():
        out.point_sets[name] = np.asarray(numbers)
    for name, numbers in mesh.cell_sets.items():
        parts = np.split(np.isin(np.arange(mesh.cell_count), numbers), mesh.offsets[1:-1])
        out.cell_sets[name] = [np.flatnonzero(part) for part in parts] + [nothing] * (len(out.cells) - len(parts))
    place = len(mesh.blocks)
    for name, groups in facets.items():
        members = out.cell_sets.setdefault(name, [nothing] * len(out.cells))
        for group in groups:
            members[place] = np.arange(len(group.nodes))
            place += 1
        if not groups:
            out.point_sets.setdefault(name, mesh.facet_points(mesh.facet_sets[name]))


def _label(name: str, units: Mapping[str, str]) -> str:
    return f"{name} [{units[name]}]" if name in units else name


def _three(points: Any) -> Any:
    return np.pad(points, ((0, 0), (0, 3 - points.shape[1])))


def _components(values: Any) -> Any:
    """Return values as scalars, vectors of three, or tensors in nine columns: what ParaView understands."""
    if values.ndim == 3:
        grown = np.pad(values, ((0, 0), (0, 3 - values.shape[1]), (0, 3 - values.shape[2])))
        return grown.reshape(len(values), 9)
    if values.ndim == 2 and values.shape[1] == 2:
        return _three(values)
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
