"""The largest eigenvalues of a pencil: no shift, but the factorization of M, which is then positive definite.

The pairs of ``K v = lambda M v`` are those of ``S K v = lambda v`` with ``S = M^-1``, and Lanczos' iteration finds the
largest first. The deflated systems of derivatives become::

    (K - lambda M) w = r,    times -S:    (lambda - S K) w = - S r

On the complement of the computed pairs the operator has the eigenvalues ``lambda - lambda_j`` of smaller ones that were
not computed: all positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.pencil import Pencil
from sparsead.errors import ConvergenceError, NotPositiveDefiniteError, SingularMatrixError, SparseADError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.pattern.pattern import Pattern


class Largest(Pencil):
    """K and M, symmetric, M positive definite, and S = M^-1; the parameters are those of `Pencil`."""

    def distances(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return how far eigenvalues are below the largest."""
        return np.asarray(values.max(initial=-np.inf) - values)

    @property
    def wanted(self) -> str:
        """In words, which eigenvalues are found first."""
        return "largest of all"

    def check_rank(self, rank: int) -> None:
        """Raise unless M, which is factorized, has full rank.

        Raises
        ------
        NotPositiveDefiniteError
            If it has not.
        """
        if rank < self.n:
            raise _not_definite(f"M of rank {rank}, shape {(self.n, self.n)}")

    def lanczos(self) -> dict[str, Any]:
        """Return arguments of ARPACK: what is iterated with, and from where.

        Raises
        ------
        ConvergenceError
            If K is zero: the iteration has no start.
        """
        if not self.values[0].any():
            raise ConvergenceError(
                "no largest eigenvalue",
                expected="a K that is not zero",
                got=f"a K of zeros, shape {(self.n, self.n)}: all eigenvalues are zero",
                fix="check K; of load factors, that the load makes stresses",
            )
        start = np.random.default_rng(0).standard_normal(self.n)
        return {"Minv": self._solver(), "which": "LA", "v0": self.solve((self.stiffness @ start)[None])[0]}

    def deflated(self, values: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
        """Return ``(lambda - S K) x``, one lambda for each row of x; symmetric in the inner product of M."""
        return values[:, None] * x - self.solve(self.times_stiffness(x))

    def deflated_rest(self, rest: NDArray[Any]) -> NDArray[Any]:
        """Return the right-hand side that goes with `deflated`."""
        return -self.solve(rest)

    def within(self, last: float, following: float) -> int | None:
        """Return how many eigenvalues are larger than the middle of two; None where no library tells."""
        below = self.below((last + following) / 2)
        return None if below is None else self.n - below

    def _factorized(self) -> tuple[Pattern, NDArray[Any]]:
        """The matrix whose factors S is."""
        return self.patterns[1], self.values[1]

    def _singular(self, error: SingularMatrixError) -> SparseADError:
        return _not_definite(f"a singular M: {error.got}", error.dof)


def _not_definite(got: str, dof: int | None = None) -> NotPositiveDefiniteError:
    return NotPositiveDefiniteError(
        "M is not positive definite",
        expected="x^T M x > 0 for all x: the largest pairs, sigma=inf, take the factorization of M",
        got=got,
        fix="give every dof a mass, or pass a finite sigma",
        column=dof,
    )


def pencil_of(
    stiffness: NDArray[Any], mass: NDArray[Any], patterns: tuple[Pattern, Pattern], options: EigenOptions
) -> Pencil:
    """Return the pencil as its options want it; the parameters are those of `Pencil`."""
    kind = Largest if options.sigma == np.inf else Pencil
    return kind(stiffness, mass, patterns, options)
