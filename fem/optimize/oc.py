"""Optimality criteria: one constraint on the volume, and every density grows where it pays most.

Derivation
----------
At a minimum of f under ``g(x) <= 0`` every density between its bounds has ``-df/dx_i = lam dg/dx_i``. So each is
multiplied by a power of how much it pays, within a move limit [1]_::

    x_i <- clip(x_i (-f_i / (lam g_i))^a, x_i - move, x_i + move),   a = 1/2

and lam is such that the new design has the volume allowed. That volume falls as lam grows, and of a volume under a
linear filter the slopes tell it exactly::

    g(x + d) = g(x) + sum_i g_i d_i

so lam is found by this formula, without another call of the constraint. One call checks it, or none where it has told
the volume of the last step. Where the two differ, as under a projection, lam is found again with the constraint itself.
The method converges where more material never harms:
for the compliance, not for mechanisms.

References
----------
.. [1] M. P. Bendsøe, "Optimization of Structural Topology, Shape, and Material", Springer, 1995,
   doi:10.1007/978-3-662-03115-5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import jax
import numpy as np
from scipy.optimize import brentq

from fem.errors import OptimizationError
from fem.optimize.problem import Problem
from fem.optimize.running import Running, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.history import Result
    from fem.optimize.problem import Function, Point

_BRACKET = 1e-9, 1e9  # of the multiplier, about the middle of what single densities ask for
_ROUNDING = 1e-12  # of the volume: what two ways to add it up may differ by


@dataclass(eq=False)
class Criterion:
    """One step of the optimality criteria.

    Parameters
    ----------
    problem : Problem
        Objective and the one constraint.
    move : float
        Largest change of a density.
    damping : float
        The power a.
    sensitivity : callable or None
        Smooths the gradient of the objective.
    bracket : (float, float) or None
        Where the multiplier is looked for.
    rtol : float
        Relative accuracy of the multiplier.
    told : float
        Volume that the slopes foretold for the last design; NaN if they were wrong, or were not asked.
    """

    problem: Problem
    move: float
    damping: float
    sensitivity: Callable[[jax.Array, jax.Array], jax.Array] | None
    bracket: tuple[float, float] | None
    rtol: float
    told: float = math.nan

    def propose(self, point: Point) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the next design, shape (n,), and the multiplier, shape (1,)."""
        slope = point.slope
        if self.sensitivity is not None:
            slope = np.asarray(self.sensitivity(point.x, slope))
        costs = self._costs(point)
        pays = np.maximum(-slope, 0.0) / costs
        grown = point.x * pays**self.damping
        low = np.maximum(self.problem.lower, point.x - self.move)
        high = np.minimum(self.problem.upper, point.x + self.move)

        def design(multiplier: float) -> NDArray[np.float64]:
            return np.minimum(np.maximum(grown * multiplier**-self.damping, low), high)

        def foreseen(multiplier: float) -> float:
            return float(point.constraints[0] + costs @ (design(multiplier) - point.x))

        def volume(multiplier: float) -> float:
            return float(self.problem.constraints(design(multiplier))[0])

        rounding = _ROUNDING * (costs @ np.abs(point.x))
        linear = abs(point.constraints[0] - self.told) <= rounding
        multiplier = self._multiplier(foreseen, pays)
        self.told = foreseen(multiplier)
        if not linear and abs(volume(multiplier) - self.told) > rounding:
            multiplier, self.told = self._multiplier(volume, pays), math.nan
        return design(multiplier), np.array([multiplier])

    def _multiplier(self, volume: Callable[[float], float], pays: NDArray[np.float64]) -> float:
        """Where the volume, which falls as the multiplier grows, is the one allowed."""
        if self.bracket is not None:
            return _halved(volume, self.bracket, self.rtol)
        low, high = np.log(_median(pays) * np.array(_BRACKET))
        if volume(math.exp(low)) <= 0:  # no design within the move limit is as large
            return math.exp(low)
        if volume(math.exp(high)) > 0:  # or as small
            return math.exp(high)
        return math.exp(brentq(lambda log: volume(math.exp(log)), low, high, xtol=self.rtol))

    def forget(self) -> None:
        """Begin anew."""
        self.told = math.nan

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what the slopes told."""
        return {"told": np.array(self.told)}

    def restore(self, state: dict[str, NDArray[np.float64]]) -> None:
        """Go on from what they told."""
        self.told = float(state["told"])

    def _costs(self, point: Point) -> NDArray[np.float64]:
        """Gradient of the constraint, which must be positive."""
        costs = point.jacobian[0]
        if not (costs > 0).all():
            i = int(np.argmin(costs))
            raise OptimizationError(
                "the constraint is no volume", expected="a constraint that grows with every variable", index=i,
                got=f"d volume / d x[{i}] = {costs[i]:.6g}", fix="fem.optimize.mma takes any constraint",
            )  # fmt: skip
        return costs


def _halved(volume: Callable[[float], float], bracket: tuple[float, float], rtol: float) -> float:
    """Halve the bracket at its middle, as the educational codes do, until it is narrow."""
    low, high = bracket
    while True:
        middle = (low + high) / 2
        low, high = (low, middle) if volume(middle) <= 0 else (middle, high)
        if high - low <= rtol * (low + high):
            return middle


def _median(pays: NDArray[np.float64]) -> float:
    """Of those that pay at all."""
    return float(np.median(pays[pays > 0])) if (pays > 0).any() else 1.0


def oc(
    objective: Function,
    x0: ArrayLike,
    volume: Function,
    *,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = 1.0,
    move: float = 0.2,
    damping: float = 0.5,
    sensitivity: Callable[[jax.Array, jax.Array], jax.Array] | None = None,
    bracket: tuple[float, float] | None = None,
    rtol: float = 1e-10,
    **running: Unpack[Running],
) -> Result:
    """Minimize an objective under a bound on the volume, by optimality criteria.

    Parameters
    ----------
    objective : callable
        From densities, of the shape of `x0`, to a real number, in `jax.numpy`; more material must not harm it.
    x0 : array, any shape
        Start.
    volume : callable
        From densities to a real number that grows with each and is allowed to be zero or less.
    lower, upper : array, shape () or that of x0
        Bounds of the densities.
    move : float
        Largest change of a density in an iteration.
    damping : float
        Power of the update; 1/2 is usual, less is slower and calmer.
    sensitivity : callable, optional
        ``sensitivity(x, slope)`` smooths the gradient of the objective: `fem.design.sensitivity_filter`.
    bracket : (float, float), optional
        Where the multiplier of the volume is looked for, halved at its middle; by default around what the gradients ask
        for, over 18 orders of magnitude.
    rtol : float
        Relative accuracy of the multiplier. With ``bracket=(0, 1e9 n)``, n densities and ``rtol=1e-3`` the iterates are
        those of the educational codes, whose volumes are met to 1e-4 only.
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
        If bounds cross, the start is out of bounds, the volume does not grow with every density, or a value or gradient
        is not finite or cannot be computed; `error.result` is what was found before.

    Warns
    -----
    UserWarning
        As of `mma`.

    References
    ----------
    E. Andreassen et al., "Efficient topology optimization in MATLAB using 88 lines of code", Structural and
    Multidisciplinary Optimization 43, 2011, doi:10.1007/s00158-010-0594-7.

    Examples
    --------
    Two springs in a row: the compliance 4/a + 1/b under a + b <= 1 is least for a = 2/3.

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> found = fem.optimize.oc(lambda x: 4 / x[0] + 1 / x[1], [0.5, 0.5], lambda x: x.sum() - 1.0, change=1e-9)
    >>> found.x.round(6).tolist()
    [0.666667, 0.333333]
    """
    problem = Problem(objective, [volume], x0, lower, upper)
    method = Criterion(problem, move, damping, sensitivity, bracket, rtol)
    settings: dict[str, ArrayLike] = {
        "move": move, "damping": damping, "rtol": rtol, "bracket": bracket or (0.0, 0.0),
        "sensitivity filter": sensitivity is not None,
    }  # fmt: skip
    return run(problem, method, settings, running)
