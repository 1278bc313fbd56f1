"""The globally convergent method of moving asymptotes: each step is checked, and made more careful until it holds.

Derivation
----------
The poles of a function get an additional curvature rho. A step is taken only where every approximation lies above its
function at the new design; otherwise rho grows by what was missing and the subproblem is solved again::

    f~(x) = poles + rho d(x),   d(x) = sum_j (U_j - L_j) (x_j - x0_j)^2 / ((U_j - x_j) (x_j - L_j) D_j)
    rho <- min(10 rho, 1.1 (rho + (f(x) - f~(x)) / d(x)))

so that the objective falls from one outer iteration to the next, or constraints are better met, and the designs
converge to a solution from any start [1]_. It costs values, no gradients, for each trial.

References
----------
.. [1] K. Svanberg, "A class of globally convergent optimization methods based on conservative convex separable
   approximations", SIAM Journal on Optimization 12, 2002, doi:10.1137/S1052623499362822.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np

from fem.optimize.guard import shortened
from fem.optimize.mma import MovingAsymptotes, moving_asymptotes
from fem.optimize.running import Running, run
from fem.optimize.subproblem import solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.approximation import Motion
    from fem.optimize.history import Result
    from fem.optimize.problem import Function, Point

_TRIALS = 15
_LEAST = 1e-6  # curvature at least
_START = 0.1  # of the mean slope times the range, for the first trial
_ENOUGH = 1e-9  # an approximation may lie this much below its function, relative to the larger of the value and 1


@dataclass(eq=False)
class Conservative(MovingAsymptotes):
    """Moving asymptotes whose approximations lie above their functions at the next design."""

    def propose(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next design, shape (n,), and the multipliers, shape (m,)."""
        self.move(point)
        width = self.problem.upper - self.problem.lower
        slopes = np.concatenate([self.scale * point.slope[None], point.jacobian])
        rho = np.maximum(_LEAST, _START * (np.abs(slopes) * width).mean(axis=1))
        for _ in range(_TRIALS):
            model = self.approximation(point, rho[:, None])
            found = solve(model)
            trial, _ = shortened(self.problem, point.x, found.x)
            value, constraints = self.problem.values(trial)
            real = np.concatenate([[self.scale * value], constraints])
            missing = real - model.values(trial)
            missing[~np.isfinite(real)] = np.inf
            if (missing <= _ENOUGH * np.maximum(np.abs(real), 1.0)).all():
                break
            rho = np.where(missing > 0, np.minimum(10 * rho, 1.1 * (rho + missing / self._distance(point, trial))), rho)
        return found.x, found.lam / self.scale

    def _distance(self, point: Point, x: NDArray[np.float64]) -> float:
        """Return d(x)."""
        around = self.asymptotes
        assert around is not None, "they follow the design first"
        low, high, width = around.low, around.high, self.problem.upper - self.problem.lower
        return float(((high - low) * (x - point.x) ** 2 / ((high - x) * (x - low) * width)).sum()) or _LEAST


def gcmma(
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
    """Minimize an objective under constraints by the globally convergent method of moving asymptotes.

    Each step is checked by the values at the new design and taken again, shorter, where an approximation was too
    optimistic: it costs one or more values an iteration beyond `mma`, and converges where that oscillates.

    Parameters
    ----------
    objective, x0, constraints, lower, upper, motion, price, scale
        As of `mma`.
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
        As of `mma`.

    Warns
    -----
    UserWarning
        As of `mma`.

    References
    ----------
    K. Svanberg, "A class of globally convergent optimization methods based on conservative convex separable
    approximations", 2002, doi:10.1137/S1052623499362822.

    Examples
    --------
    A parabola, around whose minimum plain moving asymptotes oscillate.

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> found = fem.optimize.gcmma(lambda x: ((x - 0.3) ** 2).sum(), [1.0], lower=0.0, upper=1.0, change=1e-6)
    >>> found.x.round(4).tolist()
    [0.3]
    """
    method = moving_asymptotes(Conservative, objective, x0, constraints, lower, upper, motion, price, scale)
    return run(method.problem, method, method.settings(), running)
