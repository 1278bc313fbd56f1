"""The only door to meshio: its names of cells, and a reader whose failures have four lines."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fem.errors import LibraryMissingError, MeshFileError

if TYPE_CHECKING:
    from types import ModuleType

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
    try:
        import meshio
    except ImportError as error:
        raise LibraryMissingError(
            "mesh files are read and written by meshio, which is not installed",
            expected="an importable meshio",
            got=str(error),
            fix="pip install 'sparsead[mesh]'",
        ) from error
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
        raise MeshFileError(
            "no such mesh file",
            expected="the path of a file",
            got=f"{str(path)!r}, seen from {Path.cwd()}",
            fix="correct the path",
            path=str(path),
        )
    return kind


def load(path: Path) -> Any:
    """Return meshio's mesh of a file.

    Raises
    ------
    LibraryMissingError
        If meshio is not installed.
    MeshFileError
        If the file is not there, of unknown format, damaged or cut off.
    """
    kind = existing_format(path)
    meshio = library()
    _check_end(path, kind)
    try:
        return getattr(meshio, kind).read(_source(path, kind))
    except (Exception, SystemExit) as error:
        # Whatever a reader stumbles over in a damaged file: index, value, key, parse and struct errors.
        raise unreadable(path, kind, f"{type(error).__name__}: {error}") from error


def _check_end(path: Path, kind: str) -> None:
    """Refuse a file that was cut off where its reader would not notice: within the last number."""
    if kind == "nastran" and b"ENDDATA" not in path.read_bytes():
        raise unreadable(path, kind, "no line ENDDATA at the end")
    if kind == "gmsh":
        last = path.read_bytes()[-1000:].rstrip().rsplit(b"\n", 1)[-1]
        if not last.startswith(b"$End"):
            raise unreadable(path, kind, f"the last line is {last[:40].decode(errors='replace')!r}, not $End...")


def _source(path: Path, kind: str) -> Any:
    """Return what the reader wants; bulk data without a header, as gmsh writes them, get the header."""
    if kind == "nastran":
        text = path.read_text(errors="replace")
        if "BEGIN BULK" not in text:
            return io.StringIO("BEGIN BULK\n" + text)
    return str(path)


def unreadable(path: Path, kind: str, got: str) -> MeshFileError:
    """Return the error for a damaged file."""
    lines = " ".join(got.split())
    return MeshFileError(
        "a mesh file that cannot be read",
        expected=f"a complete file in {kind} format",
        got=f"{lines} in {str(path)!r}, {path.stat().st_size} bytes",
        fix="write or copy the file again; it may be cut off, or in another format than its name says",
        path=str(path),
    )
