"""The NumPy front-end's sparse matrix."""

from __future__ import annotations

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.numpy.binding import NumpyBinding


class SparseArray(AnySparseArray):
    """Sparse matrix of NumPy arrays; see `sparsead.arrays.sparse_array.SparseArray`."""

    __slots__ = ()
    binding = NumpyBinding()
