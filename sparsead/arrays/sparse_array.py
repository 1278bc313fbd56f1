"""SparseArray: the arithmetic of a stored matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

import numpy as np
from scipy.sparse import issparse

from sparsead.arrays import algebra, indexing, products, scaling
from sparsead.arrays.dense import Array
from sparsead.arrays.stored_matrix import StoredMatrix
from sparsead.errors import DtypeError
from sparsead.pattern import combine

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class SparseArray(StoredMatrix[Array]):
    """A sparse matrix whose values are differentiable and whose pattern is fixed.

    Made by the constructors (`coo`, `csc`, `triplets` ...). ``A.T`` and ``A.H`` are
    views: they share values, pattern and factorization with ``A``.

    Parameters
    ----------
    values : array, shape (s,)
        Stored values, in the order of `pattern`. Unit: [A].
    pattern : Pattern
        Stored entries of the matrix that is stored, shape (m, n).
    structure : Structure
        Declared facts about it.
    transposed, conjugated : bool
        Which view of the stored matrix this is.

    Raises
    ------
    ShapeError
        If there is not one value for each stored entry.
    StructureError
        If the pattern cannot have the declared structure.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A = sp.coo([0, 1, 1], [0, 0, 1], np.array([2.0, 1.0, 3.0]), (2, 2))
    >>> A @ np.array([1.0, 1.0])
    array([2., 4.])
    >>> A.T @ np.array([1.0, 1.0])
    array([3., 3.])
    """

    __slots__ = ()
    __array_ufunc__: ClassVar[Any] = None  # NumPy arrays leave ``x @ A`` and ``c * A`` to this class
    __array_priority__ = 1000

    __iter__: ClassVar[None] = None  # ``A[i]`` alone is no part of a matrix

    @overload
    def __matmul__(self, x: SparseArray[Array]) -> Self: ...
    @overload
    def __matmul__(self, x: ArrayLike | Array) -> Array: ...
    def __matmul__(self, x: Any) -> Any:
        """``A @ x``, shape (m,) or (m, k), with a dense ``x`` of shape (n,) or (n, k); ``A @ B``. Unit: [A] [x]."""
        return algebra.matmul(self, x) if isinstance(x, SparseArray) else products.matmul(self, _dense(x))

    def __rmatmul__(self, x: Any) -> Array:
        """``x @ A`` with a dense ``x`` of shape (m,) or (k, m)."""
        product = products.matmul(self.T, x.T if np.ndim(x) == 2 else x)
        return product.T if np.ndim(x) == 2 else product

    def __add__(self, other: SparseArray[Array]) -> Self:
        """``A + B``; the patterns may differ."""
        return scaling.add(self, check_sparse("the other matrix of a sum", other))

    __radd__ = __add__

    def __sub__(self, other: SparseArray[Array]) -> Self:
        """``A - B``."""
        return scaling.add(self, -check_sparse("the other matrix of a difference", other))

    def __rsub__(self, other: SparseArray[Array]) -> Self:
        """``B - A``, where B is none of this class: the error says so."""
        return check_sparse("the other matrix of a difference", other) - self

    def __neg__(self) -> Self:
        """``-A``."""
        return self * -1.0

    def __mul__(self, factor: Any) -> Self:
        """``A * c`` with a number, or entry by entry with (m, 1), (n,), (1, n) or a matrix."""
        return scaling.multiply(self, _dense(factor))

    __rmul__ = __mul__

    def __truediv__(self, divisor: Any) -> Self:
        """``A / c`` with a number."""
        return scaling.divide(self, divisor)

    def __getitem__(self, key: Any) -> Any:
        """``A[rows]``, ``A[:, cols]``, ``A[:3, 2:]``: a matrix; ``A[rows, cols]`` in pairs, ``A[i, j]``: entries."""
        return indexing.index(self, key)

    def diagonal(self) -> Array:
        """Return the main diagonal, shape (min(m, n),); zero where nothing is stored. Unit: [A].

        Examples
        --------
        >>> import sparsead.numpy as sp
        >>> (3.0 * sp.eye(2, 3)).diagonal()
        array([3., 3.])
        """
        chosen, positions = combine.diagonal(self._pattern)
        values = self.binding.gather(self.values[None], slots=chosen)
        diagonal = self.binding.sum_triplets(values, slots=positions)[0]
        return self.binding.xp.conj(diagonal) if self._conjugated else diagonal

    def select(self, rows: ArrayLike | None = None, cols: ArrayLike | None = None) -> Self:
        """Return ``A[rows][:, cols]``, what eliminating prescribed dofs needs.

        Parameters
        ----------
        rows, cols : int or bool array, or None
            Indices or masks, known when the program is traced; None keeps all.

        Returns
        -------
        SparseArray
            The chosen rows and columns, in the order given; its structure is kept if rows and columns are the same.

        Raises
        ------
        PatternError, ShapeError, NoDerivativeError
            If the indices are out of range, a mask has the wrong length, or they are traced.

        Examples
        --------
        >>> import numpy as np, sparsead.numpy as sp
        >>> A = sp.diags([np.array([1.0, 2.0, 3.0])])
        >>> sp.to_dense(A.select([2, 0], [0, 2]))
        array([[0., 3.],
               [1., 0.]])
        """
        return scaling.select(self, rows, cols)


def check_sparse(name: str, matrix: Any) -> Any:
    """Return the argument if it is a `SparseArray`.

    Raises
    ------
    DtypeError
        If it is a dense array, a matrix of another library or no matrix at all.
    """
    if not isinstance(matrix, SparseArray):
        raise DtypeError(
            f"{name} is not a sparse matrix of this package",
            expected="a SparseArray, from coo, csc, csr, triplets, diags, eye or block",
            got=f"{type(matrix).__module__}.{type(matrix).__name__}",
            fix="convert it with from_scipy(scipy.sparse.csc_array(x))",
        )
    return matrix


def _dense(factor: Any) -> Any:
    """The other factor of a product; SciPy's matrices, which are no arrays, are told of."""
    return check_sparse("the other matrix of a product", factor) if issparse(factor) else factor
