"""Symmetric rules on the tetrahedron, by degree; all weights are positive and all points inside.

Degree 3 has no short rule of this kind: the conical product takes as few points (8).

References
----------
P. Keast, Moderate-degree tetrahedral quadrature formulas, Comput. Methods Appl. Mech. Eng. 55 (1986) 339-348,
doi:10.1016/0045-7825(86)90059-9 (degrees 1, 2).
F. D. Witherden, P. E. Vincent, On the identification of symmetric quadrature rules for finite element methods,
Comput. Math. Appl. 69 (2015) 1232-1241, doi:10.1016/j.camwa.2015.03.017 (degree 5). The digits solve the moment
equations.
"""

from __future__ import annotations

from math import sqrt

from fem.quadrature.gauss import collapsed
from fem.quadrature.orbits import symmetric

_NEAR = (5 - sqrt(5)) / 20

TETRAHEDRON = {
    1: symmetric(3, (1.0, (1 / 4, 1 / 4, 1 / 4))),
    2: symmetric(3, (1 / 4, (_NEAR, _NEAR, _NEAR))),
    3: collapsed(3, 3),
    5: symmetric(
        3,
        (0.11268792571801585080, (0.31088591926330060980, 0.31088591926330060980, 0.31088591926330060980)),
        (0.07349304311636194954, (0.09273525031089122640, 0.09273525031089122640, 0.09273525031089122640)),
        (0.04254602077708146644, (0.04550370412564964949, 0.04550370412564964949, 0.45449629587435035051)),
    ),
}
