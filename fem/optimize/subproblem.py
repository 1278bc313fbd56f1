"""The convex subproblem of moving asymptotes, by a primal-dual interior point method.

Derivation
----------
::

    min  g_0(x) + sum_i (c y_i + y_i^2 / 2),   g_i(x) - y_i <= 0,   alpha <= x <= beta,   y >= 0
    g_i(x) = r_i + sum_j p_ij / (U_j - x_j) + q_ij / (x_j - L_j)

y keeps it solvable where the constraints cannot be met, at a price c. With multipliers lam of the constraints, xi and
eta of the bounds, mu of y and slacks s, the conditions of a solution are, with e instead of 0 in the products::

    g_0' + G^T lam - xi + eta = 0       c + y - lam - mu = 0       g - y + s = 0       G = dg/dx
    xi (x - alpha) = e       eta (beta - x) = e       mu y = e       lam s = e

Newton's method on them, e going to zero. With D = g'' + xi / (x - alpha) + eta / (beta - x) and Y = 1 + mu / y, both
diagonal, everything but the m unknowns dlam is eliminated [1]_::

    t_x = g_0' + G^T lam - e / (x - alpha) + e / (beta - x),   t_y = c + y - lam - e / y,   t_s = g - y + e / lam
    (G D^-1 G^T + 1 / W) dlam = t - G D^-1 t_x,   dx = -D^-1 (t_x + G^T dlam),   dy = (dlam - t_y) / Y
    1 / W = 1 / Y + s / lam,   t = t_s + t_y / Y

or, where there are more constraints than variables, everything but the n unknowns dx::

    (D + G^T W G) dx = -t_x - G^T W t,   dlam = W (G dx + t)

so that an iteration costs m n min(m, n), and n alone where there is one constraint. Both are solved for D^1/2 dx.

References
----------
.. [1] K. Svanberg, "MMA and GCMMA: two methods for nonlinear optimization", Optimization and Systems Theory, KTH
   Stockholm, 2007.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import cho_factor, cho_solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.optimize.approximation import Asymptotes

    Array = NDArray[np.float64]

_LEAST = 1e-9  # e at the end, relative to the first
_MOST_STEPS, _MOST_HALVINGS = 100, 50
_INSIDE = 1.01  # a full step stops this much before a quantity that must be positive is zero


@dataclass(frozen=True, eq=False)
class Subproblem:
    """What is minimized.

    Parameters
    ----------
    p, q : float array, shape (1 + m, n)
        Poles of the objective and of the constraints.
    r : float array, shape (1 + m,)
        Constants.
    asymptotes : Asymptotes
        L, U, alpha, beta.
    price : float
        c.
    """

    p: Array
    q: Array
    r: Array
    asymptotes: Asymptotes
    price: float

    def values(self, x: Array) -> Array:
        """Return g_0 and g, shape (1 + m,)."""
        return self.r + self.p @ (1 / (self.asymptotes.high - x)) + self.q @ (1 / (x - self.asymptotes.low))


def subproblem(p: Array, q: Array, values: Array, x: Array, asymptotes: Asymptotes, price: float) -> Subproblem:
    """Return the subproblem whose functions have given values, shape (1 + m,), at a design, shape (n,)."""
    plain = Subproblem(p, q, np.zeros(len(values)), asymptotes, price)
    return Subproblem(p, q, values - plain.values(x), asymptotes, price)


@dataclass(frozen=True, eq=False)
class Iterate:
    """Unknowns of the interior point method; all but x are positive.

    Attributes
    ----------
    x, xi, eta : float array, shape (n,)
        Variables, multipliers of their bounds.
    y, lam, mu, s : float array, shape (m,)
        Violations, multipliers, slacks.
    """

    x: Array
    xi: Array
    eta: Array
    y: Array
    lam: Array
    mu: Array
    s: Array

    def plus(self, step: Iterate, length: float) -> Iterate:
        """Return the point a part of a step further."""
        return Iterate(*(getattr(self, f.name) + length * getattr(step, f.name) for f in fields(self)))


@dataclass(frozen=True, eq=False)
class Local:
    """What both the conditions and Newton's method need at a point: distances, and four products with p and q.

    Attributes
    ----------
    above, below : float array, shape (n,)
        beta - x and x - alpha.
    up, down : float array, shape (n,)
        1 / (U - x) and 1 / (x - L).
    p, q : float array, shape (n,)
        Poles of the Lagrange function.
    values : float array, shape (1 + m,)
        g_0 and g.
    """

    above: Array
    below: Array
    up: Array
    down: Array
    p: Array
    q: Array
    values: Array

    @cached_property
    def slope(self) -> Array:
        """g_0' + G^T lam, shape (n,)."""
        return self.p * self.up**2 - self.q * self.down**2

    @property
    def curvature(self) -> Array:
        """Second derivatives of the Lagrange function, shape (n,)."""
        return 2 * (self.p * (self.up * self.up**2) + self.q * (self.down * self.down**2))


def _local(problem: Subproblem, now: Iterate) -> Local:
    a = problem.asymptotes
    up, down = 1 / (a.high - now.x), 1 / (now.x - a.low)
    weight = np.concatenate([[1.0], now.lam])
    values = problem.r + problem.p @ up + problem.q @ down
    return Local(a.beta - now.x, now.x - a.alpha, up, down, weight @ problem.p, weight @ problem.q, values)


def solve(problem: Subproblem) -> Iterate:
    """Return the solution.

    Parameters
    ----------
    problem : Subproblem
        Strictly convex.
    """
    a = problem.asymptotes
    m, x = len(problem.r) - 1, (a.alpha + a.beta) / 2
    now = Iterate(
        x,
        np.maximum(1.0, 1 / (x - a.alpha)),
        np.maximum(1.0, 1 / (a.beta - x)),
        np.ones(m),
        np.ones(m),
        np.full(m, max(1.0, problem.price / 2)),
        np.ones(m),
    )
    e = 1.0
    while e > _LEAST:
        now = _central(problem, now, e)
        e *= 0.1
    return now


def _central(problem: Subproblem, now: Iterate, e: float) -> Iterate:
    """Newton's method for one e, with steps halved until the conditions are met better."""
    local = _local(problem, now)
    worst, norm = _residual(problem, now, local, e)
    for _ in range(_MOST_STEPS):
        if worst < 0.9 * e:
            break
        step = _newton(problem, now, local, e)
        length = _longest(now, local, step)
        for _ in range(_MOST_HALVINGS):
            following = now.plus(step, length)
            local = _local(problem, following)
            worst, new = _residual(problem, following, local, e)
            if new < norm:
                break
            length /= 2
        now, norm = following, new
    return now


def _residual(problem: Subproblem, now: Iterate, local: Local, e: float) -> tuple[float, float]:
    """The largest fault of the conditions, and the length of all of them."""
    faults = [
        local.slope - now.xi + now.eta,
        problem.price + now.y - now.lam - now.mu,
        local.values[1:] - now.y + now.s,
        now.xi * local.below - e,
        now.eta * local.above - e,
        now.mu * now.y - e,
        now.lam * now.s - e,
    ]
    worst = max(float(max(fault.max(initial=0.0), -fault.min(initial=0.0))) for fault in faults)
    return worst, float(np.sqrt(sum(fault @ fault for fault in faults)))


def _newton(problem: Subproblem, now: Iterate, local: Local, e: float) -> Iterate:
    y, lam = now.y, now.lam
    below, above = 1 / local.below, 1 / local.above
    root = 1 / np.sqrt(local.curvature + now.xi * below + now.eta * above)
    softness = 1 / (1 + now.mu / y)
    t_x = root * (local.slope + e * (above - below))
    t_y = problem.price + y - lam - e / y
    t_s = local.values[1:] - y + e / lam
    # G D^-1/2: the product with its own transpose is computed by half, and nothing of this size is made twice.
    g = problem.p[1:] * (root * local.up**2)
    g -= problem.q[1:] * (root * local.down**2)
    scaled_x, d_lam = _reduced(g, softness + now.s / lam, t_x, t_s + softness * t_y)
    d_x = root * scaled_x
    d_y = softness * (d_lam - t_y)
    return Iterate(
        d_x,
        (e - now.xi * d_x) * below - now.xi,
        (e + now.eta * d_x) * above - now.eta,
        d_y,
        d_lam,
        (e - now.mu * d_y) / y - now.mu,
        (e - now.s * d_lam) / lam - now.s,
    )


def _reduced(g: Array, soft: Array, t_x: Array, t: Array) -> tuple[Array, Array]:
    """D^1/2 dx, shape (n,), and dlam, shape (m,), from the smaller system, with G D^-1/2, 1 / W, D^-1/2 t_x and t."""
    m, n = g.shape
    if m == 0:
        return -t_x, t
    if m > n:
        weighted = g / np.sqrt(soft)[:, None]
        z = _solve_definite(weighted.T @ weighted + np.eye(n), -t_x - g.T @ (t / soft))
        return z, (g @ z + t) / soft
    d_lam = _solve_definite(g @ g.T + np.diag(soft), t - g @ t_x)
    return -(t_x + d_lam @ g), d_lam


def _solve_definite(matrix: Array, b: Array) -> Array:
    """Without SciPy's warning of a bad condition: that of an interior point grows without bound near the solution."""
    return np.asarray(cho_solve(cho_factor(matrix, overwrite_a=True), b))


def _longest(now: Iterate, local: Local, step: Iterate) -> float:
    """The longest part of a step, at most 1, that keeps positive what must be."""
    ratios = [getattr(step, name) / getattr(now, name) for name in ("xi", "eta", "y", "lam", "mu", "s")]
    ratios += [step.x / local.below, -step.x / local.above]
    shrinking = max(float(-ratio.min(initial=0.0)) for ratio in ratios)
    return 1 / max(1.0, _INSIDE * shrinking)
