"""Volume, area or length of cells, and how much of it belongs to each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fem.quadrature import rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh.blocks import CellBlock

# On cells curved in a higher space the integrand is a root and no polynomial.
_CURVED = 4


def measures(points: NDArray[np.float64], blocks: tuple[CellBlock, ...]) -> NDArray[np.float64]:
    """Return the volume, area or length of each cell, shape (e,); negative where a cell is inverted."""
    return np.concatenate([np.zeros(0), *(shares(points, block).sum(axis=1) for block in blocks)])


def shares(points: NDArray[np.float64], block: CellBlock) -> NDArray[np.float64]:
    """Return the integral of each shape function over each cell of a block, shape (e, a). Unit: [length^r].

    Parameters
    ----------
    points : float array, shape (p, d)
        Coordinates. Unit: [length].
    block : CellBlock
        Cells.
    """
    element = block.element
    flat = element.dimension == points.shape[1]
    # det J of shape functions of order p in r dimensions has at most degree r p - 1 in each coordinate.
    degree = (element.dimension + 1) * element.order - 1 + (0 if flat else _CURVED)
    quadrature = rule(element.cell, max(degree, 0))
    jacobian = np.einsum("qar,eak->eqkr", element.gradients(quadrature.points), points[block.nodes])
    if flat:
        ratio = np.linalg.det(jacobian)
    else:
        ratio = np.sqrt(np.maximum(np.linalg.det(np.swapaxes(jacobian, -1, -2) @ jacobian), 0.0))
    return np.asarray((quadrature.weights * ratio) @ element.shape(quadrature.points))
