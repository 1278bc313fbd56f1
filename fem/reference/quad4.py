"""Bilinear quadrilateral on [-1, 1]^2."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (-1, -1), (1, -1), (1, 1), (-1, 1),
)  # fmt: skip
_EXPONENTS = (
    (0, 0), (1, 0), (0, 1), (1, 1),
)  # fmt: skip
_FACETS = (
    ("line2", (0, 1)),
    ("line2", (1, 2)),
    ("line2", (2, 3)),
    ("line2", (3, 0)),
)

QUAD4 = element("quad4", "quadrilateral", 1, _NODES, _EXPONENTS, _FACETS)
