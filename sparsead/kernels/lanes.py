"""One matrix of a batch after the other; what becomes of one that is unusable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import (
    ConvergenceError,
    NonFiniteError,
    NotPositiveDefiniteError,
    SingularMatrixError,
    SparseADError,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern

_UNUSABLE = (SingularMatrixError, NotPositiveDefiniteError, NonFiniteError, ConvergenceError)
_DOUBLE = {char: np.result_type(char, np.float64) for char in "fdFD"}


def in_type_of_factors(array: NDArray[Any], options: SolveOptions) -> NDArray[Any]:
    """Return values or right-hand sides as the factorization takes them: contiguous, and in double unless asked for."""
    return np.ascontiguousarray(array, _DOUBLE[array.dtype.char] if options.precision == "double" else array.dtype)


def _nan(*_: NDArray[Any]) -> float:
    return np.nan


@contextmanager
def noted(lane: int, lanes: int) -> Iterator[None]:
    """Note in errors that are raised within, which matrix of a batch they are about."""
    try:
        yield
    except SparseADError as error:
        _note(error, lane, lanes)
        raise


def each_matrix(
    function: Callable[..., NDArray[Any]],
    values: NDArray[Any],
    out: NDArray[Any],
    pattern: Pattern,
    options: SolveOptions,
    *others: NDArray[Any],
    unusable: Callable[..., Any] = _nan,
) -> NDArray[Any]:
    """Fill `out` with a function of each matrix, shape (b, s), and of what belongs to it.

    A matrix that is unusable gives NaN where the options say so, or what `unusable` makes of the others; else its error
    is raised, in words of the problem that it comes from if they have such.
    """
    for lane in range(len(values)):
        try:
            out[lane] = function(values[lane], *(array[lane] for array in others))
        except SparseADError as error:
            if options.on_singular == "nan" and isinstance(error, _UNUSABLE):
                out[lane] = unusable(*(array[lane] for array in others))
                continue
            told = error if options.explain is None else options.explain(error, pattern, values[lane])
            _note(told, lane, len(values))
            if told is not error:
                raise told from None  # whoever knows the problem has said all; the words of the matrix would mislead
            raise
    return out


def _note(error: SparseADError, lane: int, lanes: int) -> None:
    if lanes > 1:
        error.add_note(f"in matrix {lane} of a batch of {lanes}")
