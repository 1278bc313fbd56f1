"""Symmetric rules on the triangle, by degree; all weights are positive and all points inside.

References
----------
D. A. Dunavant, High degree efficient symmetrical Gaussian quadrature rules for the triangle, Int. J. Numer. Methods
Eng. 21 (1985) 1129-1148, doi:10.1002/nme.1620210612. The digits beyond its tables solve the moment equations.
"""

from __future__ import annotations

from fem.quadrature.orbits import symmetric

TRIANGLE = {
    1: symmetric(2, (1.0, (1 / 3, 1 / 3))),
    2: symmetric(2, (1 / 3, (1 / 6, 1 / 6))),
    4: symmetric(
        2,
        (0.22338158967801146570, (0.44594849091596488632, 0.44594849091596488632)),
        (0.10995174365532186764, (0.09157621350977074346, 0.09157621350977074346)),
    ),
    5: symmetric(
        2,
        (0.225, (1 / 3, 1 / 3)),
        (0.13239415278850618074, (0.47014206410511508977, 0.47014206410511508977)),
        (0.12593918054482715260, (0.10128650732345633880, 0.10128650732345633880)),
    ),
    6: symmetric(
        2,
        (0.11678627572637936603, (0.24928674517091042129, 0.24928674517091042129)),
        (0.05084490637020681692, (0.06308901449150222834, 0.06308901449150222834)),
        (0.08285107561837357519, (0.05314504984481694735, 0.31035245103378440542)),
    ),
}
