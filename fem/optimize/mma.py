"""The method of moving asymptotes: any smooth objective, many constraints, bounds on every variable."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, TypeVar, Unpack

import numpy as np

from fem.errors import OptimizationError
from fem.optimize.approximation import Asymptotes, Motion, poles
from fem.optimize.problem import Problem, factor_of
from fem.optimize.running import Running, run
from fem.optimize.subproblem import Subproblem, solve, subproblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.history import Result
    from fem.optimize.problem import Function, Point

M = TypeVar("M", bound="MovingAsymptotes")

_CURVATURE = 1e-5  # added to every function, so that the subproblem is strictly convex


@dataclass(eq=False)
class MovingAsymptotes:
    """One step of the method; remembers the last designs and the asymptotes.

    Parameters
    ----------
    problem : Problem
        Functions and finite bounds.
    motion : Motion
        How the asymptotes move.
    price : float
        Of violating a scaled constraint, per unit of the scaled objective.
    given : float or None
        Factor of the objective; None makes the objective 1 at the first design.
    scale : float
        The factor, known from the first design on.
    """

    problem: Problem
    motion: Motion
    price: float
    given: float | None
    scale: float = 1.0
    designs: list[NDArray[np.float64]] = field(default_factory=list)
    asymptotes: Asymptotes | None = None

    def propose(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next design, shape (n,), and the multipliers, shape (m,)."""
        self.move(point)
        found = solve(self.approximation(point, _CURVATURE))
        return found.x, found.lam / self.scale

    def move(self, point: Point) -> None:
        """Let the asymptotes follow the designs; the first one gives the scale."""
        if not self.designs:
            self.scale = factor_of(point, self.given)
        self.designs = [point.x, *self.designs[:2]]
        self.asymptotes = self.motion.follow(self.designs, self.asymptotes, self.problem.lower, self.problem.upper)

    def approximation(self, point: Point, rho: float | NDArray[np.float64]) -> Subproblem:
        """Return the subproblem at a design.

        Parameters
        ----------
        point : Point
            The design.
        rho : float, or array of shape (1 + m, 1)
            Curvature added to each function.
        """
        assert self.asymptotes is not None, "they follow the design first"
        slopes = np.concatenate([self.scale * point.slope[None], point.jacobian])
        p, q = poles(point.x, slopes, rho, self.asymptotes, self.problem.upper - self.problem.lower)
        values = np.concatenate([[self.scale * point.value], point.constraints])
        return subproblem(p, q, values, point.x, self.asymptotes, self.price)

    def forget(self) -> None:
        """Begin anew: scale, designs and asymptotes were those of other functions."""
        self.designs, self.asymptotes = [], None

    def settings(self) -> dict[str, float]:
        """Return the numbers that a run goes on with only if they are the same."""
        return asdict(self.motion) | {"price": self.price, "scale": self.given or 0.0}

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return the last designs, the asymptotes and the scale."""
        around = {f.name: getattr(self.asymptotes, f.name) for f in fields(Asymptotes)} if self.asymptotes else {}
        return {"designs": np.array(self.designs), "scale": np.array(self.scale)} | around

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """Go on from them."""
        self.designs, self.scale = list(state["designs"]), float(state["scale"])
        self.asymptotes = Asymptotes(*(state[f.name] for f in fields(Asymptotes)))


def mma(
    objective: Function,
    x0: ArrayLike,
    constraints: Sequence[Function] = (),
    *,
    lower: ArrayLike,
    upper: ArrayLike,
    motion: Motion | None = None,
    price: float = 1000.0,
    scale: float | None = None,
    **running: Unpack[Running],
) -> Result:
    """Minimize an objective under constraints by the method of moving asymptotes.

    Parameters
    ----------
    objective : callable
        From a design, of the shape of `x0`, to a real number, in `jax.numpy`.
    x0 : array, any shape
        Start; it need not meet the constraints.
    constraints : sequence of callables
        From a design to a real number, or a vector of them, met where not positive. Best written such that 1 is a large
        violation: ``stress / limit - 1``.
    lower, upper : array, shape () or that of x0
        Bounds, finite: the asymptotes are measured with them.
    motion : Motion, optional
        How the asymptotes move and how far a step may go.
    price : float
        What a violation of 1 costs, in units of the objective at the start; larger than any multiplier of a constraint
        that can be met.
    scale : float, optional
        Factor of the objective inside the method; by default it makes the objective 1 at the start.
    **running
        ``max_iterations``, ``change``, ``residual``, ``stagnation``, ``stages``, ``per_stage``, ``checkpoint``,
        ``every``, ``callback``, ``progress``, ``check_gradients``, ``guard``: see `Running`.

    Returns
    -------
    Result
        The last design that was evaluated, why it stopped, and the history.

    Raises
    ------
    OptimizationError
        If bounds cross or are not finite, the start is out of bounds, a constraint does not depend on the design, or a
        value or gradient is not finite or cannot be computed; `error.result` is what was found before.

    Warns
    -----
    UserWarning
        If the start violates a constraint, or a checkpoint cannot be written.

    References
    ----------
    K. Svanberg, "The method of moving asymptotes", 1987, doi:10.1002/nme.1620240207.

    Examples
    --------
    The point of two discs that is closest to the origin, in squares.

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> discs = [lambda x: ((x - jax.numpy.array([5.0, 2.0, 1.0])) ** 2).sum() - 9.0,
    ...          lambda x: ((x - jax.numpy.array([3.0, 4.0, 3.0])) ** 2).sum() - 9.0]
    >>> found = fem.optimize.mma(lambda x: (x**2).sum(), [4.0, 3.0, 2.0], discs, lower=0.0, upper=5.0, change=1e-6)
    >>> found.x.round(4).tolist()
    [2.0175, 1.78, 1.2375]
    """
    method = moving_asymptotes(MovingAsymptotes, objective, x0, constraints, lower, upper, motion, price, scale)
    return run(method.problem, method, method.settings(), running)


def moving_asymptotes(
    kind: type[M],
    objective: Function,
    x0: ArrayLike,
    constraints: Sequence[Function],
    lower: ArrayLike,
    upper: ArrayLike,
    motion: Motion | None,
    price: float,
    scale: float | None,
) -> M:
    """Return a method of moving asymptotes at the start; see `mma`.

    Raises
    ------
    OptimizationError
        If a variable has no bounds.
    """
    problem = Problem(objective, constraints, x0, lower, upper)
    bounded = np.isfinite(problem.lower) & np.isfinite(problem.upper)
    if not bounded.all():
        i = int(np.argmin(bounded))
        raise OptimizationError(
            "a variable has no bounds", expected="finite bounds: asymptotes are measured with them", index=i,
            got=f"lower = {problem.lower[i]}, upper = {problem.upper[i]} of variable {i}",
            fix="pass how far the variable may reasonably go",
        )  # fmt: skip
    return kind(problem, motion or Motion(), price, scale)
