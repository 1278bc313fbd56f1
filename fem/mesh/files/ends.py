"""Ends of the files that meshio reads, which would not miss what is missing there.

Some formats say how they end, some how long they are or how many points and cells follow; text without either has at
least a line break after its last line.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from fem.mesh.files.errors import cut_off, malformed, not_understood, open_end

if TYPE_CHECKING:
    from pathlib import Path

# What stands at the beginning and at the end of every file of a format.
_MARKS = {
    "vtu": (b"<VTKFile", b"</VTKFile>"),
    "xdmf": (b"<Xdmf", b"</Xdmf>"),
    "ply": (b"ply", b"end_header"),
}
# In binary medit the keyword 54, then no next keyword, in four or eight bytes; either byte first.
_MEDITB_END = re.compile(rb"(?:\x36\0{3}|\0{3}\x36)(?:\0{4}){1,2}\Z")
_STL_HEAD, _STL_FACET = 84, 50
_TEXT = {
    "vtk": re.compile(rb"(?mi)\A.*\n.*\n\s*ASCII\b"),
    "ply": re.compile(rb"(?m)^format ascii\b"),
    "off": re.compile(rb"\A"),
    "su2": re.compile(rb"\A"),
    "netgen": re.compile(rb"\A"),
    "medit": re.compile(rb"MeshVersionFormatted"),
}
# Counts of points and of cells; those that stand several times are summed.
_COUNTS = {
    "vtk": (re.compile(rb"(?mi)^POINTS\s+(\d+)"), re.compile(rb"(?mi)^CELL_TYPES\s+(\d+)")),
    "ply": (re.compile(rb"(?m)^element vertex\s+(\d+)"), re.compile(rb"(?m)^element face\s+(\d+)")),
    "off": (re.compile(rb"\A\s*OFF\s+(?:#.*\s+)*(\d+)"), re.compile(rb"\A\s*OFF\s+(?:#.*\s+)*\d+\s+(\d+)")),
    "su2": (re.compile(rb"(?m)^\s*NPOIN\s*=\s*(\d+)"), re.compile(rb"(?m)^\s*(?:NELEM|MARKER_ELEMS)\s*=\s*(\d+)")),
    "netgen": (re.compile(rb"(?m)^points\s+(\d+)"), re.compile(rb"(?!)")),
}


def check_end(path: Path, kind: str) -> None:
    """Refuse a file that is of another format, or has not the end that its format gives it.

    Parameters
    ----------
    path : Path
        File.
    kind : str
        Its format.

    Raises
    ------
    MeshFileError
        If it is cut off, or empty, or does not begin as its format does.
    """
    data = path.read_bytes()
    if not data.strip():
        raise cut_off(path, kind, missing="a mesh", after="which holds nothing")
    last = data.rstrip()[-40:].decode(errors="replace")
    begin, end = _MARKS.get(kind, (b"", b""))
    if begin not in data:
        raise malformed(path, kind, f"nothing of {begin.decode()} in {len(data)} bytes")
    if end not in data:
        raise cut_off(path, kind, missing=end.decode(), after=f"after {last!r}")
    if kind == "medit" and data.startswith((b"\1\0\0\0", b"\0\0\0\1")) and not _MEDITB_END.search(data):
        raise cut_off(path, kind, missing="End", after=f"after {last!r}")
    if kind == "off" and not _COUNTS[kind][1].search(data):
        raise cut_off(path, kind, missing="OFF and the counts of points and faces", after=f"after {last!r}")
    if kind == "stl":
        _check_stl(path, data, last)
    if kind in _TEXT and _TEXT[kind].search(data) and not data.endswith((b"\n", b"\nEnd")):
        raise open_end(path, data.rsplit(b"\n", 1)[-1].decode(errors="replace"))


def check_counts(path: Path, kind: str, mesh: Any) -> None:
    """Refuse a mesh that has not the points and cells that its file announces.

    Parameters
    ----------
    path : Path
        File.
    kind : str
        Its format.
    mesh : meshio.Mesh
        What meshio has read.

    Raises
    ------
    MeshFileError
        If the counts differ.
    """
    if kind not in _COUNTS:
        return
    data = path.read_bytes()
    read = len(mesh.points), sum(len(block.data) for block in mesh.cells)
    for what, pattern, count in zip(("points", "cells"), _COUNTS[kind], read, strict=True):
        announced = [int(number) for number in pattern.findall(data)]
        if announced and sum(announced) != count:
            raise not_understood(path, kind, f"{count} {what}, of {sum(announced)} that the file announces")


def _check_stl(path: Path, data: bytes, last: str) -> None:
    """Refuse binary files whose length is not that of their facets, and text without its last line."""
    facets = struct.unpack("<I", data[80:84])[0] if len(data) >= _STL_HEAD else -1
    length = _STL_HEAD + _STL_FACET * facets
    if len(data) == length:
        return
    if data.lstrip().startswith(b"solid") and (b"facet" in data or len(data) < _STL_HEAD):
        if not re.search(rb"(?i)endsolid[^\n]*\s*\Z", data):
            raise cut_off(path, "stl", missing="endsolid", after=f"after {last!r}")
    elif facets < 0 or len(data) < length:
        raise cut_off(path, "stl", missing=f"{max(length, _STL_HEAD)} bytes", after="within the facets")
