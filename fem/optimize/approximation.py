"""The convex, separable approximation of moving asymptotes.

Derivation
----------
Around a design each function is replaced by a sum of poles at asymptotes L < x < U [1]_::

    f~(x) = sum_j p_j / (U_j - x_j) + q_j / (x_j - L_j) + r
    p_j = (U_j - x_j)^2 (1.001 f_j^+ + 0.001 f_j^- + rho / D_j)
    q_j = (x_j - L_j)^2 (0.001 f_j^+ + 1.001 f_j^- + rho / D_j)

with the slope f_j, its positive and negative parts, and the range D_j of the variable: it has the value and the slope
of f at the design, and is strictly convex. The asymptotes move towards the design where a variable oscillates, and away
where it goes on in one direction [2]_.

References
----------
.. [1] K. Svanberg, "The method of moving asymptotes: a new method for structural optimization", International Journal
   for Numerical Methods in Engineering 24, 1987, doi:10.1002/nme.1620240207.
.. [2] K. Svanberg, "A class of globally convergent optimization methods based on conservative convex separable
   approximations", SIAM Journal on Optimization 12, 2002, doi:10.1137/S1052623499362822.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_MOST, _LEAST = 10.0, 0.01  # distance of an asymptote from the design, as a part of the range of its variable
_NEAR = 0.1  # a step goes at most this close to an asymptote, as a part of its distance
_ACROSS = 0.001  # of the slope, for the pole on the other side


@dataclass(frozen=True, eq=False)
class Asymptotes:
    """Where the poles stand, and how far a step may go.

    Attributes
    ----------
    low, high : float array, shape (n,)
        L and U.
    alpha, beta : float array, shape (n,)
        Bounds of the step.
    """

    low: Array
    high: Array
    alpha: Array
    beta: Array


@dataclass(frozen=True)
class Motion:
    """How asymptotes move.

    Parameters
    ----------
    first : float
        Their distance in the first two iterations, as a part of the range.
    apart, together : float
        Factors of the distance where a variable goes on, and where it oscillates.
    move : float
        Largest step, as a part of the range.
    """

    first: float = 0.5
    apart: float = 1.2
    together: float = 0.7
    move: float = 0.5

    def follow(self, designs: list[Array], last: Asymptotes | None, lower: Array, upper: Array) -> Asymptotes:
        """Return the asymptotes at the newest of up to three designs, shape (n,) each, the newest first."""
        x, width = designs[0], upper - lower
        if last is None or len(designs) < 3:
            below = above = self.first * width
        else:
            turned = (x - designs[1]) * (designs[1] - designs[2])
            factor = np.where(turned > 0, self.apart, np.where(turned < 0, self.together, 1.0))
            below, above = (
                np.clip(factor * distance, _LEAST * width, _MOST * width)
                for distance in (designs[1] - last.low, last.high - designs[1])
            )
        low, high = x - below, x + above
        alpha = np.maximum.reduce([lower, low + _NEAR * below, x - self.move * width])
        beta = np.minimum.reduce([upper, high - _NEAR * above, x + self.move * width])
        return Asymptotes(low, high, alpha, beta)


def poles(x: Array, slopes: Array, rho: Any, asymptotes: Asymptotes, width: Array) -> tuple[Array, Array]:
    """Return p and q of functions, shape (m, n) each.

    Parameters
    ----------
    x : float array, shape (n,)
        The design.
    slopes : float array, shape (m, n)
        Gradients.
    rho : float, or array of shape (m, 1)
        Curvature added.
    asymptotes : Asymptotes
        L and U.
    width : float array, shape (n,)
        Ranges of the variables.
    """
    rise, fall = np.maximum(slopes, 0.0), np.maximum(-slopes, 0.0)
    more = _ACROSS * (rise + fall) + rho / width
    return (asymptotes.high - x) ** 2 * (rise + more), (x - asymptotes.low) ** 2 * (fall + more)
