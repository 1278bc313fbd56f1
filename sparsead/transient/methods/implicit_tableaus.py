"""Diagonally implicit Runge–Kutta tableaus, as data; all stages but an explicit first one share the coefficient γ.

References
----------
E. Hairer and G. Wanner, "Solving Ordinary Differential Equations II", IV.6, 1996, doi:10.1007/978-3-642-05221-7.
M. E. Hosea and L. F. Shampine, "Analysis and implementation of TR-BDF2", 1996, doi:10.1016/0168-9274(95)00115-8.
C. A. Kennedy and M. H. Carpenter, "Additive Runge–Kutta schemes", 2003, doi:10.1016/S0168-9274(02)00138-1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_G = 1 - math.sqrt(0.5)
_W = math.sqrt(0.5) / 2


@dataclass(frozen=True)
class ImplicitTableau:
    """Coefficients of a diagonally implicit method, stiffly accurate: the last row of `a` holds the weights.

    Parameters
    ----------
    name : str
        As users write it.
    a : tuple of tuple
        Lower triangle with the diagonal.
    order : int
        Order of u₁.
    e : tuple, optional
        Weights of the error.
    error_order : int
        Power of h in the error of one step.
    """

    name: str
    a: tuple[tuple[float, ...], ...]
    order: int
    e: tuple[float, ...] | None = None
    error_order: int = 0

    @property
    def b(self) -> tuple[float, ...]:
        """Weights."""
        return self.a[-1]

    @property
    def c(self) -> tuple[float, ...]:
        """Times of the stages, in units of h."""
        return tuple(float(np.sum(row)) for row in self.a)

    @property
    def before(self) -> NDArray[np.float64]:
        """Coefficients of the stages before each, zero for itself and those behind, shape (stages, stages)."""
        return np.array([(*row[:-1], *[0.0] * (len(self.a) + 1 - len(row))) for row in self.a])

    @property
    def gamma(self) -> float:
        """Diagonal coefficient of the implicit stages."""
        return self.a[-1][-1]

    @property
    def explicit_first(self) -> bool:
        """Whether the first stage is the last slope of the step before."""
        return self.a[0][0] == 0.0


def theta_method(theta: float, name: str) -> ImplicitTableau:
    """Return the θ-method: 1 is backward Euler, 1/2 Crank–Nicolson."""
    if theta == 1.0:
        return ImplicitTableau(name, ((1.0,),), 1)
    return ImplicitTableau(name, ((0.0,), (1.0 - theta, theta)), 2 if theta == 0.5 else 1)


def _difference(b: tuple[float, ...], embedded: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(x - y for x, y in zip(b, embedded, strict=True))


_SDIRK4 = (
    (1 / 4,),
    (1 / 2, 1 / 4),
    (17 / 50, -1 / 25, 1 / 4),
    (371 / 1360, -137 / 2720, 15 / 544, 1 / 4),
    (25 / 24, -49 / 48, 125 / 16, -85 / 12, 1 / 4),
)
_SDIRK4_LOWER = (59 / 48, -17 / 96, 225 / 32, -85 / 12, 0.0)
_ESDIRK4 = (
    (0.0,),
    (1 / 4, 1 / 4),
    (8611 / 62500, -1743 / 31250, 1 / 4),
    (5012029 / 34652500, -654441 / 2922500, 174375 / 388108, 1 / 4),
    (15267082809 / 155376265600, -71443401 / 120774400, 730878875 / 902184768, 2285395 / 8070912, 1 / 4),
    (82889 / 524892, 0.0, 15625 / 83664, 69875 / 102672, -2260 / 8211, 1 / 4),
)
_ESDIRK4_LOWER = (
    4586570599 / 29645900160,
    0.0,
    178811875 / 945068544,
    814220225 / 1159782912,
    -3700637 / 11593932,
    61727 / 225920,
)

IMPLICIT = {
    tableau.name: tableau
    for tableau in (
        theta_method(1.0, "backward_euler"),
        theta_method(0.5, "crank_nicolson"),
        ImplicitTableau("sdirk2", ((_G,), (1 - _G, _G)), 2, (0.5 - _G, _G - 0.5), 2),
        ImplicitTableau(
            "tr_bdf2",
            ((0.0,), (_G, _G), (_W, _W, _G)),
            2,
            _difference((_W, _W, _G), ((1 - _W) / 3, (3 * _W + 1) / 3, _G / 3)),
            3,
        ),
        ImplicitTableau(
            "sdirk4", _SDIRK4, 4, _difference(_SDIRK4[-1], (59 / 48, -17 / 96, 225 / 32, -85 / 12, 0.0)), 4
        ),
        ImplicitTableau("esdirk4", _ESDIRK4, 4, _difference(_ESDIRK4[-1], _ESDIRK4_LOWER), 4),
    )
}
