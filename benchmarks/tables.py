"""Figures in words, for the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def seconds(value: float) -> str:
    """Return a time with three digits, in s, ms or µs."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 0.9995:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.2g} µs"


def timing(spread: dict[str, Any]) -> str:
    """Return median and quartiles of a time."""
    return f"{seconds(spread['median'])} ({seconds(spread['low'])} to {seconds(spread['high'])})"


def ratio(spread: dict[str, Any]) -> str:
    """Return median and quartiles of a ratio."""
    return f"{spread['median']:.3f} ({spread['low']:.3f} to {spread['high']:.3f})"


def megabytes(count: float) -> str:
    """Return a number of bytes in MB."""
    return f"{count / 1e6:,.0f} MB"


def markdown(header: Sequence[str], lines: Sequence[Sequence[Any]]) -> str:
    """Return a table in Markdown."""
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows) + "\n"
