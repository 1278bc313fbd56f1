"""The PyTorch front-end's sparse matrix."""

from __future__ import annotations

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.torch.binding import TorchBinding
from sparsead.torch.library import torch


class SparseArray(AnySparseArray[torch.Tensor]):  # noqa: D101 - its documentation is its parent's
    __doc__ = AnySparseArray.__doc__
    __slots__ = ()
    binding = TorchBinding()
