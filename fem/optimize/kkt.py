"""How far a design is from a solution.

Derivation
----------
At a solution of ``min f(x), g_j(x) <= 0, l <= x <= u`` there are multipliers ``lam_j >= 0`` with::

    d = df/dx + sum_j lam_j dg_j/dx,   d_i >= 0 where x_i = l_i,   d_i <= 0 where x_i = u_i,   d_i = 0 between
    g_j <= 0,   lam_j g_j = 0

The residual is the largest fault, each divided by what it is measured with, so that units do not matter. That of d is
how far a variable would go down d, the steepest slope of f in the run being worth the range of the variable, before a
bound stops it, as a part of that range; g is taken as it is, lam g divided by f.

Where a method has no multipliers, those that leave the least faults of d, over variables that no bound holds, and of
lam g are a linear least squares problem with lam >= 0; of its n + m rows the triangle of a QR factorization is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.optimize.problem import Point, Problem

_HELD = 1e-6  # of its range: a variable that near to a bound is held by it


def residual(problem: Problem, point: Point, multipliers: NDArray[np.float64], unit: float) -> float:
    """Return the KKT residual of a design.

    Parameters
    ----------
    problem : Problem
        Its bounds.
    point : Point
        The design.
    multipliers : float array, shape (m,)
        Of the constraints.
    unit : float
        The steepest slope so far; that of the design itself would make every design far from a solution inside.

    Returns
    -------
    float
        0 at a solution.
    """
    width = _width(problem)
    slope = (point.slope + multipliers @ point.jacobian) / (unit or 1.0)
    moved = np.clip(point.x - width * slope, problem.lower, problem.upper) - point.x
    faults = [
        np.abs(moved / width).max(initial=0.0),
        point.constraints.max(initial=0.0),
        np.abs(multipliers * point.constraints).max(initial=0.0) / (abs(point.value) or 1.0),
    ]
    return float(max(faults))


def steepest(point: Point) -> float:
    """Return the steepest slope of the objective in a variable."""
    return float(np.abs(point.slope).max(initial=0.0))


def multipliers(problem: Problem, point: Point) -> NDArray[np.float64]:
    """Return the multipliers with which a design is nearest to a solution, shape (m,).

    Parameters
    ----------
    problem : Problem
        Its bounds.
    point : Point
        The design.
    """
    m = len(point.constraints)
    if not m:
        return np.zeros(0)
    free = (point.x - problem.lower > _HELD * _width(problem)) & (problem.upper - point.x > _HELD * _width(problem))
    unit = steepest(point) or 1.0
    rows = point.jacobian[:, free].T / unit
    slack = np.diag(point.constraints / (abs(point.value) or 1.0))
    faults = np.block([[rows, point.slope[free, None] / unit], [slack, np.zeros((m, 1))]])
    triangle: NDArray[np.float64] = np.linalg.qr(faults, mode="r")  # type: ignore[assignment] # an array, in this mode
    found: NDArray[np.float64] = nnls(triangle[:, :m], -triangle[:, m])[0]
    return found


def _width(problem: Problem) -> NDArray[np.float64]:
    width = problem.upper - problem.lower
    return np.where(np.isfinite(width) & (width > 0), width, 1.0)
