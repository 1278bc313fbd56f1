"""Hand-over to Ipopt: the only door to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from fem.errors import OptimizationError
from fem.libraries import required
from fem.optimize.handover import Follower, HandedOver, StoppedError, hand_over
from fem.optimize.problem import Problem, factor_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.history import Result
    from fem.optimize.problem import Function

    Array = NDArray[np.float64]

# Second derivatives, of which it wants all entries, are approximated from gradients.
_DEFAULTS: dict[str, Any] = {"print_level": 0, "sb": "yes", "hessian_approximation": "limited-memory"}
_UNBOUNDED = 1e20  # it takes bounds from 1e19 on for none
_RESTORING = 1  # in its restoration phase designs are not iterates
_CONVERGED = (0, 1)  # solved; solved to its acceptable tolerances


def ipopt(
    objective: Function,
    x0: ArrayLike,
    constraints: Sequence[Function] = (),
    *,
    lower: ArrayLike = -np.inf,
    upper: ArrayLike = np.inf,
    scale: float | None = None,
    options: Mapping[str, Any] | None = None,
    **running: Unpack[HandedOver],
) -> Result:
    """Minimize an objective under constraints by Ipopt: interior points with a filter line search.

    Values and gradients of all functions come from one compiled program and are computed once for each design, with
    one factorization of each matrix. Of second derivatives it has an approximation of limited memory. It moves a start
    off its bounds first.

    Parameters
    ----------
    objective : callable
        From a design, of the shape of `x0`, to a real number, in `jax.numpy`.
    x0 : array, any shape
        Start.
    constraints : sequence of callables
        From a design to a real number, or a vector of them, met where not positive.
    lower, upper : array, shape () or that of x0
        Bounds; no design outside is evaluated.
    scale : float, optional
        Factor of the objective, which the library's tolerances are for; by default it makes the objective 1 at the
        start.
    options : mapping, optional
        Of Ipopt, as its documentation says: ``{"tol": 1e-6, "print_level": 5}``.
    **running
        ``max_iterations``, ``change``, ``residual``, ``stagnation``, ``stages``, ``per_stage``, ``callback``,
        ``progress``, ``check_gradients``: see `HandedOver`.

    Returns
    -------
    Result
        The last design, why it stopped, and the history.

    Raises
    ------
    LibraryMissingError
        If cyipopt is not installed: ``pip install 'sparsead[ipopt]'``, where Ipopt is on the system.
    OptimizationError
        If an option is none of Ipopt's; as of `mma`.

    References
    ----------
    A. Wächter, L. T. Biegler, "On the implementation of an interior-point filter line-search algorithm for large-scale
    nonlinear programming", Mathematical Programming 106, 2006, doi:10.1007/s10107-004-0559-y.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> found = fem.optimize.ipopt(lambda x: (x**2).sum(), [4.0, 3.0], [lambda x: 1.0 - x.prod()])
    >>> found.x.round(6).tolist()
    [1.0, 1.0]
    """
    library = _library()
    problem = Problem(objective, constraints, x0, lower, upper)

    def search(follower: Follower) -> Result:
        first = follower.at(follower.start)
        m = len(first.constraints)
        run = library.Problem(
            problem.start.size, m, _Functions(follower, factor_of(first, scale)),
            lb=np.maximum(problem.lower, -_UNBOUNDED), ub=np.minimum(problem.upper, _UNBOUNDED),
            cl=np.full(m, -_UNBOUNDED), cu=np.zeros(m),
        )  # fmt: skip
        given = {**_DEFAULTS, "max_iter": follower.limits.max_iterations, **(options or {})}
        for name, value in given.items():
            _set(run, name, value)
        try:
            x, found = run.solve(follower.start)
        except StoppedError:
            return follower.stopped()
        return follower.finish(x, found["status"] in _CONVERGED, f"ipopt: {found['status_msg'].decode()}")

    return hand_over(problem, running, search)


class _Functions:
    """What Ipopt asks for, under its names.

    Parameters
    ----------
    follower : Follower
        Evaluates, and keeps the history.
    factor : float
        Of the objective.
    """

    def __init__(self, follower: Follower, factor: float) -> None:
        self._follower, self._factor = follower, factor
        self._stands = follower.start

    def objective(self, x: Array) -> float:
        return self._factor * self._follower.at(x).value

    def gradient(self, x: Array) -> Array:
        self._stands = np.array(x)
        return self._factor * self._follower.at(x).slope

    def constraints(self, x: Array) -> Array:
        return self._follower.at(x).constraints

    def jacobian(self, x: Array) -> Array:
        return self._follower.at(x).jacobian.reshape(-1)

    def intermediate(self, phase: int, *_: object) -> bool:
        """An iteration: the design is the last of which it asked for the gradient, to see how far it has converged."""
        if phase != _RESTORING:
            self._follower.iterate(self._stands)
        return True


def _set(run: Any, name: str, value: Any) -> None:
    try:
        run.add_option(name, value)
    except (TypeError, ValueError) as error:
        raise OptimizationError(
            "Ipopt does not take an option", expected="a name and a value of https://coin-or.github.io/Ipopt/OPTIONS",
            got=f"options = {{{name!r}: {value!r}}}", fix="numbers with a point where it wants real ones: 1.0, not 1",
        ) from error  # fmt: skip


def _library() -> ModuleType:
    fix = (
        "apt install coinor-libipopt-dev, or brew install ipopt, then pip install 'sparsead[ipopt]'; or take "
        "fem.optimize.scipy with method='trust-constr'"
    )
    with required("cyipopt", "interior points with a filter are those of", fix):
        import cyipopt
    module: ModuleType = cyipopt
    return module
