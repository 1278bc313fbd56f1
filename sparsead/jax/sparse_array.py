"""The JAX front-end's sparse matrix: a pytree whose leaf is the values."""

from __future__ import annotations

from typing import Any

import jax

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.jax.binding import JaxBinding


@jax.tree_util.register_pytree_node_class
class SparseArray(AnySparseArray[jax.Array]):
    """A sparse matrix of JAX arrays, concrete or traced: differentiable values on a fixed pattern.

    Made by the constructors (`coo`, `csc`, `triplets` ...), with the properties, methods and operators of
    `sparsead.numpy.SparseArray`. A pytree: the values, shape (s,), are its leaf; pattern, declared structure
    and view are static.

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
    >>> import jax, jax.numpy as jnp, sparsead.jax as sp
    >>> A = 4.0 * sp.eye(2)
    >>> jax.grad(lambda A: sp.solve(A, jnp.ones(2)).sum())(A).diagonal().tolist()
    [-0.0625, -0.0625]
    """

    __slots__ = ()
    binding = JaxBinding()

    def tree_flatten(self) -> tuple[tuple[Any], tuple[Any, ...]]:
        """Values are the leaf; pattern, structure and view are static."""
        return (self.values,), (self._pattern, self._structure, self._transposed, self._conjugated)

    @classmethod
    def tree_unflatten(cls, static: tuple[Any, ...], leaves: tuple[Any]) -> SparseArray:
        """Put values, or whatever JAX has in their place, back; nothing is checked."""
        return cls.__new__(cls)._fill(leaves[0], *static)
