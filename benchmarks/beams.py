"""The design problem of `bench_iteration`: half MBB beams, and the update of contestants that have none of their own.

Imports NumPy and SciPy only, because peers run in their own environments; points and cells may have any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.spatial import KDTree

SOLID, VOID, PENALTY, POISSON = 1.0, 1e-9, 3.0, 0.3
FRACTION, MOVE = 0.5, 0.2
# Relative accuracy of the multiplier of the volume: what is compared is not how well it is met.
MULTIPLIER = 1e-12

Watch = Callable[[float], object]


@dataclass(frozen=True)
class Beam:
    """Half of a beam on two supports under a load at its middle, of cells of unit size; a quarter of it in space.

    Parameters
    ----------
    shape : tuple of int
        Cells along, upwards, and across.
    radius : float
        Of the density filter. Unit: [length].
    iterations : int
        How many are made, from the uniform design on.
    """

    shape: tuple[int, ...]
    radius: float
    iterations: int

    @property
    def dimension(self) -> int:
        """Number of directions, d."""
        return len(self.shape)

    @property
    def cells(self) -> int:
        """Number of cells, e."""
        return int(np.prod(self.shape))

    @property
    def dofs(self) -> int:
        """Number of displacements."""
        return self.dimension * int(np.prod([n + 1 for n in self.shape]))

    def held(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which displacements of points, shape (p, d), are zero: by symmetry, and on the roller."""
        held = np.zeros(points.shape, bool)
        held[points[:, 0] == 0, 0] = True
        held[(points[:, 0] == self.shape[0]) & (points[:, 1] == 0), 1] = True
        if self.dimension == 3:
            held[points[:, 2] == 0, 2] = True
        return held

    def load(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the forces at points, shape (p, d): one in all, downwards, on the upper edge of the middle."""
        force = np.zeros(points.shape)
        edge = (points[:, 0] == 0) & (points[:, 1] == self.shape[1])
        force[edge, 1] = -1.0 / edge.sum()
        return force

    def start(self) -> NDArray[np.float64]:
        """Return the uniform design, shape (e,)."""
        return np.full(self.cells, FRACTION)


# Radius 0.04 times the length in the plane, as in the literature. The first of each is the one of a quick run.
BEAMS = {
    "60 x 20": (Beam((12, 4), 1.5, 4), Beam((60, 20), 2.4, 40)),
    "300 x 100": (Beam((24, 8), 2.4, 4), Beam((300, 100), 12.0, 12)),
    "32 x 16 x 16": (Beam((8, 4, 4), 1.5, 4), Beam((32, 16, 16), 1.5, 8)),
    "60 x 30 x 30": (Beam((12, 8, 8), 1.5, 4), Beam((60, 30, 30), 1.5, 4)),
    "40 x 20 x 20": (Beam((8, 4, 4), 1.5, 4), Beam((40, 20, 20), 1.5, 6)),
    "112 x 56 x 56": (Beam((12, 8, 8), 1.5, 4), Beam((112, 56, 56), 1.5, 4)),
}


def make(size: str, quick: bool) -> Beam:
    """Return a beam by its name, a small one for a quick run."""
    return BEAMS[size][0 if quick else 1]


def young(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return moduli of filtered densities."""
    return VOID + density**PENALTY * (SOLID - VOID)


def young_slope(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return their derivatives."""
    return PENALTY * density ** (PENALTY - 1) * (SOLID - VOID)


def density_filter(centers: NDArray[np.float64], radius: float) -> scipy.sparse.csr_array:
    """Return the density filter of cells with these centers, shape (e, e)."""
    near = KDTree(centers).sparse_distance_matrix(KDTree(centers), radius, output_type="coo_matrix")
    weight = scipy.sparse.csr_array((radius - near.data, (near.row, near.col)), shape=near.shape)
    return scipy.sparse.csr_array(scipy.sparse.diags_array(1 / weight.sum(axis=1)) @ weight)


def improved(x: NDArray[np.float64], slope: NDArray[np.float64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the next design by the optimality criteria, under a volume that is linear in it.

    Parameters
    ----------
    x : array, shape (e,)
        Design whose volume is the one allowed, or less.
    slope, costs : array, shape (e,)
        Gradients of the compliance and of the volume fraction.
    """
    low, high = np.maximum(x - MOVE, 0.0), np.minimum(x + MOVE, 1.0)
    grown = x * np.sqrt(np.maximum(-slope, 0.0) / costs)
    least, most = 1e-9 * grown.max(), 1e9 * grown.max()
    while most - least > MULTIPLIER * most:
        middle = np.sqrt(least * most)
        following = np.minimum(np.maximum(grown / middle, low), high)
        least, most = (middle, most) if costs @ following > FRACTION else (least, middle)
    return following


def element(dimension: int, *, order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the stiffness of a bilinear or trilinear unit cell of modulus one, in the plane of plane stress.

    Parameters
    ----------
    dimension : int
        2 or 3.
    order : int array, shape (a, d)
        Corners in the order of their numbers, as 0 and 1.
    """
    corners = 2 * order - 1.0
    shear = (1 - POISSON) / 2 if dimension == 2 else (1 - 2 * POISSON) / 2
    normal = np.eye(dimension) * (1 - POISSON) + POISSON * (1 - np.eye(dimension))
    if dimension == 2:
        normal = np.eye(2) + POISSON * (1 - np.eye(2))
    pairs = [(0, 1)] if dimension == 2 else [(1, 2), (0, 2), (0, 1)]
    law = np.zeros((dimension + len(pairs),) * 2)
    law[:dimension, :dimension] = normal
    law[range(dimension, len(law)), range(dimension, len(law))] = shear
    law /= 1 - POISSON**2 if dimension == 2 else (1 + POISSON) * (1 - 2 * POISSON)
    stiffness = np.zeros((corners.size,) * 2)
    for place in np.stack(np.meshgrid(*[[-1, 1]] * dimension), axis=-1).reshape(-1, dimension) / np.sqrt(3):
        factors = (1 + corners * place) / 2
        gradient = np.stack([np.prod(np.delete(factors, k, 1), axis=1) * corners[:, k] for k in range(dimension)])
        strain = np.zeros((len(law), *corners.shape))
        strain[range(dimension), :, range(dimension)] = gradient
        for row, (i, j) in enumerate(pairs, start=dimension):
            strain[row, :, i], strain[row, :, j] = gradient[j], gradient[i]
        strain = strain.reshape(len(law), -1)
        stiffness += strain.T @ law @ strain / 2**dimension
    return stiffness
