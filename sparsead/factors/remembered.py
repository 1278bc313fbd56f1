"""The last solve of a factorization: it answers every multiple of its right-hand side without solving.

In the compliance c = b.u the cotangent of u is a multiple of b, so the adjoint
solve of a symmetric matrix is the forward solve again: value and gradient cost
one solve in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.factors.values import all_finite

_SPARSE = 64
_ROUNDING = 4  # units in the last place that scaling b by a factor may cost


@dataclass(frozen=True)
class Remembered:
    """Right-hand sides and their solutions.

    Parameters
    ----------
    trans : str
        The operation that was solved with.
    b, x : array, shape (k, n)
        Right-hand sides and solutions; own copies.
    rtol : float
        Tolerance that the solutions meet; zero for rounding.
    """

    trans: str
    b: NDArray[Any]
    x: NDArray[Any]
    rtol: float = 0.0

    def answer(self, trans: str, b: NDArray[Any]) -> NDArray[Any] | None:
        """Return the solution if every row of `b`, shape (k, n), is a multiple of the remembered row, else None."""
        if trans != self.trans or b.shape != self.b.shape or b.dtype != self.b.dtype:
            return None
        x = np.empty_like(self.x)
        with np.errstate(all="ignore"):  # of extreme numbers: the comparison then fails
            return x if self._scale_to(b, x) else None

    def _scale_to(self, b: NDArray[Any], x: NDArray[Any]) -> bool:
        """Fill x with multiples of the remembered solutions; False where b is no such multiple."""
        for row, (now, then) in enumerate(zip(b, self.b, strict=True)):
            # Of most others one entry in a few tells: steps through time ask this for every step, in vain.
            sample = _factor(now[::_SPARSE], then[::_SPARSE])
            factor = None if sample is None else _factor(now, then)
            if factor is None or not then.any():
                return False
            np.multiply(self.x[row], factor, out=x[row])
        return all_finite(x)


def _factor(now: NDArray[Any], then: NDArray[Any]) -> Any:
    """The number by which `then` was multiplied, None if there is none, 0 where all of `then` is zero."""
    largest = int(np.argmax(np.abs(then)))
    if then[largest] == 0:
        return 0
    factor = now[largest] / then[largest]
    rounding = _ROUNDING * np.finfo(now.dtype).eps
    return factor if (np.abs(now - factor * then) <= rounding * np.abs(now)).all() else None
