"""Trilinear hexahedron on [-1, 1]^3."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (-1, -1, -1), (1, -1, -1), (1, 1, -1), (-1, 1, -1),
    (-1, -1, 1), (1, -1, 1), (1, 1, 1), (-1, 1, 1),
)  # fmt: skip
_EXPONENTS = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1),
)  # fmt: skip
_FACETS = (
    ("quad4", (0, 4, 7, 3)),
    ("quad4", (1, 2, 6, 5)),
    ("quad4", (0, 1, 5, 4)),
    ("quad4", (3, 7, 6, 2)),
    ("quad4", (0, 3, 2, 1)),
    ("quad4", (4, 5, 6, 7)),
)

HEX8 = element("hex8", "hexahedron", 1, _NODES, _EXPONENTS, _FACETS)
