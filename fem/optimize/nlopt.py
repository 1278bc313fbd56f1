"""Hand-over to NLopt: the only door to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from fem.errors import OptimizationError
from fem.libraries import required
from fem.optimize.handover import Follower, HandedOver, StoppedError, hand_over
from fem.optimize.problem import Problem, factor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.history import Result
    from fem.optimize.problem import Function

    Array = NDArray[np.float64]

ALGORITHMS = ("LD_MMA", "LD_CCSAQ", "LD_SLSQP", "LD_LBFGS", "LD_TNEWTON_PRECOND_RESTART")
CONSTRAINED = ("LD_MMA", "LD_CCSAQ", "LD_SLSQP")
_MET = 1e-8  # a constraint up to this is met
_RTOL = 1e-8  # of the objective and of the design: it has no tolerances of its own
_REASONS = {
    1: "it says no more than success", 3: "the objective changes no more", 4: "the design changes no more",
}  # fmt: skip


def nlopt(
    objective: Function,
    x0: ArrayLike,
    constraints: Sequence[Function] = (),
    *,
    algorithm: str = "LD_CCSAQ",
    lower: ArrayLike = -np.inf,
    upper: ArrayLike = np.inf,
    scale: float | None = None,
    rtol: float = _RTOL,
    **running: Unpack[HandedOver],
) -> Result:
    """Minimize an objective under constraints by NLopt.

    Values and gradients of all functions come from one compiled program and are computed once for each design, with
    one factorization of each matrix. NLopt tells of no iterations: the history has every design whose gradient it asked
    for, also those that it then refused.

    Parameters
    ----------
    objective : callable
        From a design, of the shape of `x0`, to a real number, in `jax.numpy`.
    x0 : array, any shape
        Start.
    constraints : sequence of callables
        From a design to a real number, or a vector of them, met where not positive.
    algorithm : str
        With constraints ``"LD_CCSAQ"``, ``"LD_MMA"``, ``"LD_SLSQP"`` (some hundred variables); without also
        ``"LD_LBFGS"``, ``"LD_TNEWTON_PRECOND_RESTART"``.
    lower, upper : array, shape () or that of x0
        Bounds.
    scale : float, optional
        Factor of the objective; by default it makes the objective 1 at the start.
    rtol : float
        Stop where objective or design change by less than this part of themselves.
    **running
        ``max_iterations``, ``change``, ``residual``, ``stagnation``, ``stages``, ``per_stage``, ``callback``,
        ``progress``, ``check_gradients``: see `HandedOver`.

    Returns
    -------
    Result
        The best design that it found, why it stopped, and the history.

    Raises
    ------
    LibraryMissingError
        If nlopt is not installed: ``pip install 'sparsead[nlopt]'``.
    OptimizationError
        If there is no such algorithm, it takes no constraints, or it fails; as of `mma`.

    References
    ----------
    S. G. Johnson, The NLopt nonlinear-optimization package, https://nlopt.readthedocs.io.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> found = fem.optimize.nlopt(lambda x: (x**2).sum(), [4.0, 3.0], [lambda x: 1.0 - x.prod()], algorithm="LD_SLSQP")
    >>> found.x.round(6).tolist()
    [1.0, 1.0]
    """
    library = _library()
    _check_algorithm(algorithm, bool(constraints))
    problem = Problem(objective, constraints, x0, lower, upper)

    def search(follower: Follower) -> Result:
        first = follower.at(follower.start)
        raised: list[Exception] = []
        run = library.opt(getattr(library, algorithm), problem.start.size)
        run.set_lower_bounds(problem.lower)
        run.set_upper_bounds(problem.upper)
        run.set_min_objective(_passing(raised, _objective(follower, factor_of(first, scale))))
        if len(first.constraints):
            run.add_inequality_mconstraint(
                _passing(raised, _constraints(follower)), np.full(len(first.constraints), _MET)
            )
        run.set_ftol_rel(rtol)
        run.set_xtol_rel(rtol)
        try:
            x = run.optimize(follower.start)
        except Exception as error:
            if not raised:
                raise _failure(algorithm, error) from error
            if isinstance(raised[0], StoppedError):
                return follower.stopped()
            raise raised[0] from None
        return follower.finish(x, True, f"{algorithm}: {_REASONS[run.last_optimize_result()]}")

    return hand_over(problem, running, search)


def _passing(raised: list[Exception], function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose errors are kept: of some algorithms a failure without words comes out instead."""

    def passing(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except Exception as error:
            raised.append(error)
            raise

    return passing


def _objective(follower: Follower, factor: float) -> Any:
    def objective(x: Array, slope: Array) -> float:
        point = follower.at(x)
        if slope.size:
            follower.iterate(x)
            slope[:] = factor * point.slope
        return factor * point.value

    return objective


def _constraints(follower: Follower) -> Any:
    def constraints(values: Array, x: Array, jacobian: Array) -> None:
        point = follower.at(x)
        values[:] = point.constraints
        if jacobian.size:
            jacobian[:] = point.jacobian

    return constraints


def _check_algorithm(algorithm: str, constrained: bool) -> None:
    if algorithm not in ALGORITHMS:
        raise OptimizationError(
            "there is no such algorithm", expected=", ".join(ALGORITHMS), got=f"algorithm = {algorithm!r}",
            fix="those without gradients, or without bounds, are left out",
        )  # fmt: skip
    if constrained and algorithm not in CONSTRAINED:
        raise OptimizationError(
            "the algorithm takes no constraints", expected=", ".join(CONSTRAINED), got=f"algorithm = {algorithm!r}",
            fix="algorithm='LD_CCSAQ' takes any number of them",
        )  # fmt: skip


def _failure(algorithm: str, error: Exception) -> OptimizationError:
    return OptimizationError(
        f"{algorithm} failed", expected="a design from which it goes on", got=str(error) or type(error).__name__,
        fix="scale constraints such that a violation of 1 is large, or take fem.optimize.mma",
    )  # fmt: skip


def _library() -> ModuleType:
    fix = "pip install 'sparsead[nlopt]', or take fem.optimize.mma or fem.optimize.scipy"
    with required("nlopt", "these optimizers are those of", fix):
        import nlopt
    module: ModuleType = nlopt
    return module
