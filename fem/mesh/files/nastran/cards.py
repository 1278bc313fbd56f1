"""Cards of Nastran bulk data in small, large and free fields, with their continuations and included files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fem.errors import MeshFileError
from fem.mesh.files.errors import malformed, not_there

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BEGIN = re.compile(r"(?im)^[ \t]*BEGIN[ \t]+(?:BULK|SUPER)\b.*$")
_END = re.compile(r"(?im)^ENDDATA\b")
_INCLUDE = re.compile(r"(?im)^[ \t]*INCLUDE[ \t]+(?:'([^']+)'|\"([^\"]+)\"|(\S+))")
# Reals may leave out the letter of the exponent.
_REAL = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[ED]?([+-]\d+)|[ED](\d+))?", re.IGNORECASE)


@dataclass
class Card:
    """A card: its name, the fields after it, and the line of the file that it begins in."""

    name: str
    fields: list[str]
    line: int

    def text(self, place: int) -> str:
        """Return a field, counted from 1 as after the name; what is left out is empty."""
        return self.fields[place - 1] if place <= len(self.fields) else ""

    def whole(self, place: int, default: int | None = None) -> int:
        """Return a whole number; a ValueError says where there is none."""
        text = self.text(place)
        if not text and default is not None:
            return default
        if not re.fullmatch(r"[+-]?\d+", text):
            raise ValueError(f"{text!r} in place of a whole number in field {place} of {self.name} in line {self.line}")
        return int(text)

    def real(self, place: int) -> float:
        """Return a real number, zero where it is left out; a ValueError says where there is none."""
        text = self.text(place)
        match = _REAL.fullmatch(text)
        if text and not match:
            raise ValueError(f"{text!r} in place of a number in field {place} of {self.name} in line {self.line}")
        return float(f"{match[1]}e{match[2] or match[3] or 0}") if match else 0.0


def read_cards(path: Path) -> Iterator[Card]:
    """Return the cards of the bulk data of a file and of those that it includes.

    Raises
    ------
    MeshFileError
        If there is no ENDDATA, or a file includes itself or one that is not there.
    """
    text = path.read_text(errors="replace")
    if not _END.search(text):
        raise MeshFileError(
            "a mesh file without its last line",
            expected="a line ENDDATA, by which one sees that nothing is missing",
            got=f"{text.rstrip()[-40:]!r} at the end of {str(path)!r}",
            fix="if the file is whole, add a line ENDDATA; if not, write or copy it again",
            path=str(path),
        )
    begin = _BEGIN.search(text)
    # Without BEGIN BULK all of the file is bulk data.
    yield from _cards(path, text, begin.end() if begin else 0, ())


def _cards(path: Path, text: str, start: int, within: tuple[Path, ...]) -> Iterator[Card]:
    """Return the cards from a place of the text on, up to ENDDATA."""
    end = _END.search(text, start)
    stop = end.start() if end else len(text)
    place = start
    for include in _INCLUDE.finditer(text, start, stop):
        yield from _cards_of_lines(text[place : include.start()], text.count("\n", 0, place) + 1)
        place = include.end()
        # A long name goes on in the next lines.
        name = re.sub(r"\s*\n\s*", "", include[1] or include[2] or include[3]).replace("\\", "/")
        other = path.parent / name
        if other in (*within, path):
            raise malformed(path, "nastran", f"INCLUDE of {name!r}, which includes this file")
        if not other.is_file():
            raise not_there(other, f"which {path.name!r} includes", "put it there, or take the line INCLUDE out")
        yield from _cards(other, other.read_text(errors="replace"), 0, (*within, path))
    yield from _cards_of_lines(text[place:stop], text.count("\n", 0, place) + 1)


def _cards_of_lines(text: str, first: int) -> Iterator[Card]:
    card: Card | None = None
    for number, raw in enumerate(text.split("\n"), first):
        line = raw.partition("$")[0].expandtabs(8).rstrip()
        if not line:
            continue
        name, fields = _fields(line)
        if name:
            if card is not None:
                yield card
            card = Card(name, fields, number)
        elif card is not None:
            card.fields += fields
    if card is not None:
        yield card


def _fields(line: str) -> tuple[str, list[str]]:
    """Return the name, empty for a continuation, and the fields of a line: eight, or four large ones."""
    if "," in line:
        name, *fields = (part.strip() for part in line.split(","))
        count = 4 if name.endswith("*") or name.startswith("*") else 8
        fields = fields[:count]
    else:
        name = line[:8].strip()
        large = name.endswith("*") or name.startswith("*")
        width, count = (16, 4) if large else (8, 8)
        fields = [line[8 + width * k : 8 + width * (k + 1)].strip() for k in range(count)]
    fields += [""] * (count - len(fields))
    return "" if name[:1] in ("+", "*") else name.rstrip("*").upper(), fields
