"""The NumPy front-end's sparse matrix."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.numpy.binding import NumpyBinding


class SparseArray(AnySparseArray[NDArray[Any]]):  # noqa: D101 - its documentation is its parent's
    __doc__ = AnySparseArray.__doc__
    __slots__ = ()
    binding = NumpyBinding()
