"""A fixed linear map that contains a solve, with one factorization for all that is ever mapped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sparsead.jax as sp
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    import jax
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fem.design.linear_map import LinearMap
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


@dataclass(frozen=True, eq=False)
class SolvedMap:
    """``y = W A^-1 V x``: linear, so its tangent is itself and its pullback ``V^T A^-T W^T``, by the same factors.

    Parameters
    ----------
    before : LinearMap
        V, shape (n, k).
    values : float array, shape (s,)
        Stored values of A, which must not change.
    pattern : Pattern
        Its stored entries, shape (n, n).
    structure : Structure
        What its factorization may rely on.
    after : LinearMap
        W, shape (m, n).
    """

    before: LinearMap
    values: NDArray[np.float64] = field(repr=False)
    pattern: Pattern = field(repr=False)
    structure: Structure = field(repr=False)
    after: LinearMap

    def __call__(self, x: ArrayLike) -> jax.Array:
        """Return ``W A^-1 V x``, shape (m,), from x of shape (k,)."""
        matrix = sp.SparseArray(constant(self.values), self.pattern, self.structure)
        return self.after(sp.solve(matrix, self.before(x)))
