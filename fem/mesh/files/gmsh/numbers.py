"""Numbers of a section of a gmsh file, in text or binary, under one way of reading them.

A layout says what a row is made of: pairs of a kind and a count, such as ``("i", 1), ("d", 3)`` for a node number and
three coordinates. Kinds are ``"i"`` (int), ``"s"`` (size_t) and ``"d"`` (double).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Layout: TypeAlias = tuple[tuple[str, int], ...]
_FIRST_TRY = 64
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:nan|inf|infinity)")


class MalformedError(ValueError):
    """The numbers of a section do not say what they should."""


class Numbers:
    """Numbers from the present place on; see `TextNumbers` and `BinaryNumbers`."""

    def fit(self, layout: Layout) -> int:
        """Return how many rows of this layout are left at most."""
        raise NotImplementedError

    def look(self, count: int, layout: Layout) -> list[NDArray[Any]]:
        """Return the columns of each part of the layout in the next rows, and stay; each has shape (count, width)."""
        raise NotImplementedError

    def skip(self, count: int, layout: Layout) -> None:
        """Go on by so many rows."""
        raise NotImplementedError

    def finish(self) -> None:
        """Refuse numbers that are left over."""
        raise NotImplementedError

    def count_line(self) -> int:
        """Return the number of rows that version 2 writes as text in binary files too."""
        raise NotImplementedError

    def rows(self, count: int, layout: Layout, what: str) -> list[NDArray[Any]]:
        """Return the columns of each part of the layout in the next rows, and go on.

        Raises
        ------
        MalformedError
            If the section has fewer, or a whole number is none; ``what`` names the rows.
        """
        if not 0 <= count <= self.fit(layout):
            raise MalformedError(f"{count} {what} are announced and there is room for {self.fit(layout)}")
        found = self.look(count, layout)
        self.skip(count, layout)
        return [part if kind == "d" else _whole(part, what) for part, (kind, _) in zip(found, layout, strict=True)]

    def run(self, most: int, layout: Layout, part: int, columns: tuple[int, ...], what: str) -> list[NDArray[Any]]:
        """Return the next rows, as long as they have the same numbers in some columns of a part of the layout."""
        most = min(most, self.fit(layout))
        tried, same = 0, 0
        while same == tried < most:
            tried = min(most, max(_FIRST_TRY, 4 * tried))
            keys = self.look(tried, layout)[part][:, columns]
            differs = (keys != keys[0]).any(axis=1)
            same = int(np.argmax(differs)) if differs.any() else tried
        return self.rows(max(same, 1), layout, what)

    def row(self, layout: Layout, what: str) -> list[Any]:
        """Return the numbers of the next row, one after the other, and go on."""
        return [number for part in self.rows(1, layout, what) for number in part[0].tolist()]

    def peek(self, layout: Layout, what: str) -> list[Any]:
        """Return the numbers of the next row, and stay."""
        numbers = self.row(layout, what)
        self.skip(-1, layout)
        return numbers


class TextNumbers(Numbers):
    """Numbers of a section of text.

    Parameters
    ----------
    text : bytes
        The section between its marks.
    line : int
        Line of the file that it begins in.
    """

    def __init__(self, text: bytes, line: int) -> None:
        try:
            self._values = np.array(text.decode("ascii").split(), dtype=np.float64)
        except ValueError:
            raise MalformedError(_bad_token(text, line)) from None
        self._place = 0

    def fit(self, layout: Layout) -> int:
        """Return how many rows of this layout are left."""
        return (len(self._values) - self._place) // max(sum(width for _, width in layout), 1)

    def look(self, count: int, layout: Layout) -> list[NDArray[Any]]:
        """Return the next rows; see `Numbers.look`."""
        ends = np.cumsum([width for _, width in layout])
        table = self._values[self._place : self._place + count * int(ends[-1])].reshape(count, int(ends[-1]))
        return np.split(table, ends[:-1], axis=1)

    def skip(self, count: int, layout: Layout) -> None:
        """Go on by so many rows."""
        self._place += count * sum(width for _, width in layout)

    def finish(self) -> None:
        """Refuse numbers that are left over."""
        if self._place < len(self._values):
            raise MalformedError(f"{len(self._values) - self._place} numbers more than announced")

    def count_line(self) -> int:
        """Return the next number."""
        return int(self.row((("i", 1),), "counts")[0])


class BinaryNumbers(Numbers):
    """Numbers of a binary section.

    Parameters
    ----------
    data : bytes
        The section between its marks.
    order : str
        ``"<"`` or ``">"``, which byte comes first.
    size : int
        Bytes of a size_t.
    """

    def __init__(self, data: bytes, order: str, size: int) -> None:
        self._data = data
        self._kinds = {"i": f"{order}i4", "s": f"{order}u{size}", "d": f"{order}f8"}
        self._place = 0

    def _dtype(self, layout: Layout) -> np.dtype[Any]:
        return np.dtype([(f"f{place}", self._kinds[kind], (width,)) for place, (kind, width) in enumerate(layout)])

    def fit(self, layout: Layout) -> int:
        """Return how many rows of this layout are left."""
        return (len(self._data) - self._place) // max(self._dtype(layout).itemsize, 1)

    def look(self, count: int, layout: Layout) -> list[NDArray[Any]]:
        """Return the next rows; see `Numbers.look`."""
        table = np.frombuffer(self._data, self._dtype(layout), count, self._place)
        return [table[f"f{place}"] for place in range(len(layout))]

    def skip(self, count: int, layout: Layout) -> None:
        """Go on by so many rows."""
        self._place += count * self._dtype(layout).itemsize

    def finish(self) -> None:
        """Refuse bytes that are left over."""
        if self._data[self._place :].strip():
            raise MalformedError(f"{len(self._data) - self._place} bytes more than announced")

    def count_line(self) -> int:
        """Return the number on the next line, which is text."""
        end = self._data.find(b"\n", self._place)
        line = self._data[self._place : end].strip()
        if end < 0 or not line.isdigit():
            raise MalformedError(f"{line[:40]!r} in place of a count")
        self._place = end + 1
        return int(line)


def _whole(part: NDArray[Any], what: str) -> NDArray[np.int64]:
    with np.errstate(invalid="ignore"):
        whole = part.astype(np.int64)
    bad = np.argwhere(whole != part)
    if len(bad):
        raise MalformedError(f"{part[tuple(bad[0])]} in place of a whole number among the {what}")
    return whole


def _bad_token(text: bytes, line: int) -> str:
    token = next(token for token in re.finditer(rb"\S+", text) if not _NUMBER.fullmatch(token[0]))
    number = line + text.count(b"\n", 0, token.start())
    return f"{token[0][:40].decode(errors='replace')!r} in place of a number in line {number}"
