"""Linear wedge: a triangle times [-1, 1]."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (0, 0, -1), (1, 0, -1), (0, 1, -1),
    (0, 0, 1), (1, 0, 1), (0, 1, 1),
)  # fmt: skip
_EXPONENTS = (
    (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1),
)  # fmt: skip
_FACETS = (
    ("tri3", (0, 2, 1)),
    ("tri3", (3, 4, 5)),
    ("quad4", (0, 1, 4, 3)),
    ("quad4", (1, 2, 5, 4)),
    ("quad4", (2, 0, 3, 5)),
)

WEDGE6 = element("wedge6", "wedge", 1, _NODES, _EXPONENTS, _FACETS)
