"""Factors of a saddle point matrix, whose eigenvalues are counted by sign.

Derivation
----------
The solution of::

    [ H   B^H ] [ x ]   [ f ]
    [ B   -C  ] [ y ] = [ g ]

with C = C^H positive semidefinite is where ``x^H H x / 2 - Re f^H x`` is stationary, under ``B x = g`` if C is zero.
It is least there if H is positive definite where ``B x = 0``. That shows in the matrix: of full rank, with x of n and
y of m numbers, it then has n positive and m negative eigenvalues; else fewer positive ones, by one for each
independent direction in which nothing is least [1]_. More positive ones say that C is not semidefinite.

References
----------
.. [1] N. I. M. Gould, "On practical conditions for the existence and uniqueness of solutions to the general equality
   quadratic programming problem", Math. Programming 32, 1985, doi:10.1007/BF01585660.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scipy.sparse import csc_array

from sparsead.errors import NotPositiveDefiniteError
from sparsead.factors.accuracy import check_condition, is_doubtful
from sparsead.factors.delegated import DelegatedAnalysis, Delegating
from sparsead.factors.inertia import counted_elsewhere, told

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis, Backend, Factorization
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


@dataclass(frozen=True)
class SaddlePoint(Delegating):
    """A backend that lets a library factorize a saddle point matrix, and counts its eigenvalues by sign.

    Parameters
    ----------
    size : int
        Rows of H, n.
    library : str or None
        What factorizes; None lets the structure choose.
    """

    size: int
    library: str | None = None

    name = "saddle_point"

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return the analysis of the library.

        Raises
        ------
        BackendError, BackendMissingError
            If the library cannot factorize it, or is not installed.
        """
        library = self.able(pattern, structure, values)
        return _Analysis(self.size, pattern, structure, library, library.analyze(pattern, structure, values))


class _Analysis(DelegatedAnalysis):
    """The analysis of the library, and what its factors are to tell."""

    def __init__(self, size: int, pattern: Pattern, structure: Structure, library: Backend, inner: Analysis) -> None:
        super().__init__(inner)
        self.size, self.pattern, self.structure, self.library = size, pattern, structure, library

    def replacing(self) -> AbstractContextManager[object]:
        """Return the context of the library."""
        return self.inner.replacing()

    def careful(self, values: NDArray[Any]) -> Analysis | None:
        """Return the next way of the library."""
        inner = self.inner.careful(values)
        return None if inner is None else _Analysis(self.size, self.pattern, self.structure, self.library, inner)

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the factors of the library.

        Raises
        ------
        SingularMatrixError
            If the matrix is singular: then there is nothing to count.
        NotPositiveDefiniteError
            If there are not as many eigenvalues of each sign as there should be.
        BackendError
            If no library tells.
        """
        factors = self.inner.factorize(values)
        if is_doubtful(factors, values.dtype):
            matrix = csc_array((values, self.pattern.indices, self.pattern.indptr), shape=self.pattern.shape)
            check_condition(matrix, factors)
        found = told(factors)
        if found is None:
            found = counted_elsewhere(self.pattern, values, self.structure, self.library)
        _check(found, self.size)
        return factors


def _check(found: tuple[int, int, int], size: int) -> None:
    """Raise `NotPositiveDefiniteError` unless there are n positive and m negative eigenvalues."""
    positive, negative, zero = found
    m = positive + negative + zero - size
    if (positive, negative) == (size, m):
        return
    if positive < size:
        meaning = f"x^H H x <= 0 in {size - positive} independent directions with B x = 0"
        fix = "hold what is free in these directions, or add what makes H positive definite there"
    else:
        meaning = f"y^H C y < 0 in {positive - size} independent directions"
        fix = "pass a positive semidefinite C: the lower right block is -C"
    raise NotPositiveDefiniteError(
        "saddle point is no minimum in x",
        expected=f"{size} positive and {m} negative eigenvalues of [[H, B^H], [B, -C]]",
        got=f"{positive} positive and {negative} negative ones: {meaning}",
        fix=f"{fix}; a point that is only stationary: solve(block([[H, B.H], [B, -C]], hermitian=True), ...)",
        column=None,
    )
