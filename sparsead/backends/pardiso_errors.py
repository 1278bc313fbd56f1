"""PARDISO's error codes as exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparsead.backends.backend import not_positive_definite
from sparsead.errors import BackendError, SingularMatrixError

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVERFLOW = -8
_ZERO_PIVOT = -4
_NO_MATCHING = -6
_SINGULAR_DIAGONAL = -7
_POSITIVE_DEFINITE_TYPES = (2, 4)
_SMALLER = "use another backend, a smaller problem, or a machine with more memory"
_REPORT = "this is a fault of sparsead: please report it with the matrix; meanwhile pass another backend"
_TEXTS = {
    -1: ("inconsistent input", _REPORT),
    -2: ("out of memory", _SMALLER),
    -3: ("reordering problem", _REPORT),
    -5: ("unclassified internal error", "pass another backend, for example backend='superlu'"),
    OVERFLOW: ("32-bit integers overflow", _REPORT),
    -9: ("not enough memory for out-of-core factors", _SMALLER),
    -10: ("error opening out-of-core files", _SMALLER),
    -11: ("read or write error with out-of-core files", _SMALLER),
    -12: ("pardiso_64 called from a 32-bit library", "install the 64-bit MKL"),
    -13: ("interrupted", "solve again"),
    -15: ("internal error in the settings", _REPORT),
}


class IndexOverflowError(BackendError):
    """The factors need 64-bit integers."""


def check(code: int, figures: NDArray[Any], *, mtype: int, n: int) -> None:
    """Raise the exception for an error code; zero is none.

    Parameters
    ----------
    code : int
        What PARDISO returned.
    figures : int array, shape (64,)
        ``iparm`` after the call; ``iparm(30)`` is the column of a bad pivot, counted from 1.
    mtype : int
        Matrix type.
    n : int
        Unknowns.

    Raises
    ------
    NotPositiveDefiniteError
        If a pivot of a matrix declared positive definite is not; ``column`` is set.
    SingularMatrixError
        If no nonzero diagonal can be found, or a pivot is zero.
    BackendError
        For all other codes.
    """
    if code == 0:
        return
    column = int(figures[29]) - 1
    if code == _ZERO_PIVOT and mtype in _POSITIVE_DEFINITE_TYPES:
        raise not_positive_definite(column)
    if code in (_ZERO_PIVOT, _NO_MATCHING, _SINGULAR_DIAGONAL):
        raise singular(column if code == _ZERO_PIVOT and column >= 0 else None)
    text, fix = _TEXTS.get(code, ("unknown error", _REPORT))
    kind = IndexOverflowError if code == OVERFLOW else BackendError
    raise kind(
        f"PARDISO failed: {text}",
        expected="error code 0",
        got=f"error code {code}, matrix of shape ({n}, {n}), mtype {mtype}",
        fix=fix,
    )


def singular(column: int | None) -> SingularMatrixError:
    """Return the error for a zero pivot in a column, or, with None, in all of them."""
    return SingularMatrixError(
        "matrix is singular",
        expected="a nonsingular matrix",
        got="no pivots other than zero" if column is None else f"a zero pivot in column {column}",
        fix="remove the dependent equation, or prescribe that dof",
        dof=column,
    )
