"""Runge–Kutta tableaus, as data.

A step from u₀ over h is ``kᵢ = f(t + cᵢ h, u₀ + h Σⱼ aᵢⱼ kⱼ)``, ``u₁ = u₀ + h Σ bᵢ kᵢ``; the embedded pair gives the
error ``h Σ eᵢ kᵢ``, the difference to the solution of the other order. Where the last stage is the slope at u₁
(``first_same_as_last``), it is the first of the next step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tableau:
    """Coefficients of an explicit Runge–Kutta method.

    Parameters
    ----------
    name : str
        As users write it.
    a : tuple of tuple
        Lower triangle, row i holds i numbers.
    b : tuple
        Weights.
    e : tuple, optional
        Weights of the error; None for methods without an embedded pair.
    order : int
        Order of u₁.
    error_order : int
        Order of the weaker of the pair, plus one: the power of h in the error of one step.
    first_same_as_last : bool
        Whether the last stage is the slope at u₁.
    """

    name: str
    a: tuple[tuple[float, ...], ...]
    b: tuple[float, ...]
    order: int
    e: tuple[float, ...] | None = None
    error_order: int = 0
    first_same_as_last: bool = False

    @property
    def c(self) -> tuple[float, ...]:
        """Times of the stages, in units of h."""
        return tuple(float(np.sum(row)) for row in self.a)

    @property
    def stages(self) -> int:
        """Number of stages."""
        return len(self.b)

    @property
    def needed(self) -> int:
        """Number of leading stages that u₁ itself needs; the rest only serve the error."""
        return max(i for i, weight in enumerate(self.b) if weight) + 1

    @property
    def adaptive(self) -> bool:
        """Whether the method estimates its error."""
        return self.e is not None


EULER = Tableau("euler", ((),), (1.0,), 1)
MIDPOINT = Tableau("midpoint", ((), (1 / 2,)), (0.0, 1.0), 2)
RK4 = Tableau("rk4", ((), (1 / 2,), (0.0, 1 / 2), (0.0, 0.0, 1.0)), (1 / 6, 1 / 3, 1 / 3, 1 / 6), 4)
HEUN_EULER = Tableau("heun_euler", ((), (1.0,)), (1 / 2, 1 / 2), 2, (-1 / 2, 1 / 2), 2)
BOGACKI_SHAMPINE = Tableau(
    "bogacki_shampine",
    ((), (1 / 2,), (0.0, 3 / 4), (2 / 9, 1 / 3, 4 / 9)),
    (2 / 9, 1 / 3, 4 / 9, 0.0),
    3,
    (-5 / 72, 1 / 12, 1 / 9, -1 / 8),
    3,
    first_same_as_last=True,
)
DORMAND_PRINCE = Tableau(
    "dormand_prince",
    (
        (),
        (1 / 5,),
        (3 / 40, 9 / 40),
        (44 / 45, -56 / 15, 32 / 9),
        (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
        (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
        (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
    ),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0.0),
    5,
    (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40),
    5,
    first_same_as_last=True,
)
# Ch. Tsitouras, 2011, doi:10.1016/j.camwa.2011.06.002.
TSIT5 = Tableau(
    "tsit5",
    (
        (),
        (0.161,),
        (-0.008480655492356989, 0.335480655492357),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
        (5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383),
        (
            0.09646076681806523,
            0.01,
            0.4798896504144996,
            1.379008574103742,
            -3.290069515436081,
            2.324710524099774,
        ),
    ),
    (0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774, 0.0),
    5,
    (
        0.00178001105222577714,
        0.0008164344596567469,
        -0.007880878010261995,
        0.1447110071732629,
        -0.5823571654525552,
        0.45808210592918697,
        -1 / 66,
    ),
    5,
    first_same_as_last=True,
)

EXPLICIT = {
    tableau.name: tableau for tableau in (EULER, MIDPOINT, RK4, HEUN_EULER, BOGACKI_SHAMPINE, DORMAND_PRINCE, TSIT5)
}
