"""Quadratic tetrahedron; nodes 4 to 9 halve the edges."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1),
    (0.5, 0, 0), (0.5, 0.5, 0), (0, 0.5, 0), (0, 0, 0.5),
    (0.5, 0, 0.5), (0, 0.5, 0.5),
)  # fmt: skip
_EXPONENTS = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 0, 0), (1, 1, 0), (1, 0, 1), (0, 2, 0), (0, 1, 1),
    (0, 0, 2),
)  # fmt: skip
_FACETS = (
    ("tri6", (0, 1, 3, 4, 8, 7)),
    ("tri6", (1, 2, 3, 5, 9, 8)),
    ("tri6", (2, 0, 3, 6, 7, 9)),
    ("tri6", (0, 2, 1, 6, 5, 4)),
)

TET10 = element("tet10", "tetrahedron", 2, _NODES, _EXPONENTS, _FACETS)
