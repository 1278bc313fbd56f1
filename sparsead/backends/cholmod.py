"""CHOLMOD through scikit-sparse: supernodal Cholesky for positive definite matrices, real and complex."""

from __future__ import annotations

import contextlib
import functools
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.allocated import allocated, allocated_since
from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, Trans, not_positive_definite
from sparsead.backends.cholmod_new import NewNumeric, NewSymbolic
from sparsead.backends.cholmod_old import OldNumeric, OldSymbolic
from sparsead.backends.fill import fill_in_order
from sparsead.backends.prediction import Prediction, estimated, surely_within
from sparsead.backends.reference_blas import warn_of_slow_blas
from sparsead.errors import BackendError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

INSTALL = 'apt-get install libsuitesparse-dev libopenblas0-pthread, then pip install "sparsead[cholmod]"'
# Entries of the factor over entries of the matrix, measured on a 3D finite-element mesh; used where
# the C library does not tell what was allocated.
_FILL = 12
_BYTES_PER_ENTRY = 9  # of one triangle, with the zeros that supernodes store


@functools.cache
def load() -> Any:
    """Return the module ``sksparse.cholmod`` of either version, None where it cannot be imported."""
    try:
        return importlib.import_module("sksparse.cholmod")
    except (ImportError, OSError):
        return None


class Cholmod(Backend):
    """Cholesky without pivoting. Holds the interpreter lock during factorize and solve."""

    name = "cholmod"
    releases_gil = False

    @property
    def shows(self) -> bool:  # type: ignore[override]
        """Whether L is shown: scikit-sparse 0.5 takes the supernodes apart for it."""
        return hasattr(load(), "analyze")

    def missing(self) -> str | None:
        """Return how to install scikit-sparse where it cannot be imported."""
        return None if load() else INSTALL

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return whether the matrix is declared positive definite: L D L^H without pivoting is not for others."""
        return structure.positive_definite

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> CholmodAnalysis:
        """Order, and allocate the supernodes."""
        warn_of_slow_blas()
        return CholmodAnalysis(load(), pattern, values)


class CholmodAnalysis(Analysis):
    """Ordering and supernodes of one pattern.

    Parameters
    ----------
    module : module
        ``sksparse.cholmod`` of either version.
    pattern : Pattern
        Both triangles, shape (n, n).
    values : array, shape (s,)
        Gives the type.
    """

    def __init__(self, module: Any, pattern: Pattern, values: NDArray[Any]) -> None:
        self._module, self._pattern, self._itemsize = module, pattern, values.itemsize
        before = allocated()
        self._symbolic = self._analyze(values)
        self.nbytes = max(allocated_since(before) or 0, self._symbolic.nbytes)
        self._bytes_of_one = 0

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return an estimate by the order that CHOLMOD chose."""
        if surely_within(beyond, self._pattern, _BYTES_PER_ENTRY, itemsize=self._itemsize):
            return None
        fill = fill_in_order(self._pattern, self._symbolic.order())
        return estimated(fill, _BYTES_PER_ENTRY, triangles=1, itemsize=self._itemsize)

    def factorize(self, values: NDArray[Any]) -> CholmodFactorization:
        """Return the Cholesky factors."""
        # All of one analysis are of one size. To ask for it again would walk the heap, for a millisecond or more.
        before = None if self._bytes_of_one else allocated()
        try:
            numeric = self._symbolic.factorize(self._with_real_diagonal(values))
        except self._module.CholmodNotPositiveDefiniteError as error:
            raise not_positive_definite(self._symbolic.column(error)) from error
        except self._module.CholmodError as error:
            raise self._failed(error) from error
        ratio, column = numeric.pivots()
        if column is not None:
            raise not_positive_definite(column)
        if not self._bytes_of_one:
            # What Python freed meanwhile hides some of it; one triangle is there in any case.
            self._bytes_of_one = max(allocated_since(before) or _FILL * values.nbytes, values.nbytes // 2)
        return CholmodFactorization(numeric, ratio, self._bytes_of_one, self._pattern.shape[0], values.dtype)

    def replacing(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which dropped factors leave their memory to the next."""
        return self._symbolic.keeping()

    def _with_real_diagonal(self, values: NDArray[Any]) -> NDArray[Any]:
        """Drop imaginary parts that rounding left on the diagonal: CHOLMOD takes such a matrix for indefinite."""
        if values.dtype.kind != "c":
            return values
        stored = self._pattern.diagonal[self._pattern.diagonal >= 0]
        if not values.imag[stored].any():
            return values
        values = values.copy()
        values.imag[stored] = 0
        return values

    def _analyze(self, values: NDArray[Any]) -> OldSymbolic | NewSymbolic:
        """Analyze; goes over to 64-bit indices when 32-bit ones cannot count the entries of the factor."""
        module, pattern, index = self._module, self._pattern, self._pattern.indices.dtype
        symbolic, overflow = (
            (OldSymbolic, module.CholmodTooLargeError)
            if hasattr(module, "analyze")
            else (NewSymbolic, module.CholmodOverflowError)
        )
        try:
            return symbolic(module, pattern, values, index)
        except overflow as error:
            if index == np.int64:
                raise self._failed(error) from error
            return symbolic(module, pattern, values, np.dtype(np.int64))
        except module.CholmodError as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> BackendError:
        return BackendError(
            "CHOLMOD failed",
            expected="a factorization",
            got=f"{type(error).__name__}: {error}, on a matrix of shape {self._pattern.shape}",
            fix="out of memory or too large: use backend='pardiso', or a machine with more memory; else report it",
        )


class CholmodFactorization(Factorization):
    """``P A P^T = L L^H``."""

    backward_stable = True

    def __init__(self, numeric: OldNumeric | NewNumeric, ratio: float, nbytes: int, n: int, dtype: np.dtype) -> None:
        self._numeric, self._n, self._dtype = numeric, n, dtype
        self.pivots = Pivots(ratio=ratio)
        self.nbytes = nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row; A is Hermitian."""
        if b.size == 0:
            return np.empty_like(b)
        conjugate = trans == "T" and self._dtype.kind == "c"
        x = self._numeric.solve(np.conj(b.T) if conjugate else b.T).T
        return np.conjugate(x, out=x) if conjugate else x

    def log_abs_det(self) -> float:
        """Return log det A."""
        return self._numeric.log_det()

    def phase(self) -> complex:
        """Return 1: the matrix is positive definite."""
        return 1

    def shown(self) -> Shown | None:
        """Return a copy of L."""
        return self._numeric.shown()

    def inertia(self) -> tuple[int, int, int]:
        """Return (n, 0, 0): the matrix is positive definite."""
        return self._n, 0, 0
