"""How far a design is from a solution.

Derivation
----------
At a solution of ``min f(x), g_j(x) <= 0, l <= x <= u`` there are multipliers ``lam_j >= 0`` with::

    d = df/dx + sum_j lam_j dg_j/dx,   d_i >= 0 where x_i = l_i,   d_i <= 0 where x_i = u_i,   d_i = 0 between
    g_j <= 0,   lam_j g_j = 0

The residual is the largest fault, each divided by what it is measured with, so that units do not matter. That of d is
how far a variable would go down d, its largest possible slope being worth the range of the variable, before a bound
stops it, as a part of that range; g is taken as it is, lam g divided by f.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.optimize.problem import Point, Problem


def residual(problem: Problem, point: Point, multipliers: NDArray[np.float64]) -> float:
    """Return the KKT residual of a design.

    Parameters
    ----------
    problem : Problem
        Its bounds.
    point : Point
        The design.
    multipliers : float array, shape (m,)
        Of the constraints.

    Returns
    -------
    float
        0 at a solution.
    """
    slope = (point.slope + multipliers @ point.jacobian) / (np.abs(point.slope).max(initial=0.0) or 1.0)
    width = problem.upper - problem.lower
    width = np.where(np.isfinite(width) & (width > 0), width, 1.0)
    moved = np.clip(point.x - width * slope, problem.lower, problem.upper) - point.x
    faults = [
        np.abs(moved / width).max(initial=0.0),
        point.constraints.max(initial=0.0),
        np.abs(multipliers * point.constraints).max(initial=0.0) / (abs(point.value) or 1.0),
    ]
    return float(max(faults))
