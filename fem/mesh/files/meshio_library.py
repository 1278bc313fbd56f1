"""The only door to meshio: its names of cells, and a reader whose failures have four lines."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import LibraryMissingError, MeshFileError
from fem.libraries import required
from fem.mesh.files.ends import check_counts, check_end
from fem.mesh.files.errors import not_there, not_understood
from fem.mesh.files.su2 import name_markers

if TYPE_CHECKING:
    from types import ModuleType

    import meshio

    MeshioMesh = meshio.Mesh

MESHIO_NAMES = {
    "point1": "vertex",
    "line2": "line",
    "line3": "line3",
    "tri3": "triangle",
    "tri6": "triangle6",
    "quad4": "quad",
    "quad8": "quad8",
    "quad9": "quad9",
    "tet4": "tetra",
    "tet10": "tetra10",
    "hex8": "hexahedron",
    "hex20": "hexahedron20",
    "hex27": "hexahedron27",
    "wedge6": "wedge",
}

# Modules of meshio by the end of the file name; where several formats share an end, the one meant.
FORMATS = {
    ".msh": "gmsh",
    ".vtu": "vtu",
    ".vtk": "vtk",
    ".inp": "abaqus",
    ".bdf": "nastran",
    ".nas": "nastran",
    ".fem": "nastran",
    ".xdmf": "xdmf",
    ".xmf": "xdmf",
    ".med": "med",
    ".mesh": "medit",
    ".meshb": "medit",
    ".su2": "su2",
    ".stl": "stl",
    ".ply": "ply",
    ".off": "off",
    ".cgns": "cgns",
    ".e": "exodus",
    ".exo": "exodus",
    ".vol": "netgen",
}


def library() -> ModuleType:
    """Return meshio.

    Raises
    ------
    LibraryMissingError
        If it is not installed.
    """
    with required("meshio", "mesh files are read and written by", "pip install 'sparsead[mesh]'"):
        import meshio
    return meshio


def file_format(path: Path) -> str:
    """Return the name of meshio's module for a file.

    Raises
    ------
    MeshFileError
        If the end of the name says nothing.
    """
    if path.suffix.lower() not in FORMATS:
        raise MeshFileError(
            "a mesh file of unknown format",
            expected=f"a name that ends in {', '.join(FORMATS)}",
            got=f"{path.name!r}",
            fix="convert the file, for example with gmsh or with `meshio convert`",
            path=str(path),
        )
    return FORMATS[path.suffix.lower()]


def existing_format(path: Path) -> str:
    """Return the name of meshio's module for a file that is there.

    Raises
    ------
    MeshFileError
        If there is no such file, or the end of its name says nothing.
    """
    kind = file_format(path)
    if not path.is_file():
        raise not_there(path, f"seen from {Path.cwd()}", "correct the path")
    return kind


def load(path: Path) -> Any:
    """Return meshio's mesh of a file.

    Raises
    ------
    LibraryMissingError
        If meshio, or a library that it reads this format with, is not installed.
    MeshFileError
        If the file is not there, of unknown format, damaged, cut off, or holds cells that meshio would leave out.
    """
    kind = existing_format(path)
    reader = getattr(library(), kind)
    check_end(path, kind)
    try:
        # meshio prints what it leaves out, and takes the text of an STL file for a large number.
        with contextlib.redirect_stderr(io.StringIO()) as printed, np.errstate(over="ignore"):
            mesh = reader.read(str(path))
    except ImportError as error:
        raise LibraryMissingError(
            f"{kind} files are read by a library that is not installed",
            expected=f"an importable {error.name}",
            got=str(error),
            fix=f"pip install {error.name}",
        ) from error
    except (Exception, SystemExit) as error:
        # Whatever a reader stumbles over in a damaged file: index, value, key, parse and struct errors.
        raise not_understood(path, kind, f"{type(error).__name__}: {error}") from error
    said = " ".join(printed.getvalue().split())
    if "cells that meshio cannot handle" in said:
        raise not_understood(path, kind, said)
    check_counts(path, kind, mesh)
    if kind == "su2":
        name_markers(path, mesh)
    return mesh
