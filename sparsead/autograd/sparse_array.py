"""The autograd front-end's sparse matrix."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.autograd.binding import AutogradBinding
from sparsead.errors import NoDerivativeError


class SparseArray(AnySparseArray[NDArray[Any]]):  # noqa: D101 - its documentation is its parent's
    __doc__ = AnySparseArray.__doc__
    __slots__ = ()
    binding = AutogradBinding()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Take ``c * A`` and ``x @ A`` from arrays on the left: autograd's do not leave them to the right operand."""
        if method != "__call__" or kwargs or len(inputs) != 2 or inputs[1] is not self:
            return NotImplemented
        if ufunc is np.multiply:
            return self * inputs[0]
        return self.__rmatmul__(inputs[0]) if ufunc is np.matmul else NotImplemented

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        """Refuse to be made dense: where a pullback of autograd tries, an operand stood on the wrong side."""
        raise NoDerivativeError(
            "NumPy cannot use a sparse matrix",
            expected="A @ x, A * c, solve(A, b) and the methods of the matrix",
            got=f"{self!r} in a NumPy function, or as A in x @ A with a traced x",
            fix="write A.T @ x instead of x @ A; to_dense(A) gives an array",
        )
