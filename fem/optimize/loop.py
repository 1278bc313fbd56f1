"""The loop that all optimizers share: evaluate, propose, record, stop."""

from __future__ import annotations

import functools
import time
import warnings
from typing import TYPE_CHECKING, Protocol

import numpy as np

import sparsead
from fem.optimize.checkpoint import Saved
from fem.optimize.faults import check_dependence, keeping, not_finite, violation
from fem.optimize.guard import allowed
from fem.optimize.history import History, Record, Result
from fem.optimize.kkt import residual, steepest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fem.optimize.checkpoint import Checkpoint
    from fem.optimize.problem import Point, Problem
    from fem.optimize.stages import Stages

    Watch = Callable[[NDArray[np.float64], Record], object]


class Method(Protocol):
    """How the next design follows from the last."""

    def propose(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next design, shape (n,), and the multipliers of the constraints at the last, shape (m,)."""

    def forget(self) -> None:
        """Begin anew at the next design: the functions are others."""

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what it remembers."""

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """Go on from what another one of its kind remembered."""


def minimize(
    problem: Problem,
    method: Method,
    stages: Stages,
    checkpoint: Checkpoint | None,
    watch: Watch | None,
    show: Callable[[History], None],
) -> Result:
    """Iterate until the last stage meets a tolerance, the budget is spent or the watch says so.

    Parameters
    ----------
    problem : Problem
        Functions, bounds, start.
    method : Method
        How the next design follows from the last.
    stages : Stages
        What functions take beside the design, and when to stop.
    checkpoint : Checkpoint or None
        Where to go on from, and what to write.
    watch : callable or None
        ``watch(x, record)`` after each iteration; stops the loop by returning True.
    show : callable
        ``show(history)`` after each iteration.

    Raises
    ------
    OptimizationError
        If a value or a gradient is not finite or cannot be computed, a constraint does not depend on the design, a
        checkpoint is of another problem, or the guard lets no step pass.

    Warns
    -----
    UserWarning
        If the start violates a constraint, or a step is cut back for the first time.
    """
    saved = _begin(problem, method, stages, checkpoint)
    history, following, last, unit = saved.history, saved.x, saved.last, saved.steepest
    verdict = stages.verdict(history)
    while verdict is None:
        stage = stages.following(history)
        if len(history) and stage != history[-1].stage:
            problem.enter(stages.arguments[stage])
            method.forget()
            unit = 0.0
        with keeping(history, functools.partial(_result, problem, last, history, False)):
            following, part = allowed(problem, last, following, history)
            found = _iteration(problem, method, following, history, (stage, part), unit)
            last, (following, record, unit) = following, found
        history.records.append(record)
        show(history)
        if watch is not None and watch(last.reshape(problem.shape), record) is True:
            verdict = False, "the callback asked for it"
        verdict = stages.verdict(history) or verdict
        if checkpoint is not None and (verdict or len(history) % checkpoint.every == 0):
            checkpoint.store(Saved(following, last, method.state(), history, unit))
    return _result(problem, last, history, *verdict)


def _begin(problem: Problem, method: Method, stages: Stages, checkpoint: Checkpoint | None) -> Saved:
    """The start, or where an earlier run was."""
    saved = checkpoint.load() if checkpoint is not None else None
    problem.enter(stages.arguments[saved.history[-1].stage if saved is not None else 0])
    if saved is None or checkpoint is None:
        return Saved(problem.start, problem.start, {}, History(), 0.0)
    checkpoint.check_value(saved.history[-1].value, problem.evaluate(saved.last).value)
    method.restore(saved.method)
    return saved


def _iteration(
    problem: Problem, method: Method, x: NDArray[np.float64], history: History, way: tuple[int, float], unit: float
) -> tuple[NDArray[np.float64], Record, float]:
    """Evaluate a design; return the following one, what happened, and the steepest slope so far."""
    began, factorized = time.perf_counter(), sparsead.factor_cache.stats().factorizations
    point = problem.evaluate(x)
    if fault := not_finite(point, len(history)):
        raise fault
    if not len(history):
        check_dependence(problem, point)
        if words := violation(point):
            warnings.warn(words, stacklevel=5)  # where the optimizer was called
    following, multipliers = method.propose(point)
    unit = max(unit, steepest(point))
    record = Record(
        len(history),
        point.value,
        point.constraints,
        float(np.abs(following - x).max(initial=0.0)),
        residual(problem, point, multipliers, unit),
        time.perf_counter() - began,
        sparsead.factor_cache.stats().factorizations - factorized,
        *way,
    )
    return following, record, unit


def _result(problem: Problem, x: NDArray[np.float64], history: History, converged: bool, reason: str) -> Result:
    last = history[-1]
    return Result(x.reshape(problem.shape), last.value, last.constraints, converged, reason, history)
