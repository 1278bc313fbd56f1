"""Designs that must not be evaluated, such as those that invert a cell: a step towards one is cut back.

The step is halved until the guard lets the design pass. Whether a run has converged is judged by the step that the
method proposed, not by what was left of it; a file to resume from holds what was proposed too.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from fem.errors import OptimizationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.optimize.history import History
    from fem.optimize.problem import Problem

_LEAST = 2.0**-20  # of a step; cut further it is none


def shortened(
    problem: Problem, x: NDArray[np.float64], proposed: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the farthest design on the way that the guard lets pass, and which part of the way it is.

    Parameters
    ----------
    problem : Problem
        Its guard, and its bounds.
    x, proposed : float array, shape (n,)
        A design that may be evaluated, and where a method wants to go.

    Returns
    -------
    float array, shape (n,)
        ``x + part (proposed - x)``.
    float
        1, 1/2, 1/4 ...; 0 if not even a millionth may be gone.
    """
    following, part = proposed, 1.0
    while problem.refusal(following):
        part = part / 2 if part > _LEAST else 0.0
        if part == 0:
            return x, part
        following = np.clip(x + part * (proposed - x), problem.lower, problem.upper)
    return following, part


def allowed(
    problem: Problem, x: NDArray[np.float64], proposed: NDArray[np.float64], history: History
) -> tuple[NDArray[np.float64], float]:
    """Return the design to evaluate, and which part of the proposed step leads there; tell the first cut.

    Parameters
    ----------
    problem : Problem
        Its guard, and its bounds.
    x, proposed : float array, shape (n,)
        The last design, and where the method wants to go; both the start at first.
    history : History
        Iterations before.

    Returns
    -------
    float array, shape (n,)
        ``x + part (proposed - x)``.
    float
        The part.

    Raises
    ------
    OptimizationError
        If the guard refuses the start, or all of the way.

    Warns
    -----
    UserWarning
        If the step is the first of the run that is cut.
    """
    words = problem.refusal(proposed)
    if words is None:
        return proposed, 1.0
    if not len(history):
        raise OptimizationError(
            "the guard refuses the start", expected="a start that may be evaluated", got=words,
            fix="start with a shape whose cells are good, or ask for less of them",
        )  # fmt: skip
    following, part = shortened(problem, x, proposed)
    if part == 0:
        raise OptimizationError(
            "no step can be made", expected="a design on the way that the guard lets pass",
            got=f"{problem.refusal(x + _LEAST * (proposed - x))}, after a millionth of the step",
            fix="bound what the guard looks at by a constraint, such as 0.2 - fem.shape.quality(...), or tighten the "
            "bounds; what was found before is in error.result",
        )  # fmt: skip
    if (history.step == 1).all():
        warnings.warn(
            f"iteration {len(history)}: the step is cut to {part:g} of what was proposed, where {words}; "
            "later cuts are in history.step",
            stacklevel=5,  # where the optimizer was called
        )
    return following, part
