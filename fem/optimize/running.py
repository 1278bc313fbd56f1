"""Options that all optimizers share: when to stop, where to keep, who watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

from fem.optimize.audit import audit_problem, refuse_wrong
from fem.optimize.checkpoint import Checkpoint
from fem.optimize.limits import check_called, check_count
from fem.optimize.loop import minimize
from fem.optimize.progress import line
from fem.optimize.stages import plan

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.history import Record, Result
    from fem.optimize.loop import Method
    from fem.optimize.problem import Guard, Problem
    from fem.optimize.stages import Numbers


class Running(TypedDict, total=False):
    """Options of a run, for every optimizer.

    Attributes
    ----------
    max_iterations : int
        Designs evaluated at most; 200, with stages as many as they allow.
    change : float
        Stop when no variable changes by more; 0.01.
    residual : float
        Stop when the KKT residual is not larger; 0.
    stagnation : float
        Stop when in ten iterations the objective moved by no more than this part of itself, and no constraint by more
        than this; 0 for never.
    stages : sequence of numbers, arrays, or dicts, tuples or lists of them
        Continuation: objective and constraints take a second argument, the numbers of the present stage, and are
        compiled once for all. A stage begins where the one before ended, and ends by a tolerance or by its budget; the
        run converges in the last one. See `Record.stage`.
    per_stage : int
        Designs evaluated at most in each stage; 50.
    checkpoint : path-like
        File to go on from, where it is there, and to write. A run that was killed and is started again by the same
        script gives the same designs to the last bit.
    every : int
        Iterations between two writes; 1. The last one is always written.
    callback : callable
        ``callback(x, record)`` after each iteration; stops the run by returning True.
    progress : bool
        Show a line with iteration, objective, largest constraint and change; False. In a pipe nothing is shown. It
        takes tqdm, ``pip install 'sparsead[progress]'``.
    check_gradients : bool
        Audit the gradients at the start first, and stop if one is wrong; False. See `audit`.
    guard : callable
        ``guard(x)`` says in words why a design must not be evaluated, and returns None where it may: a step towards one
        is halved until it may. `fem.shape.guard` keeps cells from being inverted.
    """

    max_iterations: int | None
    change: float
    residual: float
    stagnation: float
    stages: Sequence[Numbers] | None
    per_stage: int | None
    checkpoint: str | os.PathLike[str] | None
    every: int
    callback: Callable[[NDArray[np.float64], Record], object] | None
    progress: bool
    check_gradients: bool
    guard: Guard | None


_DEFAULTS: Running = {
    "max_iterations": None, "change": 0.01, "residual": 0.0, "stagnation": 0.0, "stages": None, "per_stage": None,
    "checkpoint": None, "every": 1, "callback": None, "progress": False, "check_gradients": False, "guard": None,
}  # fmt: skip


def run(problem: Problem, method: Method, settings: Mapping[str, ArrayLike], running: Running) -> Result:
    """Run a method with the options that all share.

    Parameters
    ----------
    problem : Problem
        What is minimized.
    method : Method
        How.
    settings : mapping of str to numbers
        Options of the method, which a checkpoint compares.
    running : Running
        The others.

    Raises
    ------
    TypeError
        If there is no such option.
    OptimizationError
        If a number of iterations is not positive, a tolerance negative, stages are not alike, callback or guard are no
        functions, or a gradient is wrong that was to be checked, with the numbers of the first stage; what `minimize`
        raises.
    """
    unknown = sorted(set(running) - set(_DEFAULTS))
    if unknown:
        raise TypeError(f"unexpected keyword argument {unknown[0]!r}; there are {', '.join(_DEFAULTS)}")
    options: Running = {**_DEFAULTS, **running}
    stages = plan(
        options["stages"], options["per_stage"], options["max_iterations"], options["change"], options["residual"],
        options["stagnation"],
    )  # fmt: skip
    check_count("every", options["every"])
    check_called("callback", options["callback"])
    check_called("guard", options["guard"])
    problem.guard = options["guard"]
    problem.enter(stages.arguments[0])
    if options["check_gradients"]:
        refuse_wrong(audit_problem(problem))
    checkpoint = None
    if options["checkpoint"] is not None:
        same = {"method": np.array(type(method).__name__), "bounds": np.stack([problem.lower, problem.upper])}
        same |= {"start": problem.start} | stages.identity()
        same |= {name: np.array(value, float) for name, value in settings.items()}
        checkpoint = Checkpoint(options["checkpoint"], options["every"], same)
    with line(options["progress"], "design", stages.most) as show:
        return minimize(problem, method, stages, checkpoint, options["callback"], show)
