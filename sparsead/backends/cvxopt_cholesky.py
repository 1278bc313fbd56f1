"""CHOLMOD through cvxopt: supernodal Cholesky, whose factor overwrites its symbolic object.

A factorization must not be overwritten, so each has a symbolic object of its own: the first that of the
analysis, the others a new one (measured on 28,000 unknowns in 3D: a twenty-fifth of the factorization)
or that of a factorization that nobody holds any more.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends import cvxopt_matrices as matrices
from sparsead.backends.allocated import allocated, allocated_since
from sparsead.backends.backend import Analysis, Factorization, Pivots, Trans, not_positive_definite
from sparsead.backends.dropped import Dropped
from sparsead.backends.layout import TriangleLayout
from sparsead.backends.prediction import Prediction, estimated_beyond

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern

# Entries of the factor over entries of the matrix, measured on a 3D finite-element mesh; used where
# the C library does not tell what was allocated.
_FILL = 12
_BYTES_PER_ENTRY = 11  # of one triangle, with the zeros that supernodes store; measured 10 to 14
_PERMUTE = 7  # of cholmod.solve: x = P b
_settings = threading.Lock()


class CholeskyAnalysis(Analysis):
    """The lower triangle, and a symbolic object for the first factorization.

    Parameters
    ----------
    library : module
        ``cvxopt``.
    pattern : Pattern
        Both triangles, shape (n, n).
    values : array, shape (s,)
        Gives the type.
    """

    def __init__(self, library: Any, pattern: Pattern, values: NDArray[Any]) -> None:
        self._library, self._pattern, self._dtype = library, pattern, values.dtype
        self._layout = layout = TriangleLayout(pattern, np.dtype(np.int64), conjugate=False)
        before = allocated()
        with matrices.failures(layout.n, pattern.size):
            self._template = matrices.sparse(library, layout.ja, np.diff(layout.ia), values.dtype)
            with _own_settings(library):
                self._symbolic: Any = library.cholmod.symbolic(self._template)
        least = matrices.bytes_of(len(layout.ja), layout.n, values.dtype)
        self.nbytes = layout.nbytes + max(allocated_since(before) or 0, least)
        self._bytes_of_one = 0
        self._taking = threading.Lock()
        self._dropped = Dropped()

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return an estimate by minimum degree, as CHOLMOD orders."""
        itemsize = self._dtype.itemsize
        return estimated_beyond(beyond, self._pattern, _BYTES_PER_ENTRY, triangles=1, itemsize=itemsize)

    def factorize(self, values: NDArray[Any]) -> CholeskyFactorization:
        """Return the Cholesky factors, in the memory of dropped ones if there are any."""
        cholmod, factor = self._library.cholmod, self._dropped.take()
        matrix = self._matrix(self._layout.pack(values))
        # All of one analysis are of one size. To ask for it again would walk the heap, for a millisecond or more.
        before = None if self._bytes_of_one else allocated()
        with matrices.failures(self._layout.n, self._pattern.size), _own_settings(self._library):
            if factor is None:
                factor = self._take_symbolic() or cholmod.symbolic(matrix)
            try:
                cholmod.numeric(matrix, factor)
            except ArithmeticError as error:
                raise not_positive_definite(self._column(factor, int(error.args[0]))) from error
            diagonal = np.real(matrices.seen(cholmod.diag(factor)))
            wrong = np.flatnonzero(~(diagonal > 0))
            if wrong.size:
                raise not_positive_definite(self._column(factor, int(wrong[0])))
        if not self._bytes_of_one:
            # What Python freed meanwhile hides some of it; one triangle is there in any case.
            self._bytes_of_one = max(allocated_since(before) or _FILL * values.nbytes, values.nbytes // 2)
        return CholeskyFactorization(self._library, factor, diagonal, self._bytes_of_one, self._dropped)

    def replacing(self) -> contextlib.AbstractContextManager[object]:
        """Return a context in which dropped factors leave their memory to the next."""
        return self._dropped.keeping()

    def _take_symbolic(self) -> Any:
        """Return the symbolic object of the analysis the first time, None afterwards."""
        with self._taking:
            taken, self._symbolic = self._symbolic, None
        return taken

    def _matrix(self, packed: NDArray[Any]) -> Any:
        return matrices.with_values(self._template, matrices.vector(self._library, packed))

    def _column(self, factor: Any, place: int) -> int:
        """Return which column CHOLMOD eliminates in this place; a factor of the identity, made in place, tells it."""
        identity = np.zeros(len(self._layout.ja), self._dtype)
        identity[self._layout.ia[:-1]] = 1
        order = matrices.vector(self._library, np.arange(self._layout.n).astype(self._dtype))
        self._library.cholmod.numeric(self._matrix(identity), factor)
        self._library.cholmod.solve(factor, order, _PERMUTE)
        return int(np.real(matrices.seen(order)[place]))


class CholeskyFactorization(Factorization):
    """``P A P^T = L L^H``.

    Parameters
    ----------
    library : module
        ``cvxopt``.
    factor : capsule
        CHOLMOD's factor.
    diagonal : array, shape (n,)
        Diagonal of L, positive.
    nbytes : int
        Memory of the factor. Unit: [byte].
    dropped : Dropped
        Where the factor goes when nobody holds it any more.
    """

    backward_stable = True

    def __init__(self, library: Any, factor: Any, diagonal: NDArray[Any], nbytes: int, dropped: Dropped) -> None:
        self._library, self._factor = library, factor
        self._n, self._log_det = len(diagonal), 2 * float(np.log(diagonal).sum())
        self.nbytes = nbytes
        self.pivots = Pivots(ratio=float(diagonal.min() / diagonal.max()) ** 2)
        weakref.finalize(self, dropped.add, factor).atexit = False

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return x of ``op(A) x = b``, one right-hand side a row; A is Hermitian."""
        conjugate = trans == "T" and b.dtype.kind == "c"
        solve = partial(self._library.cholmod.solve, self._factor)
        x = matrices.solve_each(self._library, solve, np.conj(b) if conjugate else b)
        return np.conjugate(x, out=x) if conjugate else x

    def log_abs_det(self) -> float:
        """Return log det A."""
        return self._log_det

    def phase(self) -> complex:
        """Return 1: the matrix is positive definite."""
        return 1

    def inertia(self) -> tuple[int, int, int]:
        """Return (n, 0, 0): the matrix is positive definite."""
        return self._n, 0, 0


@contextlib.contextmanager
def _own_settings(library: Any) -> Iterator[None]:
    """Within it CHOLMOD has its defaults, whatever the user set for the whole process, L D L^H for instance."""
    with _settings:
        theirs, library.cholmod.options = library.cholmod.options, {}
        try:
            yield
        finally:
            library.cholmod.options = theirs
