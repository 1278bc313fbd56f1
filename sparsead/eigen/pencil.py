"""A symmetric pencil K - lambda M with the one factorization of its shift, out of the factor store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import LinearOperator

from sparsead.backends.registry import get, installed
from sparsead.errors import NotPositiveDefiniteError, SingularMatrixError, SparseADError
from sparsead.factors.inertia import told
from sparsead.factors.options import SolveOptions
from sparsead.factors.store import factor_cache
from sparsead.factors.values import check_finite_values, check_structure
from sparsead.pattern.combine import union
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import EigenOptions
    from sparsead.factors.entry import Entry
    from sparsead.pattern.pattern import Pattern

# Times the mean of what single dofs have for eigenvalues:
# far below the first elastic eigenvalue of a mesh, far above the rounding in the zeros of rigid motions.
_BELOW_ZERO = 1e-8
_ROUNDING = 1e-14
_SYMMETRIC = Structure(symmetric=True)


class Pencil:
    """K and M, symmetric, M positive semidefinite, and S = (K - sigma M)^-1.

    Vectors are rows, (k, n).

    Parameters
    ----------
    k_values, m_values : array, shape (s,)
        Stored values. Units: [K], [M].
    patterns : tuple of Pattern
        Of K and of M, shape (n, n).
    options : EigenOptions
        Shift, structure, backend.
    """

    def __init__(
        self,
        k_values: NDArray[Any],
        m_values: NDArray[Any],
        patterns: tuple[Pattern, Pattern],
        options: EigenOptions,
    ) -> None:
        self.values = tuple(np.ascontiguousarray(values, np.float64) for values in (k_values, m_values))
        self.patterns, self.options = patterns, options
        self.n = patterns[0].shape[0]
        self.stiffness, self.mass = (
            csc_array((values, pattern.indices, pattern.indptr), shape=pattern.shape)
            for values, pattern in zip(self.values, patterns, strict=True)
        )
        self.masses = self.mass.diagonal()
        self._scale = float(np.abs(self.stiffness.diagonal()[self.masses > 0]).sum() / (self.masses.sum() or 1.0))

    @property
    def sigma(self) -> float:
        """The shift."""
        asked = self.options.sigma
        return -_BELOW_ZERO * self._scale if asked is None else asked

    def check(self) -> None:
        """Raise unless both matrices are what they should be, as far as their entries tell.

        Raises
        ------
        NonFiniteError, StructureError
            If one is not finite, or not symmetric; says at which entry.
        NotPositiveDefiniteError
            If a diagonal entry of M is negative, or none is positive.
        """
        for pattern, values in zip(self.patterns, self.values, strict=True):
            check_finite_values(pattern, values)
            check_structure(pattern, _SYMMETRIC, values)
        _check_mass(self.masses)

    def check_rank(self, rank: int) -> None:
        """Raise unless M has rank enough; without it, as many eigenvalues are infinite, and the others are found."""

    @property
    def wanted(self) -> str:
        """In words, which eigenvalues are found first."""
        return f"nearest to sigma={self.sigma!r}"

    def noise(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Return what rounding in K leaves of eigenvalues, shape (k,): a share of ``|v| |K| |v|``; vectors (k, n)."""
        size = np.abs(vectors)
        return np.asarray(_ROUNDING * np.einsum("kn,nk->k", size, abs(self.stiffness) @ size.T))

    def solve(self, b: NDArray[Any]) -> NDArray[Any]:
        """Return (K - sigma M)^-1 b for rows b, shape (k, n), in one call.

        Raises
        ------
        SingularMatrixError
            If sigma is an eigenvalue.
        """
        return self._entry.solve(np.ascontiguousarray(b), "N")

    def distances(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return how far eigenvalues are from where pairs are found first."""
        return np.abs(values - self.sigma)

    def lanczos(self) -> dict[str, Any]:
        """Return arguments of ARPACK: what is iterated with, and from where."""
        start = np.random.default_rng(0).standard_normal(self.n)
        return {"sigma": self.sigma, "OPinv": self._solver(), "v0": self.solve((self.mass @ start)[None])[0]}

    def deflated(self, values: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
        """Return ``S (K - lambda M) x``, one lambda for each row of x; symmetric in the inner product of M."""
        return x - (values - self.sigma)[:, None] * self.solve(self.times_mass(x))

    def deflated_rest(self, rest: NDArray[Any]) -> NDArray[Any]:
        """Return the right-hand side that goes with `deflated`."""
        return self.solve(rest)

    def within(self, last: float, following: float) -> int | None:
        """Return how many eigenvalues are nearer than the middle of two, in distance; None where no library tells."""
        reach = float(self.distances(np.array([last, following])).mean())
        low = 0 if self.options.structure.positive_definite else self.below(self.sigma - reach)
        high = self.below(self.sigma + reach)
        return None if low is None or high is None else high - low

    def times_stiffness(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return K x for rows x, shape (k, n)."""
        return np.array([self.stiffness @ row for row in x]).reshape(x.shape)

    def times_mass(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return M x for rows x, shape (k, n)."""
        return np.array([self.mass @ row for row in x]).reshape(x.shape)

    def below(self, shift: float) -> int | None:
        """Return how many eigenvalues lie below a shift; None where no library tells, or its pivots mislead.

        Sylvester's law: as many as ``K - shift M`` has negative pivots.
        """
        counting = self._counting
        if counting is None:
            return None
        glimpsed = factor_cache.glimpse(*self._shifted(shift), SolveOptions(_SYMMETRIC, counting))
        inertia = None if glimpsed is None else told(glimpsed)
        return None if inertia is None else inertia[1]

    def _solver(self) -> LinearOperator:
        return LinearOperator((self.n, self.n), matvec=lambda b: self.solve(b.reshape(1, -1))[0], dtype=np.float64)

    @cached_property
    def _counting(self) -> str | None:
        """The library whose pivots tell the inertia of an indefinite matrix."""
        asked = self.options.backend
        names = [name for name in installed() if get(name).tells_inertia]
        return next((name for name in names if asked in (None, name)), None)

    def _factorized(self) -> tuple[Pattern, NDArray[Any]]:
        """The matrix whose factors S is."""
        return self._shifted(self.sigma)

    def _shifted(self, shift: float) -> tuple[Pattern, NDArray[Any]]:
        stiffness, mass = self.patterns
        if shift == 0.0:
            return stiffness, self.values[0]
        if stiffness is mass:
            return stiffness, self.values[0] - shift * self.values[1]
        pattern, slots = union(stiffness, mass)
        both = np.concatenate([self.values[0], -shift * self.values[1]])
        return pattern, np.bincount(slots.slot, both, pattern.size)

    @cached_property
    def _entry(self) -> Entry:
        options = self.options
        asked = SolveOptions(options.structure, options.backend, awaited=options.order > 0)
        try:
            return factor_cache.entry(*self._factorized(), asked)
        except SingularMatrixError as error:
            raise self._singular(error) from error

    def _singular(self, error: SingularMatrixError) -> SparseADError:
        return SingularMatrixError(
            "an eigenvalue at the shift",
            expected=f"K - sigma M that can be factorized: a sigma between eigenvalues; sigma={self.sigma!r}",
            got=f"a singular K - sigma M: {error.got}",
            fix="move sigma; below zero for a structure that is free to move: sigma=None",
            dof=error.dof,
        )


def _check_mass(diagonal: NDArray[Any]) -> None:
    """Raise unless the diagonal may be that of a positive semidefinite matrix that is not zero."""
    row = int(diagonal.argmin())
    if diagonal[row] < 0 or not diagonal.any():
        raise NotPositiveDefiniteError(
            "mass is not positive",
            expected="x^T M x >= 0 for all x, and > 0 for some",
            got=f"M[{row}, {row}] = {diagonal[row]:.6g}" if diagonal[row] < 0 else "a mass of zeros",
            fix="check densities and the order of the arguments: eigsh(K, k, M)",
            column=row,
        )
