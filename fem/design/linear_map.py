"""A fixed linear map of cell values, applied in compiled programs and differentiated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scipy.sparse import csr_array

from fem.design.cells import densities
from sparsead.jax.fixed_product import fixed_product
from sparsead.kernels import FixedMatrix
from sparsead.pattern.pattern import index_dtype

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class LinearMap:
    """``y = W x`` with a sparse W that is no part of the programs that use it.

    Parameters
    ----------
    matrix : csr_array, shape (m, n)
        W, which must not change.
    symmetric : bool
        Whether W is its own transpose; its pullback then takes a third of the time.
    """

    matrix: csr_array
    symmetric: bool = False
    _fixed: FixedMatrix = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given = self.matrix
        given.sum_duplicates()
        narrow = index_dtype(max(*given.shape, given.nnz))  # SciPy's sums and products have wide indices
        indices, indptr = given.indices.astype(narrow, copy=False), given.indptr.astype(narrow, copy=False)
        rows = csr_array((given.data, indices, indptr), shape=given.shape)
        rows.data.setflags(write=False)
        object.__setattr__(self, "matrix", rows)
        object.__setattr__(self, "_fixed", FixedMatrix(rows, self.symmetric))

    def __call__(self, x: ArrayLike) -> jax.Array:
        """Return ``W x``, shape (m,), from x of shape (n,)."""
        return fixed_product(self._fixed, densities(x, self.matrix.shape[1]))
