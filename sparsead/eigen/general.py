"""A pencil A - lambda M of general matrices with the one factorization of its shift, out of the factor store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.sparse import csc_array

from sparsead.errors import SingularMatrixError
from sparsead.factors.options import SolveOptions
from sparsead.factors.store import factor_cache
from sparsead.factors.values import check_finite_values
from sparsead.pattern.combine import union
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.options import GeneralOptions
    from sparsead.factors.entry import Entry
    from sparsead.pattern.pattern import Pattern

Trans = Literal["N", "T"]

_ROUNDING = 1e-14


class GeneralPencil:
    """A and M, and S = (A - sigma M)^-1; with trans "T" all of them transposed.

    Vectors are rows, (k, n), complex. A matrix without imaginary parts is factorized as a real one: a solve then has
    two real right-hand sides for a complex one.

    Parameters
    ----------
    values, m_values : array, shape (s,)
        Stored values of A and of M, real or complex. Units: [A], [M].
    patterns : tuple of Pattern
        Of A and of M, shape (n, n).
    options : GeneralOptions
        Shift and backend.
    """

    def __init__(
        self,
        values: NDArray[Any],
        m_values: NDArray[Any],
        patterns: tuple[Pattern, Pattern],
        options: GeneralOptions,
    ) -> None:
        self.options, self._patterns = options, patterns
        self._values = tuple(_real_if_so(np.asarray(one, np.complex128)) for one in (values, m_values))
        self.n = patterns[0].shape[0]
        self.matrix, self.mass = (
            csc_array((own, pattern.indices, pattern.indptr), shape=pattern.shape)
            for own, pattern in zip(self._values, patterns, strict=True)
        )

    @property
    def sigma(self) -> complex:
        """The shift."""
        return self.options.sigma

    def check(self) -> None:
        """Raise `NonFiniteError` unless both matrices are finite; says at which entry."""
        for pattern, values in zip(self._patterns, self._values, strict=True):
            check_finite_values(pattern, values)

    def solve(self, b: NDArray[Any], trans: Trans) -> NDArray[Any]:
        """Return S b, or S^T b, for rows b, shape (k, n), in one call.

        Raises
        ------
        SingularMatrixError
            If sigma is an eigenvalue.
        """
        entry = self._entry
        if entry.values.dtype.kind == "c":
            return entry.solve(np.ascontiguousarray(b, np.complex128), trans)
        if not np.imag(b).any():
            return entry.solve(np.ascontiguousarray(b.real), trans).astype(np.complex128)
        x = entry.solve(np.concatenate([b.real, b.imag]), trans)
        return x[: len(b)] + 1j * x[len(b) :]

    def times_matrix(self, x: NDArray[Any], trans: Trans) -> NDArray[Any]:
        """Return A x, or A^T x, for rows x, shape (k, n)."""
        return _times(self.matrix, x, trans)

    def times_mass(self, x: NDArray[Any], trans: Trans) -> NDArray[Any]:
        """Return M x, or M^T x, for rows x, shape (k, n)."""
        return _times(self.mass, x, trans)

    def noise(self, vectors: NDArray[Any], left: NDArray[Any]) -> NDArray[Any]:
        """Return what rounding in A leaves of eigenvalues, shape (k,): a share of ``|y| |A| |v| / |y M v|``."""
        size = np.einsum("kn,nk->k", np.abs(left), abs(self.matrix) @ np.abs(vectors).T)
        return np.asarray(_ROUNDING * size / np.abs(np.einsum("kn,kn->k", left, self.times_mass(vectors, "N"))))

    def _shifted(self) -> tuple[Pattern, NDArray[Any]]:
        """A - sigma M; real where all of it is."""
        own, mass = self._patterns
        sigma = self.sigma.real if self.sigma.imag == 0 else self.sigma
        if sigma == 0:
            return own, self._values[0]
        if own is mass:
            return own, self._values[0] - sigma * self._values[1]
        pattern, slots = union(own, mass)
        both = np.concatenate([self._values[0], -sigma * self._values[1]])
        summed = np.bincount(slots.slot, both.real, pattern.size)
        if both.dtype.kind == "c":
            return pattern, summed + 1j * np.bincount(slots.slot, both.imag, pattern.size)
        return pattern, summed

    @cached_property
    def _entry(self) -> Entry:
        asked = SolveOptions(Structure(), self.options.backend, awaited=self.options.order > 0)
        try:
            return factor_cache.entry(*self._shifted(), asked)
        except SingularMatrixError as error:
            raise at_the_shift(self.sigma, f"a singular A - sigma M: {error.got}") from error


def at_the_shift(sigma: complex, got: str) -> SingularMatrixError:
    """Return the error for an eigenvalue at the shift."""
    return SingularMatrixError(
        "an eigenvalue at the shift",
        expected=f"A - sigma M that can be factorized: a sigma between eigenvalues; sigma={sigma!r}",
        got=got,
        fix="move sigma",
        dof=None,
    )


def _times(matrix: csc_array, x: NDArray[Any], trans: Trans) -> NDArray[Any]:
    return np.ascontiguousarray(((matrix if trans == "N" else matrix.T) @ x.T).T)


def _real_if_so(values: NDArray[Any]) -> NDArray[Any]:
    return values if np.imag(values).any() else np.ascontiguousarray(values.real)
