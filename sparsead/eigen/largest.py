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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.pattern.pattern import Pattern


class Largest(Pencil):
    """K and M, symmetric, M positive definite, and S = M^-1; the parameters are those of `Pencil`."""

    def distances(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return how far eigenvalues are below the largest."""
        return np.asarray(values.max(initial=-np.inf) - values)

    def lanczos(self) -> dict[str, Any]:
        """Return arguments of ARPACK: what is iterated with, and from where."""
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


def pencil_of(
    stiffness: NDArray[Any], mass: NDArray[Any], patterns: tuple[Pattern, Pattern], options: EigenOptions
) -> Pencil:
    """Return the pencil as its options want it; the parameters are those of `Pencil`."""
    kind = Largest if options.sigma == np.inf else Pencil
    return kind(stiffness, mass, patterns, options)
