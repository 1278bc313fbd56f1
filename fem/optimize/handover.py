"""What optimizers of other libraries are given, and what becomes of their iterates: the same history and result."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

import sparsead
from fem.optimize.audit import audit_problem, refuse_wrong
from fem.optimize.faults import check_dependence, keeping, not_finite, violation
from fem.optimize.history import History, Record, Result
from fem.optimize.kkt import multipliers, residual, steepest
from fem.optimize.limits import check_called
from fem.optimize.progress import line
from fem.optimize.stages import Numbers, plan, within_stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.optimize.limits import Limits
    from fem.optimize.problem import Point, Problem

    Array = NDArray[np.float64]

_KEPT = 2  # points: where a library stands, and where it tries to go


class HandedOver(TypedDict, total=False):
    """Options of a run by another library.

    Attributes
    ----------
    max_iterations : int
        Iterations at most, refused steps of SciPy's methods included; 200, with stages as many as they allow.
    change, residual, stagnation : float
        Stop as `Running` says; 0, so that the tolerances of the library decide.
    stages : sequence of numbers, arrays, or dicts, tuples or lists of them
        Continuation, as of `Running`: the library is called for each stage, from the design found before.
    per_stage : int
        Iterations at most in each stage; 50.
    callback : callable
        ``callback(x, record)`` after each iteration; stops the run by returning True.
    progress, check_gradients : bool
        As of `Running`; False.
    """

    max_iterations: int | None
    change: float
    residual: float
    stagnation: float
    stages: Sequence[Numbers] | None
    per_stage: int | None
    callback: Callable[[NDArray[np.float64], Record], object] | None
    progress: bool
    check_gradients: bool


_DEFAULTS: HandedOver = {
    "max_iterations": None, "change": 0.0, "residual": 0.0, "stagnation": 0.0, "stages": None, "per_stage": None,
    "callback": None, "progress": False, "check_gradients": False,
}  # fmt: skip


class StoppedError(Exception):
    """Leaves a library from inside of one of its iterations, whatever it thinks of that."""


@dataclass(eq=False)
class Follower:
    """Evaluates what a library asks for in a stage, each design once, and keeps the history of its iterates.

    Parameters
    ----------
    problem : Problem
        Functions and bounds.
    limits : Limits
        When to leave the library.
    watch : callable or None
        ``watch(x, record)`` after each iterate; leaves the library by returning True.
    show : callable
        ``show(history)`` after each iterate.
    start : float array, shape (n,)
        Where the library begins.
    stage : int
        What records say.
    history : History
        The stages before, and this one.
    """

    problem: Problem
    limits: Limits
    watch: Callable[[NDArray[np.float64], Record], object] | None
    show: Callable[[History], None]
    start: Array
    stage: int
    history: History
    verdict: tuple[bool, str] | None = None
    cancelled: bool = False
    _last: Point | None = None
    _steepest: float = 0.0
    _points: list[Point] = field(default_factory=list)
    _since: tuple[float, int] = field(default_factory=lambda: _now())

    def at(self, x: Array) -> Point:
        """Return values and gradients at a design, shape (n,); outside of the bounds those of the nearest inside.

        Raises
        ------
        OptimizationError
            If something is not finite or cannot be computed.
        """
        inside = np.clip(x, self.problem.lower, self.problem.upper)
        point = next((point for point in self._points if np.array_equal(point.x, inside)), None)
        if point is None:
            with keeping(self.history, lambda why: self._result(False, why)):
                point = self.problem.evaluate(inside)
                if fault := not_finite(point, len(self.history)):
                    raise fault
        self._points = [point, *(other for other in self._points if other is not point)][:_KEPT]
        return point

    def iterate(self, x: Array) -> None:
        """Record that the library stands at a design.

        Raises
        ------
        StoppedError
            If that is where to stop.
        """
        point = self.at(x)
        before = self._last
        if before is not None and np.array_equal(before.x, point.x):
            return  # a step was refused
        if not len(self.history):
            check_dependence(self.problem, point)
        self._steepest = max(self._steepest, steepest(point))
        seconds, factorizations = _now()
        record = Record(
            len(self.history),
            point.value,
            point.constraints,
            float(np.abs(point.x - before.x).max(initial=0.0)) if before is not None else np.nan,
            residual(self.problem, point, multipliers(self.problem, point), self._steepest),
            seconds - self._since[0],
            factorizations - self._since[1],
            self.stage,
        )
        self._last, self._since = point, (seconds, factorizations)
        self.history.records.append(record)
        self.show(self.history)
        if self.watch is not None and self.watch(point.x.reshape(self.problem.shape), record) is True:
            self.verdict, self.cancelled = (False, "the callback asked for it"), True
        self.verdict = self.limits.verdict(within_stage(self.history)) or self.verdict
        if self.verdict is not None:
            raise StoppedError

    def finish(self, x: Array, converged: bool, reason: str) -> Result:
        """Return the result of a library that came to its end at a design, with what it says of it."""
        try:
            self.iterate(x)
        except StoppedError:
            pass
        return self._result(converged, reason)

    def stopped(self) -> Result:
        """Return the result of a library that was left."""
        assert self.verdict is not None, "it is left for a reason"
        return self._result(*self.verdict)

    def _result(self, converged: bool, reason: str) -> Result:
        assert self._last is not None, "the start is the first iterate"
        point = self._last
        return Result(
            point.x.reshape(self.problem.shape), point.value, point.constraints, converged, reason, self.history
        )


def hand_over(problem: Problem, running: HandedOver, search: Callable[[Follower], Result]) -> Result:
    """Let a library search, in each stage from where it came to before.

    Parameters
    ----------
    problem : Problem
        Functions, bounds, start.
    running : HandedOver
        Options.
    search : callable
        ``search(follower)`` calls the library and returns the result.

    Raises
    ------
    TypeError
        If there is no such option.
    OptimizationError
        As of `fem.optimize.mma`.

    Warns
    -----
    UserWarning
        If the start violates a constraint.
    """
    unknown = sorted(set(running) - set(_DEFAULTS))
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; there are {', '.join(_DEFAULTS)}")
    options: HandedOver = {**_DEFAULTS, **running}
    stages = plan(
        options["stages"], options["per_stage"], options["max_iterations"], options["change"], options["residual"],
        options["stagnation"],
    )  # fmt: skip
    check_called("callback", options["callback"])
    problem.enter(stages.arguments[0])
    if options["check_gradients"]:
        refuse_wrong(audit_problem(problem))
    history, start = History(), problem.start
    with line(options["progress"], "design", stages.most) as show:
        for stage, beside in enumerate(stages.arguments):
            problem.enter(beside)
            limits = stages.limits.within(stages.most - len(history))
            follower = Follower(problem, limits, options["callback"], show, start, stage, history)
            if stage == 0 and (words := violation(follower.at(start))):
                warnings.warn(words, stacklevel=3)  # where the optimizer was called
            found = search(follower)
            if follower.cancelled:
                break
            if len(history) >= stages.most and stage + 1 < len(stages.arguments):
                return replace(found, converged=False, reason=stages.spent(history))
            start = found.x.reshape(-1)
    return found


def _now() -> tuple[float, int]:
    return time.perf_counter(), sparsead.factor_cache.stats().factorizations
