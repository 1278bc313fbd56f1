"""Linear line on [-1, 1]."""

from __future__ import annotations

from fem.reference.element import element

_NODES = (
    (-1,), (1,),
)  # fmt: skip
_EXPONENTS = (
    (0,), (1,),
)  # fmt: skip
_FACETS = (
    ("point1", (0,)),
    ("point1", (1,)),
)

LINE2 = element("line2", "line", 1, _NODES, _EXPONENTS, _FACETS)
