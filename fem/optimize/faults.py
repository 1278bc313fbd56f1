"""What is wrong with a design or with a start, in the words of an error or a warning."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from fem.errors import OptimizationError
from fem.optimize.guard import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fem.optimize.history import History, Result
    from fem.optimize.problem import Point, Problem

_MET = 1e-6  # a constraint above this is violated: rounding and a filter's mean stay below


def names(constraints: int) -> list[str]:
    """Return what objective and constraints are called in messages.

    Examples
    --------
    >>> names(2)
    ['the objective', 'constraint 0', 'constraint 1']
    """
    return ["the objective", *(f"constraint {i}" for i in range(constraints))]


def not_finite(point: Point, iteration: int) -> OptimizationError | None:
    """Return the error of the first value or gradient that is not finite."""
    values, slopes = [point.value, *point.constraints], [point.slope, *point.jacobian]
    for name, value, slope in zip(names(len(point.constraints)), values, slopes, strict=True):
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


@contextmanager
def keeping(history: History, so_far: Callable[[str], Result]) -> Iterator[None]:
    """Let what was found before travel with an error.

    Parameters
    ----------
    history : History
        Iterations before; where there is none errors pass as they are.
    so_far : callable
        ``so_far(reason)`` is the result of them.

    Raises
    ------
    OptimizationError
        For whatever is raised inside; its ``result`` is what was found.
    """
    try:
        yield
    except Exception as error:
        if not len(history):
            raise
        fault = error if isinstance(error, OptimizationError) else _failed(error, len(history))
        fault.result = so_far(fault.what)
        raise fault from (None if fault is error else error)


def violation(point: Point) -> str | None:
    """Return what a start violates, in words; None if it meets all constraints.

    Examples
    --------
    >>> from fem.optimize.problem import Point
    >>> violation(Point(np.zeros(1), 0.0, np.ones(1), np.array([-1.0, 0.25]), np.ones((2, 1))))
    'the start violates constraint 1 by 0.25: the run goes on, and has to meet it first'
    """
    violated = point.constraints > _MET
    if not violated.any():
        return None
    i, others = int(np.argmax(point.constraints)), int(violated.sum()) - 1
    more = f", and {others} more by less" if others else ""
    them = "them" if others else "it"
    return (
        f"the start violates constraint {i} by {point.constraints[i]:.6g}{more}: the run goes on, and has to meet "
        f"{them} first"
    )


def check_dependence(problem: Problem, point: Point) -> None:
    """Refuse a constraint that does not depend on the design.

    A gradient may vanish at one design, as that of (x - x0)^2 at x0: where it does two others are evaluated.

    Parameters
    ----------
    problem : Problem
        Functions and bounds.
    point : Point
        The start.

    Raises
    ------
    OptimizationError
        If the gradient of a constraint is zero at all three.
    """
    flat = ~point.jacobian.any(axis=1)
    rng = np.random.default_rng(0)
    low, high = (np.where(np.isfinite(bound), bound, point.x) for bound in (problem.lower, problem.upper))
    for _ in range(2 if flat.any() else 0):
        elsewhere = point.x + 0.5 * (low + (high - low) * rng.random(point.x.size) - point.x)
        elsewhere, _ = shortened(problem, point.x, elsewhere)
        flat = flat & ~problem.evaluate(elsewhere).jacobian.any(axis=1)
    if flat.any():
        i = int(np.argmax(flat))
        raise OptimizationError(
            f"constraint {i} does not depend on the design", expected="a gradient that is not zero in all variables",
            got=f"zeros at the start and at two other designs; its value is {point.constraints[i]:.6g}", constraint=i,
            fix="write it with the argument x, without rounding, stop_gradient, or a clip such as max(g, 0)",
        )  # fmt: skip


def _failed(error: Exception, iteration: int) -> OptimizationError:
    """Return the error of an iteration whose functions could not be computed.

    What a compiled program raises has lost its kind and arrives with the stack of its callback; of that the four lines
    count, or the last.
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    first = next((i for i, text in enumerate(lines) if text.startswith("  expected: ")), len(lines)) - 1
    inner = {name: text.strip() for text in lines[first + 1 :] for name, _, text in [text.strip().partition(":")]}
    got = "; ".join(text for text in (lines[first].strip(), inner.get("got")) if text)
    return OptimizationError(
        f"iteration {iteration} cannot be computed", expected="objective and constraints at every design", got=got,
        fix=f"{inner.get('fix', 'see the error before this one')}; what was found before is in error.result",
        iteration=iteration,
    )  # fmt: skip
