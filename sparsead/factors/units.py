"""Matrices whose equations or unknowns have units of their own: how to measure without hiding an equation.

``[[1, 1e16], [1, 1]] x = [1e16, 2]`` has the solution (1, 1), and elimination with
partial pivoting gives (2.22, 1): beside the first equation's numbers, what is
missed in the second is nothing. Measured in the units of its row it is large,
and refinement finds the solution (R. D. Skeel, "Iterative refinement implies
numerical stability for Gaussian elimination", Math. Comp. 35 (1980),
doi:10.1090/S0025-5718-1980-0572859-4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array

    from sparsead.backends.backend import Trans
    from sparsead.pattern.pattern import Pattern

_ALIKE = 1e3  # largest entries of rows, or columns, that differ by no more hide no equation


class Weights(NamedTuple):
    """What brings the equations and unknowns of a system to one unit.

    Parameters
    ----------
    equations : array, shape (n,)
        One over the largest entry of each row.
    unknowns : array, shape (n,)
        Largest entry of each column once the rows are weighted.
    """

    equations: NDArray[Any]
    unknowns: NDArray[Any]


class Units(NamedTuple):
    """Weights of a matrix and of its transpose: equations come first in both."""

    plain: Weights
    transposed: Weights

    def of(self, trans: Trans) -> Weights:
        """Return the weights of op(A)."""
        return self.plain if trans == "N" else self.transposed


def mixed_units(pattern: Pattern, values: NDArray[Any]) -> Units | None:
    """Return the units of a matrix without empty rows or columns, None where they are alike.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Stored values.
    """
    sizes = np.abs(values)
    of_rows, of_columns = largest_of_rows(pattern, sizes), np.maximum.reduceat(sizes, pattern.indptr[:-1])
    if all(largest.max() <= _ALIKE * largest.min() for largest in (of_rows, of_columns)):
        return None
    equations, of_transpose = reciprocal(of_rows), reciprocal(of_columns)
    return Units(
        Weights(equations, np.maximum.reduceat(sizes * equations.take(pattern.indices), pattern.indptr[:-1])),
        Weights(of_transpose, largest_of_rows(pattern, sizes * of_transpose.take(pattern.cols))),
    )


def largest_of_rows(of: Pattern | csc_array, sizes: NDArray[Any]) -> NDArray[Any]:
    """Return the largest size in each row, shape (n,), of sizes of shape (s,); 0 where there is none."""
    largest = np.zeros(of.shape[0], sizes.dtype)
    np.maximum.at(largest, of.indices, sizes)
    return largest


def reciprocal(largest: NDArray[Any]) -> NDArray[Any]:
    """Return one over each largest entry, finite even where that is subnormal, one where it is zero."""
    return 1 / np.where(largest > 0, np.maximum(largest, np.finfo(largest.dtype).tiny), 1.0)
