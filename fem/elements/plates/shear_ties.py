"""Where plates take their transverse shear strains from, so that thin plates do not lock.

The shear strain along a reference axis is taken at a few points, where its bending part is right, and interpolated
between them, after [1]_ for four nodes and [2]_ for nine. Some of these points lie on edges, where the neighbour takes
the same strain: with all of them inside, as many thin cells as there are would ask for more than their dofs can give.

References
----------
.. [1] K.-J. Bathe and E. N. Dvorkin, "A four-node plate bending element based on Mindlin/Reissner plate theory and a
   mixed interpolation", International Journal for Numerical Methods in Engineering 21, 1985,
   doi:10.1002/nme.1620210213.
.. [2] E. Hinton and H. C. Huang, "A family of quadrilateral Mindlin plate elements with substitute shear strain
   fields", Computers and Structures 23, 1986, pages 409 to 431.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ties:
    """Points where shear strains are taken, and how strains elsewhere follow.

    Attributes
    ----------
    axes : int array, shape (m,)
        Reference axis of the strain that each tie takes.
    points : array, shape (m, 2)
        Reference coordinates of the ties.
    weights : callable
        From reference points, shape (q, 2), to the coefficients of the ties in both strains, shape (2, m, q).
    """

    axes: NDArray[np.int64]
    points: NDArray[np.float64]
    weights: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _quadrilateral(along: tuple[float, ...], across: tuple[float, ...]) -> Ties:
    """A grid of ties for each axis: `along` it and `across` it, with the interpolation of Lagrange."""
    grid = np.array([(a, b) for a in along for b in across])

    def weights(x: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.zeros((2, 2 * len(grid), len(x)))
        for axis in (0, 1):
            products = _lagrange(along, x[:, axis])[:, None] * _lagrange(across, x[:, 1 - axis])[None]
            found[axis, axis * len(grid) : (axis + 1) * len(grid)] = products.reshape(len(grid), -1)
        return found

    return Ties(np.repeat([0, 1], len(grid)), np.vstack([grid, grid[:, ::-1]]), weights)


def _lagrange(nodes: tuple[float, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Polynomials that are 1 at one node and 0 at the others, shape (nodes, q)."""
    rows: list[Any] = []
    for a in nodes:
        others = [b for b in nodes if b != a]
        rows.append(np.prod([(x - b) / (a - b) for b in others], axis=0) if others else np.ones_like(x))
    return np.array(rows)


PLATES = ("quad4", "quad9")


@cache
def ties(element: str) -> Ties:
    """Return the ties of an element of `PLATES`.

    Parameters
    ----------
    element : str
        Name of the element.
    """
    if element == "quad4":
        return _quadrilateral((0.0,), (-1.0, 1.0))
    a = 1 / np.sqrt(3)
    return _quadrilateral((-a, a), (-1.0, 0.0, 1.0))
