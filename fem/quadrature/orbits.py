"""Symmetric point sets on simplices, from barycentric coordinates."""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def symmetric(
    dimension: int, *orbits: tuple[float, Sequence[float]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points (q, d) and weights (q,) of a symmetric rule on the simplex with unit edges.

    Parameters
    ----------
    dimension : int
        2 for triangles, 3 for tetrahedra.
    *orbits : (weight, coordinates)
        Weight of each point of the orbit, as a part of the whole, and the first `dimension` of its barycentric
        coordinates; the orbit is all their different permutations.
    """
    points: list[tuple[float, ...]] = []
    weights: list[float] = []
    for weight, coordinates in orbits:
        last = 1.0 - sum(coordinates)
        # Equal coordinates must be equal to the last bit, so that permutations of them are found to be the same.
        full = [*coordinates, next((c for c in coordinates if abs(c - last) < 1e-14), last)]
        orbit = sorted(set(permutations(full)))
        points += [point[1:] for point in orbit]
        weights += [weight / factorial(dimension)] * len(orbit)
    return np.array(points), np.array(weights)
