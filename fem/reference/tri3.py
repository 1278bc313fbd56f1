"""Linear triangle."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (0, 0), (1, 0), (0, 1),
)  # fmt: skip
_EXPONENTS = (
    (0, 0), (1, 0), (0, 1),
)  # fmt: skip
_FACETS = (
    ("line2", (0, 1)),
    ("line2", (1, 2)),
    ("line2", (2, 0)),
)

TRI3 = element("tri3", "triangle", 1, _NODES, _EXPONENTS, _FACETS)
