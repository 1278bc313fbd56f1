"""CHOLMOD through scikit-sparse 0.4, whose ``Factor.cholesky`` makes a new factor of the same symbolic one."""

from __future__ import annotations

import contextlib
import threading
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from sparsead.backends.dropped import Dropped
from sparsead.backends.layout import compressed_columns
from sparsead.backends.shown import Shown, inverted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern


class OldSymbolic:
    """Ordering and storage for one pattern.

    Parameters
    ----------
    module : module
        ``sksparse.cholmod``, version 0.4.
    pattern : Pattern
        Both triangles; CHOLMOD reads the lower one in place.
    values : array, shape (s,)
        Gives the type.
    index : dtype
        int32 or int64.
    """

    def __init__(self, module: Any, pattern: Pattern, values: NDArray[Any], index: np.dtype) -> None:
        self._n = pattern.shape[0]
        self._indices = pattern.indices.astype(index, copy=False)
        self._indptr = pattern.indptr.astype(index, copy=False)
        self.nbytes = 0 if self._indices is pattern.indices else self._indices.nbytes + self._indptr.nbytes
        # The default ordering tries minimum degree first, and METIS where that fills too much: measured, it is as
        # good as METIS in 3D, and in 2D ten times quicker.
        self._factor = module.analyze(self._matrix(values), use_long=index == np.int64)
        # Factors of one analysis share a workspace.
        self._lock = threading.Lock()
        self._dropped = Dropped()

    def factorize(self, values: NDArray[Any]) -> OldNumeric:
        """Return the factors, in the memory of dropped ones if there are any."""
        matrix, factor = self._matrix(values), self._dropped.take()
        with self._lock:
            if factor is None:
                return OldNumeric(self._factor.cholesky(matrix), self._lock, self._dropped)
            factor.cholesky_inplace(matrix)
            return OldNumeric(factor, self._lock, self._dropped)

    def order(self) -> NDArray[np.integer]:
        """Return the order of elimination, shape (n,)."""
        return np.asarray(self._factor.P())

    def keeping(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which dropped factors leave their memory to the next."""
        return self._dropped.keeping()

    def column(self, error: Any) -> int | None:
        """Return the column of the matrix at which a factorization failed."""
        return None if error.column is None else int(self._factor.P()[error.column])

    def _matrix(self, values: NDArray[Any]) -> Any:
        return compressed_columns(values, self._indices, self._indptr, self._n)


class OldNumeric:
    """Factors of one matrix.

    Parameters
    ----------
    factor : Factor
        Of scikit-sparse.
    lock : Lock
        Held while the workspace of the analysis is used.
    dropped : Dropped
        Where the factor goes when nobody holds it any more.
    """

    def __init__(self, factor: Any, lock: threading.Lock, dropped: Dropped) -> None:
        self._factor, self._lock = factor, lock
        weakref.finalize(self, dropped.add, factor).atexit = False

    def solve(self, b: NDArray[Any]) -> NDArray[Any]:
        """Return x, shape (n, k), of ``A x = b``."""
        with self._lock:
            return self._factor.solve_A(b)

    def pivots(self) -> tuple[float, int | None]:
        """Return the smallest over the largest pivot, and the column of the first that is not positive.

        Small problems are factorized as L D L^H, which goes on after a negative pivot.
        """
        pivots = np.real(self._factor.D())
        bad = np.flatnonzero(~(pivots > 0))
        return float(pivots.min() / pivots.max()), int(self._factor.P()[bad[0]]) if bad.size else None

    def shown(self) -> Shown:
        """Return a copy of L."""
        with self._lock:
            lower = csc_array(self._factor.L())
        place = inverted(self._factor.P())
        return Shown(lower, None, place, place)

    def log_det(self) -> float:
        """Return log det A."""
        return float(np.log(np.real(self._factor.D())).sum())
