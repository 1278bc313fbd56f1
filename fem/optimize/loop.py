"""The loop that all optimizers share: evaluate, propose, record, stop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

import sparsead
from fem.errors import OptimizationError
from fem.optimize.checkpoint import Saved
from fem.optimize.history import History, Record, Result
from fem.optimize.kkt import residual

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fem.optimize.checkpoint import Checkpoint
    from fem.optimize.problem import Point, Problem

    Watch = Callable[[NDArray[np.float64], Record], object]


class Method(Protocol):
    """How the next design follows from the last."""

    def propose(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next design, shape (n,), and the multipliers of the constraints at the last, shape (m,)."""

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what it remembers."""

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """Go on from what another one of its kind remembered."""


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

    def verdict(self, history: History) -> tuple[bool, str] | None:
        """Return whether it converged and why to stop, in words; None to go on."""
        if not len(history):
            return None
        last = history[-1]
        if last.residual <= self.residual:
            return True, f"the KKT residual is {last.residual:.3g}, at most {self.residual:g}"
        if last.change <= self.change:
            return True, f"no variable changes by more than {last.change:.3g}, at most {self.change:g}"
        if len(history) >= self.max_iterations:
            return False, f"{len(history)} iterations were allowed"
        return None


def minimize(
    problem: Problem, method: Method, limits: Limits, checkpoint: Checkpoint | None, watch: Watch | None
) -> Result:
    """Iterate until a tolerance is met, the budget is spent or the watch says so.

    Parameters
    ----------
    problem : Problem
        Functions, bounds, start.
    method : Method
        How the next design follows from the last.
    limits : Limits
        When to stop.
    checkpoint : Checkpoint or None
        Where to go on from, and what to write.
    watch : callable or None
        ``watch(x, record)`` after each iteration; stops the loop by returning True.

    Raises
    ------
    OptimizationError
        If a value or a gradient is not finite, or a checkpoint is of another problem.
    """
    saved = _begin(problem, method, checkpoint)
    history, following, last = saved.history, saved.x, saved.last
    verdict = limits.verdict(history)
    while verdict is None:
        last, following, record = _iteration(problem, method, following, history, last)
        history.records.append(record)
        if watch is not None and watch(last.reshape(problem.shape), record) is True:
            verdict = False, "the callback asked for it"
        verdict = limits.verdict(history) or verdict
        if checkpoint is not None and (verdict or len(history) % checkpoint.every == 0):
            checkpoint.store(Saved(following, last, method.state(), history))
    return _result(problem, last, history, *verdict)


def _begin(problem: Problem, method: Method, checkpoint: Checkpoint | None) -> Saved:
    """The start, or where an earlier run was."""
    saved = checkpoint.load() if checkpoint is not None else None
    if saved is None or checkpoint is None:
        return Saved(problem.start, problem.start, {}, History())
    checkpoint.check_value(saved.history[-1].value, problem.evaluate(saved.last).value)
    method.restore(saved.method)
    return saved


def _iteration(
    problem: Problem, method: Method, x: NDArray[np.float64], history: History, before: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], Record]:
    """Evaluate a design; return it, the following one, and what happened."""
    began, factorized = time.perf_counter(), sparsead.factor_cache.stats().factorizations
    point = problem.evaluate(x)
    fault = fault_of(point, len(history))
    if fault is not None:
        if len(history):
            fault.result = _result(problem, before, history, False, str(fault).splitlines()[0])
        raise fault
    following, multipliers = method.propose(point)
    record = Record(
        point.value,
        point.constraints,
        float(np.abs(following - x).max(initial=0.0)),
        residual(problem, point, multipliers),
        time.perf_counter() - began,
        sparsead.factor_cache.stats().factorizations - factorized,
    )
    return x, following, record


def _result(problem: Problem, x: NDArray[np.float64], history: History, converged: bool, reason: str) -> Result:
    last = history[-1]
    return Result(x.reshape(problem.shape), last.value, last.constraints, converged, reason, history)


def fault_of(point: Point, iteration: int) -> OptimizationError | None:
    """Return the error of the first value or gradient that is not finite."""
    names = ["the objective", *(f"constraint {i}" for i in range(len(point.constraints)))]
    values = [point.value, *point.constraints]
    for name, value, slope in zip(names, values, [point.slope, *point.jacobian], strict=True):
        wrong = np.flatnonzero(~np.isfinite(slope))
        if np.isfinite(value) and not wrong.size:
            continue
        where = f"{value} in iteration {iteration}"
        if np.isfinite(value):
            name, where = f"the gradient of {name}", f"{slope[wrong[0]]} in iteration {iteration}, variable {wrong[0]}"
        return OptimizationError(
            f"{name} is not finite", expected="finite numbers at every design", got=where, iteration=iteration,
            fix="look for roots, powers and quotients at zero in it; what was found before is in error.result",
        )  # fmt: skip
    return None
