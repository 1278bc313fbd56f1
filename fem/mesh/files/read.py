"""Meshes from files, with their named sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError, MeshError
from fem.mesh.blocks import CellBlock
from fem.mesh.facets import facets_from_masks, find_facets
from fem.mesh.files.abaqus.read import read_abaqus
from fem.mesh.files.gmsh.read import read_gmsh
from fem.mesh.files.meshio_library import MESHIO_NAMES, existing_format, load
from fem.mesh.files.nastran.read import read_nastran
from fem.mesh.files.sets import named_cells, named_points, named_sides
from fem.mesh.mesh import Mesh
from fem.progress import stage
from fem.reference import ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from fem.mesh.files.meshio_library import MeshioMesh

# Formats of which more is read than meshio does.
_READERS: dict[str, Callable[[Path], Any]] = {"abaqus": read_abaqus, "gmsh": read_gmsh, "nastran": read_nastran}
_ELEMENT_OF = {theirs: ours for ours, theirs in MESHIO_NAMES.items()}


def read(
    path: str | PathLike[str], *, dimension: int | None = None, cell_dimensions: Sequence[int] | None = None
) -> Mesh:
    r"""Read a mesh file: gmsh, Abaqus, Nastran, VTU, XDMF, and whatever else meshio reads.

    Named groups of the file become named sets: groups of cells become cell sets; groups of cells that are
    sides of kept cells, such as physical surfaces around a volume, become facet sets; all others become point
    sets. Integer data on cells or points, such as material numbers, become sets named ``"material=3"``.

    Parameters
    ----------
    path : path
        File; the end of its name tells the format.
    dimension : int, optional
        Dimension of space. By default coordinates that are zero everywhere are dropped, from the last one,
        but never below the dimension of the cells.
    cell_dimensions : sequence of int, optional
        Dimensions of the cells to keep, ``(1, 3)`` for bars in a solid. By default the highest in the file.

    Returns
    -------
    Mesh
        Points that no kept cell uses are left out.

    Raises
    ------
    MeshFileError
        If the file is not there, of unknown format, malformed or cut off.
    ElementError
        If it holds cells of a kind that there is no element for.
    MeshError
        If no cell is left, or the cells do not fit the points.
    LibraryMissingError
        If meshio is not installed: ``pip install 'sparsead[mesh]'``. Files of gmsh, Abaqus and Nastran do without.

    Examples
    --------
    >>> import fem, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "plate.inp")
    ...     _ = file.write_text("*NODE\n1, 0, 0\n2, 1, 0\n3, 0, 1\n*ELEMENT, TYPE=CPS3, ELSET=steel\n1, 1, 2, 3\n")
    ...     mesh = fem.read(file)
    >>> mesh, mesh.cells_on("steel")
    (Mesh(3 points in 2D; 1 tri3), array([0], dtype=int32))
    """
    file = Path(path)
    with stage(f"mesh file {file.name}"):
        source = _READERS.get(existing_format(file), load)(file)
        return from_meshio(source, dimension=dimension, cell_dimensions=cell_dimensions)


def from_meshio(
    source: MeshioMesh, *, dimension: int | None = None, cell_dimensions: Sequence[int] | None = None
) -> Mesh:
    """Return the mesh that a ``meshio.Mesh`` holds; see `read`.

    Parameters
    ----------
    source : meshio.Mesh
        Mesh from another tool.
    dimension, cell_dimensions
        See `read`.

    Raises
    ------
    ElementError, MeshError
        See `read`.

    Examples
    --------
    >>> import meshio
    >>> import fem
    >>> fem.from_meshio(meshio.Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [("triangle", [[0, 1, 2]])]))
    Mesh(3 points in 2D; 1 tri3)
    """
    sizes = [_dimension(block) for block in source.cells]
    wanted = set(cell_dimensions) if cell_dimensions is not None else {max(sizes, default=0)}
    keep = [
        0 < size and size in wanted and len(block.data) > 0 for block, size in zip(source.cells, sizes, strict=True)
    ]
    if not any(keep):
        raise MeshError(
            "a mesh without cells",
            expected=f"cells of dimension {sorted(wanted)}" if wanted - {0} else "lines, plane or solid cells",
            got=", ".join(f"{len(block.data)} {block.type}" for block in source.cells) or "no cells",
            fix="keep the volume (in gmsh: make it a physical group too, or save all), or pass cell_dimensions",
        )
    kept = [block for block, chosen in zip(source.cells, keep, strict=True) if chosen]
    blocks = _blocks(kept)
    used = _used(len(source.points), blocks)
    number = np.cumsum(used) - 1
    blocks = [CellBlock(block.element, number[block.nodes].astype(np.int32)) for block in blocks]
    points = _coordinates(np.asarray(source.points)[used], dimension, max(b.element.dimension for b in blocks))
    sets: tuple[dict[str, Any], dict[str, Any], dict[str, Any]] = (
        {name: number[members[used[members]]] for name, members in named_points(source).items()},
        {},
        {},
    )
    for name, members in named_cells(source).items():
        _add_set(sets, name, members, source.cells, keep, blocks, number, used)
    for name, masks in named_sides(source).items():
        sets[2][name] = facets_from_masks([mask for mask, chosen in zip(masks, keep, strict=True) if chosen])
    return Mesh(points, tuple(blocks), *sets)


def _dimension(block: Any) -> int:
    if block.type in _ELEMENT_OF:
        return ELEMENTS[_ELEMENT_OF[block.type]].dimension
    return int(block.dim)


def _blocks(cells: Sequence[Any]) -> list[CellBlock]:
    unknown = [block for block in cells if block.type not in _ELEMENT_OF]
    if unknown:
        raise ElementError(
            "cells of a kind that there is no element for",
            expected=f"cells of the kinds {', '.join(_ELEMENT_OF)}",
            got=f"{len(unknown[0].data)} cells of the kind {unknown[0].type!r}",
            fix="mesh with other cells, or convert the file without them",
        )
    return [CellBlock(ELEMENTS[_ELEMENT_OF[block.type]], np.asarray(block.data).astype(np.int64)) for block in cells]


def _used(count: int, blocks: Sequence[CellBlock]) -> NDArray[np.bool_]:
    used = np.zeros(count, dtype=bool)
    for number, block in enumerate(blocks):
        bad = np.argwhere((block.nodes < 0) | (block.nodes >= count))
        if len(bad):
            raise MeshError(
                "a cell has a node that is not there",
                expected=f"0 <= node < {count}, the number of points in the file",
                got=f"node {block.nodes[tuple(bad[0])]} in cell {bad[0][0]} of block {number} ({block.element.name})",
                fix="write the mesh file again",
                cell=int(bad[0][0]),
                block=number,
            )
        used[block.nodes] = True
    return used


def _coordinates(points: NDArray[Any], dimension: int | None, lowest: int) -> NDArray[np.float64]:
    if dimension is None:
        dimension = points.shape[1]
        while dimension > max(lowest, 1) and not points[:, dimension - 1].any():
            dimension -= 1
    if not lowest <= dimension <= points.shape[1] or points[:, dimension:].any():
        raise MeshError(
            "the points do not lie in a space of this dimension",
            expected=f"{lowest} <= dimension <= {points.shape[1]}, and coordinates of zero beyond",
            got=f"dimension={dimension} for points from {points.min(axis=0).tolist()} to {points.max(axis=0).tolist()}",
            fix="pass another dimension, or none",
        )
    return np.array(points[:, :dimension], dtype=np.float64)


def _add_set(
    sets: tuple[dict[str, Any], dict[str, Any], dict[str, Any]],
    name: str,
    members: Sequence[NDArray[np.int64]],
    cells: Sequence[Any],
    keep: Sequence[bool],
    blocks: Sequence[CellBlock],
    number: NDArray[np.int64],
    used: NDArray[np.bool_],
) -> None:
    """Add a group of the file's cells to the sets of points, cells or facets."""
    sides = max(block.element.dimension for block in blocks) - 1
    offset, inside = 0, []
    facets: list[NDArray[np.int64]] = []
    others: list[NDArray[np.int64]] = []
    for block, chosen, mine in zip(cells, keep, members, strict=True):
        if chosen:
            inside.append(mine + offset)
            offset += len(block.data)
        elif len(mine):
            nodes = np.asarray(block.data)[mine].astype(np.int64)
            whole = number[nodes[used[nodes].all(axis=1)]]
            (facets if _dimension(block) == sides and len(whole) == len(nodes) else others).append(whole)
    found = find_facets(blocks, facets) if facets else None
    if found is not None:
        sets[2][name] = found
    else:
        others += facets
    if others:
        corners = np.concatenate([sets[0].get(name, np.zeros(0, np.int64)), *(part.reshape(-1) for part in others)])
        sets[0][name] = np.unique(corners)
    if sum(map(len, inside)) or not (facets or others):
        sets[1][name] = np.concatenate(inside)
