"""The JAX front-end's sparse matrix: a pytree whose leaf is the values."""

from __future__ import annotations

from typing import Any

import jax

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.jax.binding import JaxBinding


@jax.tree_util.register_pytree_node_class
class SparseArray(AnySparseArray):
    """Sparse matrix of JAX arrays; see `sparsead.arrays.sparse_array.SparseArray`."""

    __slots__ = ()
    binding = JaxBinding()

    def tree_flatten(self) -> tuple[tuple[Any], tuple[Any, ...]]:
        """Values are the leaf; pattern, structure and view are static."""
        return (self.values,), (self._pattern, self._structure, self._transposed, self._conjugated)

    @classmethod
    def tree_unflatten(cls, static: tuple[Any, ...], leaves: tuple[Any]) -> SparseArray:
        """Put values, or whatever JAX has in their place, back; nothing is checked."""
        return cls.__new__(cls)._fill(leaves[0], *static)
