"""Reference elements, one a file; `ELEMENTS` finds them by name."""

from __future__ import annotations

from fem.reference.element import ReferenceElement
from fem.reference.hex8 import HEX8
from fem.reference.hex20 import HEX20
from fem.reference.hex27 import HEX27
from fem.reference.line2 import LINE2
from fem.reference.line3 import LINE3
from fem.reference.point1 import POINT1
from fem.reference.quad4 import QUAD4
from fem.reference.quad8 import QUAD8
from fem.reference.quad9 import QUAD9
from fem.reference.tet4 import TET4
from fem.reference.tet10 import TET10
from fem.reference.tri3 import TRI3
from fem.reference.tri6 import TRI6
from fem.reference.wedge6 import WEDGE6

ELEMENTS: dict[str, ReferenceElement] = {
    element.name: element
    for element in (
        POINT1,
        LINE2,
        LINE3,
        TRI3,
        TRI6,
        QUAD4,
        QUAD8,
        QUAD9,
        TET4,
        TET10,
        HEX8,
        HEX20,
        HEX27,
        WEDGE6,
    )
}

__all__ = ["ELEMENTS", "ReferenceElement"]
