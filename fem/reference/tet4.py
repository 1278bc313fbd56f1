"""Linear tetrahedron."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1),
)  # fmt: skip
_EXPONENTS = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1),
)  # fmt: skip
_FACETS = (
    ("tri3", (0, 1, 3)),
    ("tri3", (1, 2, 3)),
    ("tri3", (2, 0, 3)),
    ("tri3", (0, 2, 1)),
)

TET4 = element("tet4", "tetrahedron", 1, _NODES, _EXPONENTS, _FACETS)
