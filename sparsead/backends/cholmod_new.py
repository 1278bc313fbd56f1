"""CHOLMOD through scikit-sparse 0.5, whose ``CholeskyFactor`` is symbolic until it is factorized."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.backends.layout import TriangleLayout, compressed_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern


class NewSymbolic:
    """Ordering and storage for one pattern.

    The symbolic object itself is never factorized: a second factorization of one object
    would be twenty times slower, since the first leaves it without supernodes.

    Parameters
    ----------
    module : module
        ``sksparse.cholmod``, version 0.5.
    pattern : Pattern
        Both triangles.
    values : array, shape (s,)
        Gives the type.
    index : dtype
        int32 or int64.
    """

    def __init__(self, module: Any, pattern: Pattern, values: NDArray[Any], index: np.dtype) -> None:
        # The library takes writable arrays only; those of a pattern are not. One triangle is all it reads.
        self._layout = TriangleLayout(pattern, index, conjugate=False)
        self.nbytes = self._layout.nbytes
        self._factor = module.CholeskyFactor(self._matrix(values), lower=True)

    def factorize(self, values: NDArray[Any]) -> NewNumeric:
        """Return the factors."""
        return NewNumeric(self._factor.copy().factorize(self._matrix(values)))

    def order(self) -> NDArray[np.integer]:
        """Return the order of elimination, shape (n,)."""
        return np.asarray(self._factor.get_perm())

    def keeping(self) -> contextlib.AbstractContextManager[object]:
        """Return a context without effect: a factor of this version is not overwritten."""
        return contextlib.nullcontext()

    def column(self, error: Exception) -> int | None:
        """Return the column of the matrix at which a factorization failed; only the message tells it."""
        found = re.search(r"column (\d+)", str(error))
        return None if found is None else int(self._factor.get_perm()[int(found[1])])

    def _matrix(self, values: NDArray[Any]) -> Any:
        layout = self._layout
        return compressed_columns(layout.pack(values), layout.ja, layout.ia, layout.n)


class NewNumeric:
    """Factors of one matrix."""

    def __init__(self, factor: Any) -> None:
        self._factor = factor

    def solve(self, b: NDArray[Any]) -> NDArray[Any]:
        """Return x, shape (n, k), of ``A x = b``."""
        return self._factor.solve(b if b.flags.writeable else b.copy(order="F"))

    def pivots(self) -> tuple[float, int | None]:
        """Return the smallest over the largest pivot; a pivot that is not positive has raised before."""
        return float(self._factor.rcond), None

    def shown(self) -> None:
        """Return None: this version gives L out only after it has taken the supernodes apart."""

    def log_det(self) -> float:
        """Return log det A; copies the factor."""
        return float(np.real(self._factor.logdet()))
