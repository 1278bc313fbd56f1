"""Watch: counts the iterations of one solve, keeps its history, says which right-hand sides are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.factors.store import factor_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Watch:
    """What a Krylov loop reports to, iteration by iteration.

    Parameters
    ----------
    sizes : array, shape (k,)
        Norms of the right-hand sides.
    rtol : float
        Relative residual at which one is done.
    limit : int
        Iterations allowed.

    Attributes
    ----------
    iteration : int
        Iterations so far.
    history : list of float
        Relative residual after each, the largest of the right-hand sides still iterated.
    since : int
        Iteration after which the preconditioner is the one it is.
    until : int
        Iteration at which the loop is to come back.
    live : int array
        Right-hand sides still iterated.
    fault : str or None
        Why a loop cannot go on.
    claimed : bool
        Whether the last loop came back because all residuals seemed small.
    """

    def __init__(self, sizes: NDArray[np.float64], rtol: float, limit: int) -> None:
        self.sizes, self.rtol, self.limit = sizes, rtol, limit
        self.goals = rtol * sizes
        self.iteration = 0
        self.history: list[float] = []
        self.since, self.until = 0, limit
        self.live: NDArray[np.integer] = np.arange(len(sizes))
        self.fault: str | None = None
        self.claimed = False

    def begin(self, rows: NDArray[np.integer]) -> None:
        """Begin a loop for some of the right-hand sides."""
        self.live, self.claimed, self.fault = rows, False, None

    def goes_on(self) -> bool:
        """Whether the loop may make another iteration."""
        return bool(len(self.live)) and self.iteration < self.until and self.fault is None

    def lost(self, numbers: NDArray[Any]) -> bool:
        """Return whether numbers of the recurrence left the range of float64; the loop then cannot go on."""
        if np.isfinite(numbers).all():
            return False
        self.fault = "numbers left the range of float64"
        return True

    def see(self, residuals: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Count an iteration; return which of the live right-hand sides go on, shape (live,)."""
        self.iteration += 1
        factor_cache.tally("iterations")
        self.history.append(float((residuals / self.sizes[self.live]).max()))
        goes_on = ~(residuals <= self.goals[self.live])
        self.live = self.live[goes_on]
        self.claimed = not len(self.live)
        self.lost(residuals)
        return goes_on


def kept(goes_on: NDArray[np.bool_], *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return the rows that go on; the arrays themselves where all do."""
    return arrays if goes_on.all() else tuple(array[goes_on] for array in arrays)
