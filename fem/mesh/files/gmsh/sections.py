"""Sections of a gmsh file: where each begins and ends, the version, and the names of physical groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fem.errors import MeshFileError
from fem.mesh.files.errors import cut_off, malformed
from fem.mesh.files.gmsh.numbers import BinaryNumbers, MalformedError, Numbers, TextNumbers

if TYPE_CHECKING:
    from pathlib import Path

_MARK = re.compile(rb"^\$(\w*)[ \t\r]*(?:\n|\Z)", re.MULTILINE)
_NAME = re.compile(rb'(\d+)\s+(-?\d+)\s+"?(.*?)"?')
_VERSIONS = ("2.2", "4.0", "4.1")


@dataclass(frozen=True)
class GmshFile:
    """Sections of a file by name, each as the place of its first byte and of its end mark."""

    path: Path
    data: bytes
    places: dict[str, tuple[int, int]]
    version: str
    order: str
    size: int

    def numbers(self, name: str) -> Numbers:
        """Return the numbers of a section."""
        start, end = self.places[name]
        if self.order:
            return BinaryNumbers(self.data[start:end], self.order, self.size)
        return TextNumbers(self.data[start:end], self.data.count(b"\n", 0, start) + 1)

    def names(self) -> dict[tuple[int, int], str]:
        """Return the names of physical groups by dimension and tag.

        Raises
        ------
        MalformedError
            If a line is none of dimension, tag and name, or there are more or fewer than announced.
        """
        start, end = self.places.get("PhysicalNames", (0, 0))
        count, *lines = self.data[start:end].strip().splitlines() or [b"0"]
        matches = [_NAME.fullmatch(line.strip()) for line in lines]
        bad = [line for line, match in zip(lines, matches, strict=True) if match is None]
        if bad or count.strip() != b"%d" % len(lines):
            what = repr(bad[0].decode(errors="replace")) if bad else f"{len(lines)} names"
            raise MalformedError(f"{what} in $PhysicalNames, which announces {count.decode(errors='replace')}")
        return {(int(m[1]), abs(int(m[2]))): m[3].decode(errors="replace") for m in matches if m}


def open_gmsh(path: Path) -> GmshFile:
    """Find the sections of a file.

    Raises
    ------
    MeshFileError
        If it is cut off, no gmsh file, or of a version that is not read.
    """
    data = path.read_bytes()
    if not data.strip() or (len(data) < 12 and b"$MeshFormat".startswith(data.rstrip())):
        raise cut_off(path, "gmsh", missing="a section $MeshFormat", after=f"after {data.decode()!r}")
    places = _places(path, data)
    if "MeshFormat" not in places:
        raise (
            _other_version(path, "1" if "NOD" in places else "")
            if places
            else malformed(
                path,
                "gmsh",
                f"{data[:40].decode(errors='replace')!r} at the beginning",
                expected="a section $MeshFormat",
            )
        )
    start, end = places["MeshFormat"]
    words, _, rest = data[start:end].partition(b"\n")
    version, binary, size = (*words.decode(errors="replace").split(), "", "", "")[:3]
    if not re.fullmatch(r"[\d.]+", version) or binary not in ("0", "1") or size not in ("4", "8"):
        raise malformed(path, "gmsh", f"{words!r}", expected="version, 0 or 1, 4 or 8 in $MeshFormat")
    order = {b"\1\0\0\0": "<", b"\0\0\0\1": ">"}.get(rest[:4], "") if binary == "1" else ""
    if binary == "1" and not order:
        raise malformed(path, "gmsh", f"{rest[:4]!r}", expected="the number 1 in four bytes in $MeshFormat")
    for name in ("Nodes", "Elements"):
        if name not in places and f"Parametric{name}" not in places:
            raise cut_off(path, "gmsh", missing=f"a section ${name}", after=f"after $End{list(places)[-1]}")
    return GmshFile(path, data, places, _known_version(path, version, data, places), order, int(size))


def _places(path: Path, data: bytes) -> dict[str, tuple[int, int]]:
    """Return where the sections are; what stands between them is comment."""
    places: dict[str, tuple[int, int]] = {}
    mark = _MARK.search(data)
    # Before the first section nothing may stand.
    if mark is not None and data[: mark.start()].strip():
        return places
    while mark is not None:
        name = mark[1].decode()
        end = data.find(b"\n$End" + mark[1], mark.end() - 1)
        if end < 0 or not name or name.startswith("End"):
            raise _not_closed(path, data, name, mark)
        if name in places and name in ("Nodes", "Elements", "Entities", "PhysicalNames"):
            raise malformed(path, "gmsh", f"${name} for the second time", expected="each section once")
        places[name] = (mark.end(), max(end, mark.end()))
        mark = _MARK.search(data, end + 1 + len("$End") + len(name))
    return places


def _not_closed(path: Path, data: bytes, name: str, mark: re.Match[bytes]) -> MeshFileError:
    line = data.count(b"\n", 0, mark.start()) + 1
    further = re.search(rb"^\$End\w*\s", data[mark.end() :], re.MULTILINE)
    if further or name.startswith("End"):
        found = further[0].decode().strip() if further else f"${name}"
        return malformed(path, "gmsh", f"{found} after ${name} in line {line}", expected="$Name ... $EndName in pairs")
    return cut_off(path, "gmsh", missing=f"$End{name}", after=f"within ${name}, which begins in line {line}")


def _known_version(path: Path, version: str, data: bytes, places: dict[str, tuple[int, int]]) -> str:
    """Return 2.2, 4.0 or 4.1; files of version 4.1 are about that only say 4."""
    number = float(version) if version.count(".") < 2 else 0.0
    if 2 <= number < 3:
        return "2.2"
    if version == "4" and len(data[slice(*places["Nodes"])].partition(b"\n")[0].split()) == 4:
        return "4.1"
    if version in ("4", *_VERSIONS) or number == 4:
        return "4.1" if version == "4.1" else "4.0"
    raise _other_version(path, version)


def _other_version(path: Path, version: str) -> MeshFileError:
    return MeshFileError(
        "a gmsh file of a version that is not read",
        expected=f"version {', '.join(_VERSIONS)}",
        got=f"version {version or 'unknown, for want of $MeshFormat'} in {str(path)!r}",
        fix="convert it: gmsh old.msh -save -format msh41 -o new.msh",
        path=str(path),
    )
