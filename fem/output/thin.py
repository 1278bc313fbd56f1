"""Fewer marks than points: of marks that would cover each other one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Cosine of the angle, about 30 degrees, within which neighbouring forces count as one.
_ALIKE = 0.87


def apart(places: NDArray[Any], distance: float) -> NDArray[np.int64]:
    """Return some of the places, such that every place is near to one of them, and no two of them to each other.

    Parameters
    ----------
    places : float array, shape (n, d)
        Places of all marks.
    distance : float
        What is nearer than this is near.

    Returns
    -------
    int array, shape (m,)
        Numbers of places, ascending.
    """
    left = np.ones(len(places), dtype=bool)
    chosen: list[int] = []
    if len(places):
        tree = cKDTree(places)
        for number in range(len(places)):
            if left[number]:
                chosen.append(number)
                left[tree.query_ball_point(places[number], distance * (1 - 1e-9))] = False
    return np.array(chosen, dtype=np.int64)


def resultants(
    places: NDArray[Any], forces: NDArray[Any], distance: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return some of the places, and the sums of the forces around them that point the same way, shapes (m,), (m, d).

    Parameters
    ----------
    places : float array, shape (n, d)
        Where the forces are.
    forces : float array, shape (n, d)
        Forces, none of them zero.
    distance : float
        The least distance between places that are kept, for forces of one direction.
    """
    directions = forces / np.linalg.norm(forces, axis=1, keepdims=True)
    # The chord of the angle is as far as the distance.
    both = np.hstack([places / distance, directions / np.sqrt(2 - 2 * _ALIKE)])
    chosen = apart(both, 1.0)
    sums = np.zeros((len(chosen), forces.shape[1]))
    if len(chosen):
        np.add.at(sums, cKDTree(both[chosen]).query(both)[1], forces)
    return chosen, sums
