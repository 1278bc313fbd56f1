"""The last solve of a factorization: it answers combinations of its right-hand sides without solving.

In the compliance c = b.u the cotangent of u is a multiple of b, so the adjoint
solve of a symmetric matrix is the forward solve again: value and gradient cost
one solve in all. Of several load cases the cotangents of a function of the sum
are combinations of the loads, found by least squares: so are those of a Schur
complement.

An answer is as accurate as a solve: the combination must be the right-hand side
to rounding, entry by entry, and neither right-hand sides nor solutions may cancel
in it, since what is left of them would have lost digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.factors.values import all_finite

_SPARSE = 64
_ROUNDING = 4  # units in the last place that scaling b by a factor may cost
_ROUNDING_OF_SUMS = 16  # and a sum of a few, of the magnitudes of its terms
_MANY_UNKNOWNS = 16_384  # from here on a look for combinations is nothing beside a solve
_FEW_LOADS = 32
_SAMPLED = 128
_CANCELLATION = 8.0  # magnitudes of terms, over that of their sum


@dataclass(frozen=True)
class Remembered:
    """Right-hand sides and their solutions.

    Parameters
    ----------
    trans : str
        The operation that was solved with.
    b, x : array, shape (k, n)
        Right-hand sides and solutions; own copies.
    rtol : float
        Tolerance that the solutions meet; zero for rounding.
    """

    trans: str
    b: NDArray[Any]
    x: NDArray[Any]
    rtol: float = 0.0

    def answer(self, trans: str, b: NDArray[Any]) -> NDArray[Any] | None:
        """Return the solution if every row of `b`, shape (k, n), is a multiple of the remembered row, else None.

        Of large systems, also if every row is a combination of all remembered rows.
        """
        if trans != self.trans or b.shape[1] != self.b.shape[1] or b.dtype != self.b.dtype:
            return None
        with np.errstate(all="ignore"):  # of extreme numbers: the comparison then fails
            if b.shape == self.b.shape:
                x = np.empty_like(self.x)
                if self._scale_to(b, x):
                    return x
            several = 1 < len(self.b) <= _FEW_LOADS and not self.rtol  # tolerances would add up
            return self._combined(b) if several and b.shape[1] >= _MANY_UNKNOWNS else None

    def _combined(self, b: NDArray[Any]) -> NDArray[Any] | None:
        """Return combinations of the remembered solutions; None where b are no such combinations."""
        step = b.shape[1] // _SAMPLED
        if not _weights(b[:, ::step], self.b[:, ::step])[1]:
            return None
        largest = np.abs(b).argmax(axis=1)  # tells point loads apart, of which the sample sees nothing
        if not _weights(b[:, largest], self.b[:, largest])[1]:
            return None
        weights, found = _weights(b, self.b)
        if not found or not _adds_up(weights, self.b, b):
            return None
        x = weights @ self.x
        return x if all_finite(x) and _adds_up(weights, self.x, x) else None

    def _scale_to(self, b: NDArray[Any], x: NDArray[Any]) -> bool:
        """Fill x with multiples of the remembered solutions; False where b is no such multiple."""
        for row, (now, then) in enumerate(zip(b, self.b, strict=True)):
            # Of most others one entry in a few tells: steps through time ask this for every step, in vain.
            sample = _factor(now[::_SPARSE], then[::_SPARSE])
            factor = None if sample is None else _factor(now, then)
            if factor is None or not then.any():
                return False
            np.multiply(self.x[row], factor, out=x[row])
        return all_finite(x)


def _factor(now: NDArray[Any], then: NDArray[Any]) -> Any:
    """The number by which `then` was multiplied, None if there is none, 0 where all of `then` is zero."""
    largest = int(np.argmax(np.abs(then)))
    if then[largest] == 0:
        return 0
    factor = now[largest] / then[largest]
    rounding = _ROUNDING * np.finfo(now.dtype).eps
    return factor if (np.abs(now - factor * then) <= rounding * np.abs(now)).all() else None


def _weights(b: NDArray[Any], terms: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """The weights, shape (k, p), of terms (p, n) in b (k, n), by least squares; and whether the sums are b.

    That is to rounding of each entry, in the magnitudes of what is added up there: a load in small units beside one in
    large units counts as much. Weights that are rounding beside the largest are zero.
    """
    largest = np.abs(terms).max(axis=1, keepdims=True)
    sizes = np.where(largest > 0, largest, 1.0)
    of_one_size = terms / sizes
    weights = _least_squares(of_one_size, b)
    rounding = _ROUNDING_OF_SUMS * np.finfo(largest.dtype).eps
    weights[np.abs(weights) <= rounding * np.abs(weights).max(axis=1, keepdims=True)] = 0.0
    missed = np.abs(b - weights @ of_one_size)
    found = (missed <= rounding * (np.abs(weights) @ np.abs(of_one_size))).all()
    return weights / sizes.T, bool(found)


def _least_squares(terms: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """The weights, shape (k, p), corrected once; zero of terms that are combinations of others."""
    inverse = np.linalg.pinv(terms @ terms.conj().T, hermitian=True)
    weights = (b @ terms.conj().T) @ inverse
    return weights + ((b - weights @ terms) @ terms.conj().T) @ inverse


def _adds_up(weights: NDArray[Any], terms: NDArray[Any], total: NDArray[Any]) -> bool:
    """Whether no sum of weighted terms is small beside them."""
    sizes = np.linalg.norm(terms, axis=1)
    return bool((np.abs(weights) @ sizes <= _CANCELLATION * np.linalg.norm(total, axis=1)).all())
