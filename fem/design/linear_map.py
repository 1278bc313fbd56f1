"""A fixed linear map of cell values, applied in compiled programs and differentiated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jax

import sparsead.jax as sp
from fem.design.cells import densities
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array

    from sparsead.pattern.pattern import Pattern


@dataclass(frozen=True, eq=False)
class LinearMap:
    """``y = W x`` with a sparse W that is no part of the programs that use it.

    Parameters
    ----------
    matrix : csr_array, shape (m, n)
        W.
    """

    matrix: csr_array
    _pattern: Pattern = field(init=False, repr=False)
    _values: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        stored = self.matrix.tocsc()
        stored.sort_indices()
        stored.data.setflags(write=False)
        object.__setattr__(self, "_pattern", sp.from_scipy(stored).pattern)
        object.__setattr__(self, "_values", stored.data)

    def __call__(self, x: ArrayLike) -> jax.Array:
        """Return ``W x``, shape (m,), from x of shape (n,)."""
        x = densities(x, self.matrix.shape[1])
        return sp.SparseArray(constant(self._values), self._pattern) @ x
