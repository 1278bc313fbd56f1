"""A cycle through the levels: the preconditioner.

Derivation
----------
Smooth, restrict the residual, correct from the next level, prolong, smooth again::

    x  = S(0, r)
    x += P C(P^T (r - A x))
    x  = S(x, r)

C is the same on the next level, and direct on the coarsest. One visit of the next level (a V-cycle) leaves more on
each level the more there are: thin members that lie beside each other are one on a coarse grid. So every level but
the first and the last is visited several times, by Chebyshev's iteration with the cycle as its preconditioner, which
keeps C linear and symmetric; eigenvalues below its interval are taken care of by the conjugate gradients outside [1]_.
After m visits those of C A lie between 0 and 1 + 1 / T_m, with T_m Chebyshev's polynomial where the interval maps zero;
divided by that they stay below 1, which the level above relies on. What the next level solves exactly, eigenvalue 1, is
then taken whole where m is odd; where it is even only (1 - 1 / T_m) / (1 + 1 / T_m) of it, a third after two visits.

References
----------
.. [1] O. Axelsson, P. S. Vassilevski, "Algebraic multilevel preconditioning methods, II", SIAM Journal on Numerical
   Analysis 27, 1990, doi:10.1137/0727092.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp

from fem.multigrid import coarsest
from fem.multigrid.smoother import Chebyshev, Level, accelerated, product, smoothed, smoothed_after
from fem.multigrid.transfer import prolong, restrict

if TYPE_CHECKING:
    from jax import Array

    from sparsead.factors.options import SolveOptions

_LOWEST = 0.1  # eigenvalues of a cycle below it are left to the conjugate gradients


@dataclass(frozen=True)
class Settings:
    """How to go through the levels; static.

    Parameters
    ----------
    smoothing : int
        Steps of the smoother before and after.
    visits : int
        Of each level but the finest and the coarsest.
    direct : SolveOptions
        For the coarsest.
    """

    smoothing: int
    visits: int
    direct: SolveOptions


class Hierarchy(NamedTuple):
    """All levels.

    Attributes
    ----------
    levels : tuple of Level
        The finest first.
    free : array, shape (c, X, Y, Z)
        Free dofs of the coarsest.
    values : array, shape (s,)
        Stored values of the coarsest.
    """

    levels: tuple[Level, ...]
    free: Array
    values: Array

    @property
    def free_of_the_finest(self) -> Array:
        """Free dofs of the finest, shape (c, X, Y, Z)."""
        return self.levels[0].free if self.levels else self.free


def preconditioner(hierarchy: Hierarchy, settings: Settings, r: Array) -> Array:
    """Return an approximation of A^-1 r in the type of r, by a cycle in the type of the levels."""
    own = hierarchy.free.dtype
    if own == r.dtype:
        return cycle(hierarchy, settings, r)
    size = jnp.abs(r).max()
    size = jnp.where(size > 0, size, 1)  # by which residuals become numbers that single precision has
    return cycle(hierarchy, settings, (r / size).astype(own)).astype(r.dtype) * size


def cycle(hierarchy: Hierarchy, settings: Settings, r: Array, *, at: int = 0) -> Array:
    """Return an approximation of A^-1 r, linear and symmetric in r, both of shape (c, X, Y, Z).

    Parameters
    ----------
    hierarchy : Hierarchy
        The levels.
    settings : Settings
        How to go through them.
    r : array, shape (c, X, Y, Z)
        Residual, zero where dofs are not free.
    at : int
        Level to begin with.
    """
    if at == len(hierarchy.levels):
        values = hierarchy.values
        return coarsest.solve(values, r.astype(values.dtype), settings.direct).astype(r.dtype)
    level = hierarchy.levels[at]
    x, rest = smoothed(level, r, settings.smoothing)
    last = at + 1 == len(hierarchy.levels)
    below = hierarchy.free if last else hierarchy.levels[at + 1].free
    rest_below = restrict(rest) * below

    def correction(rest_below: Array) -> Array:
        return cycle(hierarchy, settings, rest_below, at=at + 1)

    if last or settings.visits == 1:
        found = correction(rest_below)
    else:
        next_level, none = hierarchy.levels[at + 1], jnp.zeros_like(rest_below)
        interval = Chebyshev(jnp.asarray(_LOWEST, r.dtype), jnp.ones((), r.dtype))
        start = (none, rest_below, none)
        beyond = accelerated(correction, partial(product, next_level), interval, start, settings.visits)
        found = beyond / (1 + 1 / _chebyshev(settings.visits, (1 + _LOWEST) / (1 - _LOWEST)))
    step = prolong(found) * level.free
    return smoothed_after(level, x + step, rest, step, settings.smoothing)


def _chebyshev(degree: int, at: float) -> float:
    """Return Chebyshev's polynomial at a number above 1."""
    return math.cosh(degree * math.acosh(at))
