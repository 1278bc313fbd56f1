"""The loop that all optimizers share: evaluate, propose, record, stop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

import sparsead
from fem.errors import OptimizationError
from fem.optimize.history import History, Record, Result
from fem.optimize.kkt import residual

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fem.optimize.problem import Point, Problem


class Method(Protocol):
    """How the next design follows from the last."""

    def propose(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next design, shape (n,), and the multipliers of the constraints at the last, shape (m,)."""


@dataclass(frozen=True)
class Limits:
    """When to stop.

    Parameters
    ----------
    max_iterations : int
        Designs evaluated at most.
    change : float
        Stop when no variable changes by more.
    residual : float
        Stop when the KKT residual is not larger.
    """

    max_iterations: int
    change: float
    residual: float

    def reason(self, record: Record) -> str | None:
        """Return why to stop after an iteration, in words; None to go on."""
        if record.residual <= self.residual:
            return f"the KKT residual is {record.residual:.3g}, at most {self.residual:g}"
        if record.change <= self.change:
            return f"no variable changes by more than {record.change:.3g}, at most {self.change:g}"
        return None


def minimize(
    problem: Problem, method: Method, limits: Limits, callback: Callable[[NDArray[np.float64], Record], object] | None
) -> Result:
    """Iterate until a tolerance is met, the budget is spent or the callback says so.

    Parameters
    ----------
    problem : Problem
        Functions, bounds, start.
    method : Method
        How the next design follows from the last.
    limits : Limits
        When to stop.
    callback : callable or None
        ``callback(x, record)`` after each iteration; stops the loop by returning True.

    Raises
    ------
    OptimizationError
        If a value or a gradient is not finite, or a constraint does not depend on the design.
    """
    history, x, last = History(), problem.start, None
    while True:
        began, before = time.perf_counter(), sparsead.factor_cache.stats().factorizations
        point = problem.evaluate(x)
        check_finite(point, history, last)
        following, multipliers = method.propose(point)
        factorizations = sparsead.factor_cache.stats().factorizations - before
        change = float(np.abs(following - x).max(initial=0.0))
        record = Record(
            point.value,
            point.constraints,
            change,
            residual(problem, point, multipliers),
            time.perf_counter() - began,
            factorizations,
        )
        history.records.append(record)
        last = point
        asked = callback is not None and callback(x.reshape(problem.shape), record) is True
        reason = limits.reason(record)
        if reason or asked or len(history) >= limits.max_iterations:
            words = reason or ("the callback asked for it" if asked else f"{len(history)} iterations were allowed")
            return result_of(problem, point, history, converged=reason is not None, reason=words)
        x = following


def result_of(problem: Problem, point: Point, history: History, *, converged: bool, reason: str) -> Result:
    """Return the result at a design."""
    return Result(point.x.reshape(problem.shape), point.value, point.constraints, converged, reason, history)


def check_finite(point: Point, history: History, last: Point | None) -> None:
    """Raise the error of the first value or gradient that is not finite."""
    named = [("the objective", np.array([point.value]), point.slope[None])]
    named += [
        (f"constraint {i}", value[None], row[None])
        for i, (value, row) in enumerate(zip(point.constraints, point.jacobian, strict=True))
    ]
    for name, value, slope in named:
        for what, numbers in ((name, value), (f"the gradient of {name}", slope.reshape(-1))):
            if not np.isfinite(numbers).all():
                i = int(np.argmin(np.isfinite(numbers)))
                error = OptimizationError(
                    f"{what} is not finite",
                    expected="finite numbers at every design",
                    got=f"{numbers[i]} in iteration {len(history)}" + (f", variable {i}" if what != name else ""),
                    fix="look at roots, powers and quotients at zero in it; the history so far is in error.result",
                    iteration=len(history),
                )
                if last is not None:
                    error.result = Result(last.x, last.value, last.constraints, False, what, history)
                raise error
