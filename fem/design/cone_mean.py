"""Mean over the neighbours of each cell, weighted by a cone and, if wanted, by their volumes.

Derivation
----------
With the symmetric cone W and weights v of the cells, or ones::

    y = W (v x) / (W v)
    x_bar = v W (y_bar / (W v))

so that one symmetric matrix, read by rows, serves both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fem.design.cells import densities
from fem.design.cone import cone
from fem.design.linear_map import LinearMap
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh


@dataclass(frozen=True, eq=False)
class ConeMean:
    """``y = W (v x) / (W v)``, a linear map of cell values that keeps constants and bounds.

    Parameters
    ----------
    cone : LinearMap
        W, shape (e, e).
    sums : float array, shape (e,)
        ``W v``.
    weights : float array, shape (e,), or None
        v; None for ones.
    """

    cone: LinearMap
    sums: NDArray[np.float64] = field(repr=False)
    weights: NDArray[np.float64] | None = field(repr=False)

    def __call__(self, x: ArrayLike) -> jax.Array:
        """Return the means, shape (e,), from x of shape (e,)."""
        given = densities(x, len(self.sums))
        weighted = given if self.weights is None else given * constant(self.weights).astype(given.dtype)
        return self.cone(weighted) / constant(self.sums).astype(given.dtype)


def cone_mean(mesh: Mesh, radius: float, weights: NDArray[np.float64] | None = None) -> ConeMean:
    """Return the mean over all cells within a radius, with weights that fall off linearly.

    Parameters
    ----------
    mesh : Mesh
        Cells of the highest dimension count.
    radius : float
        Where the weights reach zero. Unit: [length].
    weights : float array, shape (e,), optional
        How much each cell weighs beside.

    Raises
    ------
    ShapeError
        If the radius is not positive.

    Warns
    -----
    UserWarning
        If no cell has a neighbour within the radius.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> cone_mean(fem.interval(3, size=3.0), 1.5)([0.0, 2.0, 0.0]).tolist()
    [0.5, 1.2, 0.5]
    """
    rows = cone(mesh, radius)
    sums = rows @ (np.ones(rows.shape[0]) if weights is None else weights)
    return ConeMean(LinearMap(rows, symmetric=True), sums, weights)
