"""Point: the facet of a line."""

from __future__ import annotations

from fem.reference.element import element

_NODES = ((),)
_EXPONENTS = ((),)
_FACETS = ()

POINT1 = element("point1", "point", 1, _NODES, _EXPONENTS, _FACETS)
