"""Derivatives of all functions of a problem along a line, by differences.

Derivation
----------
Along a direction ``v`` a function is ``phi(t) = f(x + t v)``. Its derivative comes from central differences at halved
steps, extrapolated, with a bound of the error. Where f has a kink they settle as well, on the mean of
both slopes; then::

    s(h) = (phi(h) - 2 phi(0) + phi(-h)) / h -> phi'(0+) - phi'(0-) != 0,   and s(h) ~ h phi''(0) where it is smooth

of which ``2 s(h / 2) - s(h)`` removes the part that is linear in h, and leaves the jump of the slope.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sparsead.testing.differences import extrapolated_difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fem.optimize.problem import Problem

    Array = NDArray[np.float64]

STEP = 1e-2  # the first, of the direction, which is as large as the design
_FINEST = STEP / 2**5  # the last of `extrapolated_difference`
_SEARCHED = 1e-3  # step of the search for one variable
_SINGLY = 32  # variables that are tried one by one


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives along a line, one for each function, the objective first.

    Attributes
    ----------
    derivative : float array, shape (1 + m,)
        By extrapolated differences.
    bound : float array, shape (1 + m,)
        Of their error.
    jump : float array, shape (1 + m,)
        Difference of the slopes on both sides; 0 where the function is smooth.
    """

    derivative: Array
    bound: Array
    jump: Array


def direction_within(problem: Problem, x: Array, rng: np.random.Generator) -> Array:
    """Return a random direction as large as the design, along which the first step stays within the bounds.

    Parameters
    ----------
    problem : Problem
        Its bounds.
    x : float array, shape (n,)
        The design.
    rng : numpy.random.Generator
        Chooses the signs.

    Returns
    -------
    float array, shape (n,)
        Zero for variables at a bound.
    """
    size = np.where(x == 0, np.abs(x).mean() or 1.0, np.abs(x))
    room = np.minimum(x - problem.lower, problem.upper - x) / STEP
    return np.minimum(size, room) * rng.choice([-1.0, 1.0], x.size)


def slopes(problem: Problem, x: Array, direction: Array) -> Slopes:
    """Return the derivatives of all functions along a line; twelve designs on it are evaluated.

    Parameters
    ----------
    problem : Problem
        Functions.
    x, direction : float array, shape (n,)
        The line.
    """
    phi = functools.cache(_along(problem, x, direction))
    with np.errstate(invalid="ignore"):
        middle = phi(0.0)
        found = [
            extrapolated_difference(lambda t, i=i: phi(float(t))[i], [0.0], [1.0], first_step=STEP)
            for i in range(len(middle))
        ]
        coarse, fine = ((phi(h) - 2 * middle + phi(-h)) / h for h in (2 * _FINEST, _FINEST))
        jump = np.where(np.abs(2 * fine - coarse) > 0.5 * np.abs(fine), 2 * fine - coarse, 0.0)
    return Slopes(np.array([float(d) for d, _ in found]), np.array([error for _, error in found]), jump)


def most_wrong(problem: Problem, x: Array, direction: Array, gradient: Array, function: int) -> int:
    """Return the variable in which a gradient is most wrong.

    Halves of the variables are compared, and the half followed that is more wrong, until few enough are left to be
    tried one by one: exact up to 32 variables, and then as good as random signs are.

    Parameters
    ----------
    problem : Problem
        Functions.
    x, direction : float array, shape (n,)
        Where, and how far each variable may move.
    gradient : float array, shape (n,)
        What is wrong.
    function : int
        Of which function: 0 for the objective, 1 + i for constraint i.
    """

    def fault(variables: NDArray[np.intp]) -> float:
        part = np.zeros_like(direction)
        part[variables] = direction[variables]
        phi = _along(problem, x, part)
        wide, narrow = ((phi(h) - phi(-h))[function] / (2 * h) for h in (_SEARCHED, _SEARCHED / 2))
        return abs(float((4 * narrow - wide) / 3 - gradient @ part))

    left = np.arange(x.size)
    while left.size > _SINGLY:
        left = max(np.array_split(left, 2), key=fault)
    return int(max(left, key=lambda j: fault(np.array([j]))))


def _along(problem: Problem, x: Array, direction: Array) -> Callable[[float], Array]:
    def phi(t: float) -> Array:
        value, constraints = problem.values(x + t * direction)
        return np.concatenate([[value], constraints])

    return phi
