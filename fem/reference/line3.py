"""Quadratic line on [-1, 1]; the last node is its middle."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (-1,), (1,), (0,),
)  # fmt: skip
_EXPONENTS = (
    (0,), (1,), (2,),
)  # fmt: skip
_FACETS = (
    ("point1", (0,)),
    ("point1", (1,)),
)

LINE3 = element("line3", "line", 2, _NODES, _EXPONENTS, _FACETS)
