"""Hand-over to the optimizers of SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from scipy.optimize import BFGS, Bounds, NonlinearConstraint, minimize
from scipy.sparse.linalg import LinearOperator

from fem.errors import OptimizationError
from fem.optimize.handover import Follower, HandedOver, StoppedError, hand_over
from fem.optimize.problem import Problem, factor_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.history import Result
    from fem.optimize.problem import Function

    Array = NDArray[np.float64]

METHODS = ("trust-constr", "SLSQP", "L-BFGS-B")
_INSIDE = 1e-6  # of its range: how far from a bound an interior point method starts


def scipy(
    objective: Function,
    x0: ArrayLike,
    constraints: Sequence[Function] = (),
    *,
    method: str = "trust-constr",
    lower: ArrayLike = -np.inf,
    upper: ArrayLike = np.inf,
    scale: float | None = None,
    options: Mapping[str, Any] | None = None,
    **running: Unpack[HandedOver],
) -> Result:
    """Minimize an objective under constraints by `scipy.optimize.minimize`.

    Values and gradients of all functions come from one compiled program and are computed once for each design, with
    one factorization of each matrix. ``"trust-constr"`` is given exact second derivatives, as products.

    Parameters
    ----------
    objective : callable
        From a design, of the shape of `x0`, to a real number, in `jax.numpy`.
    x0 : array, any shape
        Start.
    constraints : sequence of callables
        From a design to a real number, or a vector of them, met where not positive.
    method : str
        ``"trust-constr"``: interior points, any size; functions without second derivatives get an approximation, a
        full matrix. ``"SLSQP"``: quadratic programs, up to some hundred variables, few iterations.
        ``"L-BFGS-B"``: no constraints, any size.
    lower, upper : array, shape () or that of x0
        Bounds; no design outside is evaluated.
    scale : float, optional
        Factor of the objective, which the library's tolerances are for; by default it makes the objective 1 at the
        start.
    options : mapping, optional
        Of the method, as SciPy says.
    **running
        ``max_iterations``, ``change``, ``residual``, ``stagnation``, ``stages``, ``per_stage``, ``callback``,
        ``progress``, ``check_gradients``: see `HandedOver`.

    Returns
    -------
    Result
        The last design, why it stopped, and the history.

    Raises
    ------
    OptimizationError
        If there is no such method, or it takes no constraints; as of `mma`.

    References
    ----------
    https://docs.scipy.org/doc/scipy/reference/generated/scipy.optimize.minimize.html

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> found = fem.optimize.scipy(lambda x: (x**2).sum(), [4.0, 3.0], [lambda x: 1.0 - x.prod()], method="SLSQP")
    >>> found.x.round(6).tolist()
    [1.0, 1.0]
    """
    problem = Problem(objective, constraints, x0, lower, upper)
    _check_method(method, bool(constraints))

    def search(follower: Follower) -> Result:
        first = follower.at(follower.start)
        factor = factor_of(first, scale)
        try:
            follower.iterate(follower.start)
            found = minimize(
                lambda x: factor * follower.at(x).value,
                _inside(problem, follower.start) if method == "trust-constr" else follower.start,
                jac=lambda x: factor * follower.at(x).slope,
                bounds=Bounds(problem.lower, problem.upper, keep_feasible=True),
                method=method,
                callback=lambda x, *_: follower.iterate(np.asarray(x)),
                options={**_defaults(method, follower.limits.max_iterations), **(options or {})},
                **_second_order(follower, factor, len(first.constraints), method),
            )
        except StoppedError:
            return follower.stopped()
        spent = not found.success and found.nit >= follower.limits.max_iterations
        reason = f"{found.nit} iterations were allowed" if spent else f"{method}: {found.message}"
        return follower.finish(found.x, bool(found.success), reason)

    return hand_over(problem, running, search)


class _Approximation(BFGS):
    """The usual one, without SciPy's warning where a linear function teaches it nothing."""

    def update(self, delta_x: Array, delta_grad: Array) -> None:
        if delta_grad.any():
            super().update(delta_x, delta_grad)


def _second_order(follower: Follower, factor: float, m: int, method: str) -> dict[str, Any]:
    """Constraints and second derivatives, as far as a method takes them.

    SciPy adds the second derivatives of objective and constraints; one product of the whole Lagrange function is given
    as that of the constraints, where there are any, and nothing as that of the objective.
    """
    problem, n = follower.problem, follower.problem.start.size

    def lagrangian(x: Array, v: Array) -> LinearOperator:
        inside, weights = follower.at(x).x, np.concatenate([[factor], v])
        return LinearOperator(
            (n, n), matvec=lambda p: problem.curvature(inside, weights, np.ravel(p) * 1.0), dtype=float
        )

    exact = method == "trust-constr" and _has_curvature(problem, m)
    given: dict[str, Any] = {}
    if method == "trust-constr":
        nothing = LinearOperator((n, n), matvec=lambda p: np.zeros(n), dtype=float)
        given["hess"] = (lambda x: nothing if m else lagrangian(x, np.zeros(0))) if exact else _Approximation()
    if m:
        given["constraints"] = NonlinearConstraint(
            lambda x: follower.at(x).constraints, -np.inf, 0.0, jac=lambda x: follower.at(x).jacobian,
            hess=lagrangian if exact else _Approximation(),
        )  # fmt: skip
    return given


def _has_curvature(problem: Problem, m: int) -> bool:
    try:
        problem.curvature(problem.start, np.ones(1 + m), np.ones_like(problem.start))
    except TypeError:
        return False
    return True


def _defaults(method: str, max_iterations: int) -> dict[str, Any]:
    """Options; with Jacobians that are full trust-constr takes 15 s instead of 0.07 s for 1200 bounded variables."""
    return {"maxiter": max_iterations} | ({"sparse_jacobian": True} if method == "trust-constr" else {})


def _inside(problem: Problem, start: Array) -> Array:
    """A start, moved off its bounds, on which the barrier is infinite."""
    width = problem.upper - problem.lower
    margin = _INSIDE * np.where(np.isfinite(width), width, 1.0)
    return np.clip(start, problem.lower + margin, problem.upper - margin)


def _check_method(method: str, constrained: bool) -> None:
    if method not in METHODS:
        raise OptimizationError(
            "there is no such method", expected=" or ".join(map(repr, METHODS)), got=f"method = {method!r}",
            fix="the others of SciPy use no gradients, or no bounds",
        )  # fmt: skip
    if method == "L-BFGS-B" and constrained:
        raise OptimizationError(
            "the method takes no constraints", expected="no constraints, or another method", got=f"method = {method!r}",
            fix="method='trust-constr' takes any number of them",
        )  # fmt: skip
