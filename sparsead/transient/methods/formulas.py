"""Implicit formulas, each as the linear algebra between its stages.

A formula carries rows from step to step: some of its own, then the unknowns k of its implicit stages. Stage i puts
``(u, v, a) = (u*, v*, a*) + (c_u, c_v, c_a) k`` into the equation of motion at ``t + c h``; everything else is linear.
The number of a stage may be traced: all stages of a step are one loop, and a program holds one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp

from sparsead.transient.methods.implicit_tableaus import ImplicitTableau


class Stage(NamedTuple):
    """Where a stage lies.

    Parameters
    ----------
    t : array, shape ()
        Its time.
    at : tuple of array
        u*, v*, a*, each (n,).
    by : tuple
        c_u, c_v, c_a.
    """

    t: Any
    at: tuple[Any, Any, Any]
    by: tuple[Any, Any, Any]


def _sum(weights: Any, rows: Any) -> Any:
    """Sum of rows times weights, shape (n,); term by term, since XLA reduces over rows slowly."""
    weights = jnp.asarray(weights, jnp.finfo(rows.dtype).dtype)
    return sum(weights[i] * rows[i] for i in range(rows.shape[0]))


@dataclass(frozen=True)
class RungeKutta:
    """A diagonally implicit tableau; rows u, then the slopes of its implicit stages."""

    tableau: ImplicitTableau
    own = 1

    @property
    def name(self) -> str:
        """Name of the method."""
        return self.tableau.name

    @property
    def stages(self) -> int:
        """Number of implicit stages."""
        return len(self.tableau.a) - self.tableau.explicit_first

    @property
    def adaptive(self) -> bool:
        """Whether steps estimate their error."""
        return self.tableau.e is not None

    @property
    def error_order(self) -> int:
        """Power of h in the error of one step."""
        return self.tableau.error_order

    @property
    def start(self) -> tuple[str, ...]:
        """What each row is at the first time."""
        last = "v" if self.tableau.explicit_first else "0"
        return ("u", *["0"] * (self.stages - 1), last)

    def stage(self, i: Any, t: Any, rows: Any, slopes: Any, h: Any) -> Stage:
        """Return stage i, given the rows of the last step and the slopes, shape (stages, n), of the stages before."""
        own = i + self.tableau.explicit_first
        time = t + jnp.asarray(self.tableau.c, h.dtype)[own] * h
        known = _sum(jnp.asarray(self.tableau.before, h.dtype)[own], self._slopes(rows, slopes))
        return Stage(time, (rows[0] + h * known, 0.0, 0.0), (h * self.tableau.gamma, 1.0, 0.0))

    def finish(self, rows: Any, slopes: Any, h: Any) -> list[Any]:
        """Return the own rows after the step."""
        return [rows[0] + h * _sum(self.tableau.b, self._slopes(rows, slopes))]

    def error(self, rows: Any, slopes: Any, h: Any) -> Any:
        """Return the difference to the embedded solution, shape (n,)."""
        return h * _sum(self.tableau.e, self._slopes(rows, slopes))

    def _slopes(self, rows: Any, slopes: Any) -> Any:
        return jnp.concatenate([rows[-1:], slopes]) if self.tableau.explicit_first else slopes


def _mean(share: float, old: Any, new: Any) -> Any:
    return share * old + (1.0 - share) * new if share else new


_BDF = {
    1: ((1.0,), 1.0),
    2: ((4 / 3, -1 / 3), 2 / 3),
    3: ((18 / 11, -9 / 11, 2 / 11), 6 / 11),
    4: ((48 / 25, -36 / 25, 16 / 25, -3 / 25), 12 / 25),
    5: ((300 / 137, -300 / 137, 200 / 137, -75 / 137, 12 / 137), 60 / 137),
}


@dataclass(frozen=True)
class BackwardDifferences:
    """BDF of fixed step; rows are the last states, newest first, then the slope."""

    order: int
    stages = 1
    adaptive = False

    @property
    def name(self) -> str:
        """Name of the method."""
        return f"bdf{self.order}"

    @property
    def own(self) -> int:
        """Number of states that are carried."""
        return self.order

    def stage(self, i: Any, t: Any, rows: Any, slopes: Any, h: Any) -> Stage:
        """Return the only stage."""
        weights, beta = _BDF[self.order]
        return Stage(t + h, (_sum(weights, rows[: self.order]), 0.0, 0.0), (h * beta, 1.0, 0.0))

    def finish(self, rows: Any, slopes: Any, h: Any) -> list[Any]:
        """Return the own rows after the step."""
        weights, beta = _BDF[self.order]
        return [_sum(weights, rows[: self.order]) + h * beta * slopes[0], *rows[: self.order - 1]]


@dataclass(frozen=True)
class GeneralizedAlpha:
    """Newmark's formulas with the equation of motion between two times; rows u, v, a.

    Parameters
    ----------
    name : str
        As users write it.
    beta, gamma : float
        Newmark's parameters.
    alpha_m, alpha_f : float
        Share of the old time in the inertia and in the other forces.

    References
    ----------
    J. Chung and G. M. Hulbert, 1993, doi:10.1115/1.2900803. O. C. Zienkiewicz and Y. M. Xie, "A simple error estimator
    and adaptive time stepping procedure for dynamic analysis", 1991, doi:10.1002/eqe.4290200907.
    """

    name: str
    beta: float = 0.25
    gamma: float = 0.5
    alpha_m: float = 0.0
    alpha_f: float = 0.0
    own = 2
    stages = 1
    start = ("u", "v", "a")
    adaptive = True
    error_order = 3

    def stage(self, i: Any, t: Any, rows: Any, slopes: Any, h: Any) -> Stage:
        """Return the only stage."""
        u, v, a = rows
        new, old = 1.0 - self.alpha_f, self.alpha_f
        ahead, faster = self._predicted(rows, h)
        return Stage(
            t + new * h,
            (_mean(old, u, ahead), _mean(old, v, faster), self.alpha_m * a if self.alpha_m else 0.0),
            (new * self.beta * h * h if self.beta else 0.0, new * self.gamma * h, 1.0 - self.alpha_m),
        )

    def finish(self, rows: Any, slopes: Any, h: Any) -> list[Any]:
        """Return the own rows after the step."""
        ahead, faster = self._predicted(rows, h)
        return [ahead + self.beta * h * h * slopes[0], faster + self.gamma * h * slopes[0]]

    def error(self, rows: Any, slopes: Any, h: Any) -> Any:
        """Return the difference to displacements of an acceleration that is linear in the step, shape (n,)."""
        return (1.0 / 6.0 - self.beta) * h * h * (slopes[0] - rows[2])

    def _predicted(self, rows: Any, h: Any) -> tuple[Any, Any]:
        u, v, a = rows
        return u + h * v + (0.5 - self.beta) * h * h * a, v + (1.0 - self.gamma) * h * a


def generalized_alpha(rho: float) -> GeneralizedAlpha:
    """Return the member with this spectral radius at infinite frequency: 1 keeps, 0 kills the highest modes."""
    alpha_m, alpha_f = (2 * rho - 1) / (rho + 1), rho / (rho + 1)
    shift = alpha_f - alpha_m
    return GeneralizedAlpha("generalized_alpha", 0.25 * (1 + shift) ** 2, 0.5 + shift, alpha_m, alpha_f)


def hht(alpha: float) -> GeneralizedAlpha:
    """Return the method of Hilber, Hughes and Taylor with α between −1/3 and 0."""
    return GeneralizedAlpha("hht", 0.25 * (1 - alpha) ** 2, 0.5 - alpha, 0.0, -alpha)
