"""The text of Abaqus input files: sections of keyword, parameters and data; labels; names of elements."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError
from fem.mesh.meshio_library import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_SOLID = re.compile(r"(?:DC3D|AC3D|C3D)(\d+)")
_PLANE = re.compile(r"(?:CPS|CPEG|CPE|CAX|CGAX|DC2D|DCAX|AC2D|ACAX|STRI|S|M3D|SFM3D|R3D|DS)(\d)")
_LINE = re.compile(r"(?:T[23]D|R2D|B[23])(\d)")
_BY_NODES = {
    _SOLID: {4: "tet4", 6: "wedge6", 8: "hex8", 10: "tet10", 20: "hex20"},
    _PLANE: {3: "tri3", 4: "quad4", 6: "tri6", 8: "quad8"},
}


@dataclass
class Section:
    """A keyword with its parameters and lines of data."""

    keyword: str
    parameters: dict[str, str]
    lines: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[list[str]]:
        """Items of each data line."""
        return [[item.strip() for item in line.rstrip(", \t\r").split(",")] for line in self.lines]

    def numbers(self, dtype: Any) -> NDArray[Any]:
        """Return all numbers of the data lines in one row."""
        return np.array(" ".join(self.lines).replace(",", " ").split(), dtype=dtype)


class Labels:
    """Where each label stands in a list of labels, shape (n,)."""

    def __init__(self, what: str, labels: NDArray[np.int64]) -> None:
        self.what = what
        self.order = np.argsort(labels, kind="stable")
        self.sorted = labels[self.order]

    def places(self, labels: Any) -> NDArray[np.int64]:
        """Return the place of each label; a ValueError names the first that is not there."""
        wanted = np.asarray(labels, dtype=np.int64)
        near = np.minimum(np.searchsorted(self.sorted, wanted), max(len(self.sorted) - 1, 0))
        bad = np.flatnonzero(self.sorted[near].reshape(-1) != wanted.reshape(-1)) if len(self.sorted) else [0]
        if wanted.size and len(bad):
            raise ValueError(f"there is no {self.what} {wanted.reshape(-1)[bad[0]]}")
        return self.order[near] if wanted.size else near


def read_sections(path: Path) -> Iterator[Section]:
    """Return the sections of a file and of those that it includes.

    Raises
    ------
    MeshFileError
        If the last line is cut off.
    """
    text = path.read_text(errors="replace")
    if not text.endswith("\n"):
        raise unreadable(path, "abaqus", f"the last line, {text.rsplit(chr(10), 1)[-1]!r}, is not ended")
    section: Section | None = None
    # A keyword line that ends in a comma goes on in the next line.
    for line in re.sub(r"(?m)^(\*[^*\n][^\n]*,)[ \t\r]*\n", r"\1", text).splitlines():
        if line.startswith("**") or not line.strip():
            continue
        if line.startswith("*"):
            if section is not None:
                yield section
            section = _header(line)
            if section.keyword == "INCLUDE":
                yield from read_sections(path.parent / section.parameters["INPUT"])
        elif section is not None:
            section.lines.append(line)
    if section is not None:
        yield section


def _header(line: str) -> Section:
    keyword, *parameters = (part.strip() for part in line[1:].split(","))
    pairs = (part.partition("=") for part in parameters if part)
    return Section(keyword.upper(), {name.strip().upper(): value.strip().strip('"') for name, _, value in pairs})


def element_name(kind: str) -> str:
    """Return the name of our element for an Abaqus element.

    Raises
    ------
    ElementError
        If there is none.
    """
    if kind == "STRI65":
        return "tri6"
    for pattern, names in _BY_NODES.items():
        match = pattern.match(kind)
        if match and int(match[1]) in names:
            return names[int(match[1])]
    match = _LINE.match(kind)
    if match:
        # The digit counts nodes for trusses; for beams 2 means quadratic, 1 and 3 two nodes.
        return "line3" if match[1] == ("2" if kind.startswith("B") else "3") else "line2"
    raise ElementError(
        "an Abaqus element that there is no element for",
        expected="C3D4, C3D6, C3D8, C3D10, C3D20 and their variants; plane, shell and membrane elements of 3, 4, 6 "
        "or 8 nodes; trusses and beams",
        got=f"*ELEMENT, TYPE={kind}",
        fix="mesh with other elements, or remove these from the file",
    )
