"""The text of Abaqus input files: sections of keyword, parameters and data; names of elements."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError
from fem.mesh.files.errors import cut_off, malformed, not_there, open_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_SOLID = re.compile(r"(?:DC3D|AC3D|C3D)(\d+)")
_PLANE = re.compile(r"(?:CPS|CPEG|CPE|CAX|CGAX|DC2D|DCAX|AC2D|ACAX|STRI|S|M3D|SFM3D|R3D|DS)(\d)")
_LINE = re.compile(r"(?:T[23]D|R2D|B[23])(\d)")
# Blocks that have an end line; an input file as such has none.
_BLOCKS = ("PART", "INSTANCE", "ASSEMBLY", "STEP")
# Last lines that are whole though no line break follows: comments, ends, data up to a comma, nothing.
_WHOLE = re.compile(r"(?i)\*\*.*|\*END\b.*|[^*].*,\s*|\s*")
# Keywords whose parameter INPUT names a file with lines that belong here.
_INCLUDING = ("INCLUDE", "NODE", "ELEMENT", "NSET", "ELSET")
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


def read_sections(path: Path) -> Iterator[Section]:
    """Return the sections of a file and of those that it includes.

    Raises
    ------
    MeshFileError
        If the file is cut off, no input file, or includes itself or a file that is not there.
    """
    section: Section | None = None
    for line in _lines(path, ()):
        if line.startswith("*"):
            if section is not None:
                yield section
            section = _header(line)
        elif section is not None:
            section.lines.append(line)
    if section is not None:
        yield section


def _lines(path: Path, within: tuple[Path, ...]) -> Iterator[str]:
    """Return the lines that say something; those of included files stand in place of what includes them."""
    text = path.read_text(errors="replace")
    _check_end(path, text)
    # A keyword line that ends in a comma goes on in the next line.
    for line in re.sub(r"(?m)^(\*[^*\n][^\n]*,)[ \t\r]*\n", r"\1", text).splitlines():
        if line.startswith("**") or not line.strip():
            continue
        header = _header(line) if line.startswith("*") else None
        if header is None or header.keyword != "INCLUDE":
            yield line
        if header is not None and header.keyword in _INCLUDING and "INPUT" in header.parameters:
            yield from _included(path, header, (*within, path))


def _included(path: Path, header: Section, within: tuple[Path, ...]) -> Iterator[str]:
    other = path.parent / header.parameters["INPUT"]
    if other in within:
        raise malformed(path, "abaqus", f"*{header.keyword} of {other.name!r}, which includes this file")
    if not other.is_file():
        raise not_there(other, f"which {path.name!r} includes", "put it there, or take the line out that includes it")
    return _lines(other, within)


def _check_end(path: Path, text: str) -> None:
    """Refuse a file without its end: a block that begins and does not end, or a last line that may go on."""
    if "\0" in text:
        raise malformed(path, "abaqus", "a byte of zero", expected="an Abaqus input file, which is text")
    for block in _BLOCKS:
        begins = len(re.findall(rf"(?im)^\*{block}\b", text))
        ends = len(re.findall(rf"(?im)^\*END *{block}\b", text))
        if begins > ends:
            raise cut_off(path, "abaqus", missing=f"*END {block}", after=f"after {text.rstrip()[-40:]!r}")
    last = text.rsplit("\n", 1)[-1]
    if not _WHOLE.fullmatch(last):
        raise open_end(path, last)


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
