"""One matrix of a batch after the other, in the type of the factors; what becomes of one that is unusable."""

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

UNUSABLE = (SingularMatrixError, NotPositiveDefiniteError, NonFiniteError, ConvergenceError)
_DOUBLE = {char: np.result_type(char, np.float64) for char in "fdFD"}


def working_dtype(values: NDArray[Any], options: SolveOptions) -> np.dtype[Any]:
    """Return the type of the factors."""
    return _DOUBLE[values.dtype.char] if options.precision == "double" else values.dtype


def note_lane(error: SparseADError, lane: int, lanes: int) -> None:
    """Say in an error which matrix of a batch it is about."""
    if lanes > 1:
        error.add_note(f"in matrix {lane} of a batch of {lanes}")


@contextmanager
def noted(lane: int, lanes: int) -> Iterator[None]:
    """Note in errors that are raised within, which matrix of a batch they are about."""
    try:
        yield
    except SparseADError as error:
        note_lane(error, lane, lanes)
        raise


def each_matrix(
    function: Callable[..., NDArray[Any]],
    values: NDArray[Any],
    out: NDArray[Any],
    pattern: Pattern,
    options: SolveOptions,
    *others: NDArray[Any],
) -> NDArray[Any]:
    """Fill `out` with a function of each matrix, shape (b, s), and of other values on its pattern.

    A matrix that is unusable gives NaN where the options say so; else its error is raised, in words of the problem
    that it comes from if they have such.
    """
    working = working_dtype(values, options)
    for lane in range(len(values)):
        try:
            out[lane] = function(*(np.ascontiguousarray(array[lane], working) for array in (values, *others)))
        except SparseADError as error:
            if options.on_singular == "nan" and isinstance(error, UNUSABLE):
                out[lane] = np.nan
                continue
            told = error if options.explain is None else options.explain(error, pattern, values[lane])
            note_lane(told, lane, len(values))
            if told is not error:
                raise told from None
            raise
    return out
