"""Solve to a true residual: Krylov loops find corrections, and nothing is believed that was not measured.

A Krylov loop updates its residual by recurrence, which rounding drives away
from the true one. So after each loop the residual ``b - A x`` is computed, and
where it is not small enough the next loop begins from it: restarts, breakdowns
and rounding are all met in this one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.iterative.failures import at_rounding, not_converged
from sparsead.iterative.krylov.blocks import norms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sparsead.errors import ConvergenceError
    from sparsead.iterative.krylov.krylov import Krylov
    from sparsead.iterative.krylov.operators import Operators
    from sparsead.iterative.krylov.watch import Watch

_CLAIMED_GAIN = 0.5  # a loop that thinks it has converged makes the true residual smaller by this, or rounding rules
_RESTARTED_GAIN = 0.99  # of a loop that came back early: with less, 10,000 iterations would not do
_FEEBLE = 2  # loops in succession
_ANSWERED = 0.1  # beyond, the solution answers another question, and rounding is not to blame
_ROUNDINGS = 4  # a residual within so many times what rounding leaves is at rounding


def drive(
    krylov: Krylov,
    of: Operators,
    b: NDArray[Any],
    x: NDArray[Any] | None,
    watch: Watch,
    renewed: Callable[[], bool],
    rounding: Callable[[NDArray[Any]], NDArray[np.float64]],
) -> NDArray[Any]:
    """Return x with ``|b - A x| <= rtol |b|`` for each right-hand side, shape (k, n).

    Parameters
    ----------
    krylov : Krylov
        Method.
    of : Operators
        Matrix and preconditioner.
    b : array, shape (k, n)
        Right-hand sides.
    x : array, shape (k, n), or None
        Where to begin; None for zero.
    watch : Watch
        Iterations and their history.
    renewed : callable
        Makes a preconditioner new that has lost its patience; returns whether it did.
    rounding : callable
        ``rounding(x)`` is the norm of the residual that rounding leaves, shape (k,).

    Raises
    ------
    ConvergenceError
        If that is not reached.
    """
    residual = b if x is None else b - of.product(x)
    x = np.zeros_like(b) if x is None else x
    feeble, before = 0, None
    while True:
        now = norms(residual)
        rows = np.flatnonzero(~(now <= watch.goals))
        if not rows.size:
            return x
        if before is not None and not renewed():
            gained = (now[rows] / before[rows]).max() <= (_CLAIMED_GAIN if watch.claimed else _RESTARTED_GAIN)
            feeble = 0 if gained else feeble + 1
            if watch.iteration >= watch.limit or feeble >= (1 if watch.claimed or watch.fault else _FEEBLE):
                raise _failure(krylov.name, watch, now, rounding(x))
        before = now
        watch.begin(rows)
        with np.errstate(all="ignore"):  # what leaves the range of numbers is seen by the watch
            x[rows] += krylov.correction(of, residual[rows], watch)
            residual = b - of.product(x)


def _failure(name: str, watch: Watch, now: NDArray[np.float64], attainable: NDArray[np.float64]) -> ConvergenceError:
    with np.errstate(all="ignore"):
        relative = np.where(now <= watch.goals, 0, now / watch.sizes)
        row = int(np.argmax(np.nan_to_num(relative, nan=np.inf)))
        floor = float(attainable[row] / watch.sizes[row])
    if watch.claimed and relative[row] <= min(_ROUNDINGS * floor, _ANSWERED):
        return at_rounding(name, watch, float(relative[row]), row, floor)
    why = watch.fault or ("the limit" if watch.iteration >= watch.limit else "stagnation")
    return not_converged(name, watch, why, float(relative[row]), row)
