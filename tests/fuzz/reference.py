"""Solutions in extended precision, each with a bound of what rounding may do to the library's.

Numbers travel as `Ball`: a center, and a radius for every entry. The radius of
a solution is what a backward stable method may be off by: the condition number
of the scaled matrix times the rounding of the factorization, relative to the
largest component in the units that the columns give, and what the inverse makes
of the radius of the right-hand side.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

ROUNDINGS = 100  # of a factorization, times the condition number; the largest seen was 4
LAST_PLACES = 50  # of the type of the answer
_NO_DIGIT = 0.5  # however ill-conditioned: an answer without one right digit is garbage
_SCALINGS = 4
_REFINEMENTS = 3


class Ball(NamedTuple):
    """Numbers and the bounds of their errors, two arrays of one shape."""

    center: Any
    radius: Any


class Scaled(NamedTuple):
    """``A = diag(rows) middle diag(cols)`` with largest entries of `middle` near one."""

    rows: Any
    middle: Any
    cols: Any


def scaled(full: Any) -> Scaled:
    """Return the matrix, shape (n, n), taken apart into units and numbers near one."""
    rows, cols = np.ones((len(full), 1), np.longdouble), np.ones((1, len(full)), np.longdouble)
    middle = full
    for _ in range(_SCALINGS):
        for axis in (1, 0):
            largest = np.abs(middle).max(axis=axis, keepdims=True, initial=0)
            largest = np.where(largest > 0, largest, 1)
            middle = middle / largest
            rows, cols = (rows * largest, cols) if axis == 1 else (rows, cols * largest)
    return Scaled(rows.ravel(), middle, cols.ravel())


def inverse(full: Any) -> Any:
    """Return the inverse by elimination with complete pivoting in extended precision, None of a singular matrix."""
    n = len(full)
    work = np.concatenate([full, np.eye(n, dtype=full.dtype)], axis=1)
    free_rows, free_cols = np.ones(n, bool), np.ones(n, bool)
    row_of = np.zeros(n, int)
    for _ in range(n):
        sizes = np.abs(work[:, :n]) * (free_rows[:, None] & free_cols)
        row, col = np.unravel_index(np.argmax(sizes), sizes.shape)
        if sizes[row, col] == 0:
            return None
        work[row] = work[row] / work[row, col]
        factors = work[:, col].copy()
        factors[row] = 0
        work -= factors[:, None] * work[row]
        free_rows[row] = free_cols[col] = False
        row_of[col] = row
    return work[row_of, n:]


class Reference:
    """Solves in extended precision with a matrix that has an inverse.

    Parameters
    ----------
    operator : array, shape (n, n)
        The matrix.
    rounding : float
        Relative rounding in the factors.
    last_place : float
        Relative rounding of the answer.
    smallest : float
        Below this size numbers are lost.
    """

    def __init__(self, operator: Any, *, rounding: float, last_place: float, smallest: float) -> None:
        self._operator = operator
        self._units = scaled(operator)
        middle = inverse(self._units.middle)
        self.condition = float(np.prod([np.abs(part).sum(axis=1).max() for part in (self._units.middle, middle)]))
        self._inverse = middle / self._units.cols[:, None] / self._units.rows
        self._tolerance = min(ROUNDINGS * rounding * self.condition + LAST_PLACES * last_place, _NO_DIGIT)
        self._smallest = smallest

    def solve(self, b: Ball) -> Ball:
        """Return x of A x = b for b of shape (n,) or (n, k)."""
        rhs = b.center.reshape(len(self._operator), -1)
        x = self._inverse @ rhs
        for _ in range(_REFINEMENTS):
            x = x + self._inverse @ (rhs - self._operator @ x)
        units = self._units.cols[:, None]
        of_rounding = self._tolerance * (np.abs(x) * units).max(axis=0) / units
        of_b = np.abs(self._inverse) @ b.radius.reshape(rhs.shape)
        return Ball(x.reshape(b.center.shape), (of_rounding + of_b + self._smallest).reshape(b.center.shape))


def product(a: Ball, b: Ball) -> Ball:
    """Return the matrix product, with the errors that both bring in."""
    radius = np.abs(a.center) @ b.radius + a.radius @ np.abs(b.center) + a.radius @ b.radius
    return Ball(a.center @ b.center, radius)


def exact(center: Any) -> Ball:
    """Return numbers that are known."""
    return Ball(center, np.zeros(np.shape(center), np.longdouble))
