"""Keep extreme numbers within the range of a factorization: scaling by powers of two, which is exact.

Entries of 1e-310 or 1e200 are no fault of a matrix, yet their products in an
elimination under- or overflow. Brought near one, they behave like any others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import NonFiniteError
from sparsead.factors.squares import sum_of_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

_USUAL = range(-20, 65)  # binary exponents for which a library may compare pivots with fixed numbers
# The mean square of finite values whose largest has a usual exponent, and whose products stay within range.
_ORDINARY_SQUARES = {char: (2.0**-42, 2.0**128 if char in "dD" else 2.0**64) for char in "fdFD"}
_MODERATE_SQUARES = {
    char: (float(limit.tiny / limit.eps), float(limit.max)) for char in "fdFD" for limit in [np.finfo(char)]
}
_SAFE = 4  # numbers up to this root of the largest one survive the products of an elimination


def shift_to_one(values: NDArray[Any]) -> int:
    """Return the power of two that brings small or huge values near one; zero where they are neither.

    PARDISO takes 1e-15 times the identity for singular, since it compares pivots with a fixed number.

    Parameters
    ----------
    values : array, shape (s,)
        Finite values.
    """
    exponent = _exponent(values)
    return 0 if exponent in _USUAL and not _is_extreme(exponent, values.dtype) else -exponent


def has_extreme(rows: NDArray[Any]) -> bool:
    """Return whether a row, shape (k, n), has a largest entry that is extreme."""
    return any(_is_extreme(_exponent(row), rows.dtype) for row in rows)


def is_ordinary(values: NDArray[Any]) -> bool:
    """Return whether values, shape (s,), are finite and their largest is near one; may say no of ordinary ones."""
    low, high = _ORDINARY_SQUARES[values.dtype.char]
    return low * values.size <= sum_of_squares(values) < high


def is_moderate(x: NDArray[Any]) -> bool:
    """Return whether an array is finite and neither tiny nor huge, or zero; may say no of a moderate one."""
    low, high = _MODERATE_SQUARES[x.dtype.char]
    return low < sum_of_squares(x) < high or not x.any()


def exponents(rows: NDArray[Any]) -> NDArray[np.integer]:
    """Return the binary exponent of the largest entry of each row, shape (k, 1)."""
    return np.array([[_exponent(row)] for row in rows], np.int64).reshape(-1, 1)


def shifted(array: NDArray[Any], power: Any) -> NDArray[Any]:
    """Return ``array * 2**power``; exact unless the result is subnormal, infinite where it overflows."""
    parts = np.ascontiguousarray(array).view(array.real.dtype)
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(parts, np.asarray(power, np.int32)).view(array.dtype)


def check_finite_solution(x: NDArray[Any]) -> None:
    """Raise `NonFiniteError` with the place of the first entry of a solution, shape (k, n), that is not finite."""
    finite = np.isfinite(x)
    if finite.all():
        return
    column, row = (int(i[0]) for i in np.nonzero(~finite))
    raise NonFiniteError(
        "solution is not finite",
        expected=f"a solution within the range of {x.dtype}",
        got=f"x[{row}{'' if len(x) == 1 else f', {column}'}] = {x[column, row]}",
        fix="choose units in which neither the matrix nor the right-hand side is extreme",
        row=row,
        column=column,
        of="solution",
        value=x[column, row].item(),
    )


def narrowed(x: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a solution, shape (k, n), in the type that the caller wants.

    Raises
    ------
    NonFiniteError
        If it is out of the range of that type.
    """
    if x.dtype == dtype:
        return x
    with np.errstate(over="ignore", under="ignore"):
        x = x.astype(dtype)
    check_finite_solution(x)
    return x


def _is_extreme(exponent: int, dtype: np.dtype[Any]) -> bool:
    return abs(exponent) > np.finfo(dtype).maxexp // _SAFE


def _exponent(array: NDArray[Any]) -> int:
    """Binary exponent of the largest part of an array, zero for an array of zeros."""
    if not array.size:
        return 0
    parts = array.view(array.real.dtype)
    return math.frexp(max(float(parts.max()), -float(parts.min())))[1]
