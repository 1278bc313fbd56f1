"""The verdict on a gradient along a direction, from all that is known of it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_AGREES = 1e-6  # of the derivative that random signs give on average: gaps below are no error
_SETTLED = 1e-3  # of the same: a bound above tells nothing
_ROUNDING = 1e-10  # of the value, per size of the design: differences see no derivative below
_SURE = 10.0  # a gap this many times the bound is an error

RIGHT, WRONG, OPEN = "right", "wrong", "cannot tell"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of one function along one direction."""

    name: str
    value: float
    alone: float
    gradient: Array
    direction: Array
    differences: float
    bound: float
    jump: float
    forward: float | None

    @property
    def reverse(self) -> float:
        """Derivative along the direction, by the gradient."""
        return float(self.gradient @ self.direction)

    @property
    def scale(self) -> float:
        """What a derivative along a direction of random signs is on average."""
        return max(float(np.linalg.norm(self.gradient * self.direction)), abs(self.differences))


def judged(e: Evidence) -> tuple[str, str]:
    """Return the verdict and the reason."""
    rounding, gap = _ROUNDING * abs(e.value), abs(e.reverse - e.differences)
    if not e.direction.any():
        return OPEN, "all variables are at their bounds"
    if abs(e.alone - e.value) > _AGREES * abs(e.value):
        return WRONG, f"its value is {e.value:.6g} with the gradient and {e.alone:.6g} without"
    if e.forward is not None and abs(e.forward - e.reverse) > _AGREES * e.scale + rounding:
        return WRONG, f"along a direction reverse mode says {e.reverse:.6g}, forward mode {e.forward:.6g}"
    if not e.bound <= _SETTLED * e.scale + rounding:
        return OPEN, f"differences do not settle: {e.differences:.6g} with a bound of {e.bound:.2g}"
    if abs(e.jump) > _SETTLED * e.scale + rounding:
        return OPEN, f"it has a kink here: along a direction the slope jumps by {e.jump:.6g}"
    if gap > max(_SURE * e.bound, _AGREES * e.scale) + rounding:
        return WRONG, f"along a direction it says {e.reverse:.6g}, differences {e.differences:.6g}, bound {e.bound:.2g}"
    pair = "there is no forward mode"
    if e.forward is not None:
        pair = f"forward and reverse mode agree to {_part(e.forward - e.reverse, e.scale)}"
    return RIGHT, f"differences agree to {_part(gap, e.scale)}, their bound is {_part(e.bound, e.scale)}; {pair}"


def _part(gap: float, scale: float) -> str:
    return f"{abs(gap) / scale:.0e}" if scale else "0"
