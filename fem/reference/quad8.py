"""Serendipity quadrilateral on [-1, 1]^2; nodes 4 to 7 halve the edges."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (-1, -1), (1, -1), (1, 1), (-1, 1),
    (0, -1), (1, 0), (0, 1), (-1, 0),
)  # fmt: skip
_EXPONENTS = (
    (0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2),
)  # fmt: skip
_FACETS = (
    ("line3", (0, 1, 4)),
    ("line3", (1, 2, 5)),
    ("line3", (2, 3, 6)),
    ("line3", (3, 0, 7)),
)

QUAD8 = element("quad8", "quadrilateral", 2, _NODES, _EXPONENTS, _FACETS)
