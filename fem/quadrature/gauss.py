"""Gauss rules: products of Gauss-Legendre, and Gauss-Jacobi collapsed onto simplices.

References
----------
A. H. Stroud, Approximate Calculation of Multiple Integrals, Prentice-Hall 1971 (conical products, section 2.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import roots_jacobi

if TYPE_CHECKING:
    from numpy.typing import NDArray


def tensor(dimension: int, degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points (q, d) and weights (q,) of the Gauss-Legendre product on [-1, 1]^d; x varies fastest.

    Parameters
    ----------
    dimension : int
        Number of coordinates; 0 gives one point of weight 1.
    degree : int
        Degree in each coordinate.
    """
    x, w = np.polynomial.legendre.leggauss(degree // 2 + 1)
    grids = np.meshgrid(*[x] * dimension, indexing="ij")
    points = np.stack([grid.reshape(-1) for grid in reversed(grids)], axis=-1) if dimension else np.zeros((1, 0))
    weights = np.ones(1)
    for _ in range(dimension):
        weights = np.outer(weights, w).reshape(-1)
    return points, weights


def collapsed(dimension: int, degree: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points (q, d) and weights (q,) of the conical product rule on a simplex.

    The map ``x_1 = s_1, x_2 = s_2 (1 - s_1), x_3 = s_3 (1 - s_1) (1 - s_2)`` takes the unit cube to the simplex;
    the powers of ``1 - s`` in its determinant are the weight functions of Gauss-Jacobi rules.

    Parameters
    ----------
    dimension : int
        2 for triangles, 3 for tetrahedra.
    degree : int
        Total degree.
    """
    points, weights, rest = np.zeros((1, 0)), np.ones(1), np.ones(1)
    for axis in range(dimension):
        power = dimension - 1 - axis
        root, weight = roots_jacobi(degree // 2 + 1, power, 0.0)
        s, w = (1.0 + root) / 2, weight / 2 ** (power + 1)
        column = (rest[:, None] * s).reshape(-1, 1)
        points = np.hstack([np.repeat(points, len(s), axis=0), column])
        weights = np.outer(weights, w).reshape(-1)
        rest = (rest[:, None] * (1.0 - s)).reshape(-1)
    return points, weights
