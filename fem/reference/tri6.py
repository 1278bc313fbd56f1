"""Quadratic triangle; nodes 3 to 5 halve the edges."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (0, 0), (1, 0), (0, 1), (0.5, 0),
    (0.5, 0.5), (0, 0.5),
)  # fmt: skip
_EXPONENTS = (
    (0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2),
)  # fmt: skip
_FACETS = (
    ("line3", (0, 1, 3)),
    ("line3", (1, 2, 4)),
    ("line3", (2, 0, 5)),
)

TRI6 = element("tri6", "triangle", 2, _NODES, _EXPONENTS, _FACETS)
