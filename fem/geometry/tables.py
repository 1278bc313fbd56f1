"""Shape functions at quadrature points: constants of the reference element."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fem.quadrature import rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.reference import ReferenceElement


@dataclass(frozen=True, eq=False)
class Tables:
    """Shape functions of an unknown and of the geometry at the points of a quadrature.

    Parameters
    ----------
    geometry, element : ReferenceElement
        Element that maps the cell, and the element of the unknown on it.
    points : array, shape (q, r)
        Reference coordinates.
    weights : array, shape (q,)
        Weights; their sum is the volume of the reference cell.
    """

    geometry: ReferenceElement
    element: ReferenceElement
    points: NDArray[np.float64]
    weights: NDArray[np.float64]

    @functools.cached_property
    def values(self) -> NDArray[np.float64]:
        """Shape functions of the unknown, shape (a, q)."""
        return np.ascontiguousarray(self.element.shape(self.points).T)

    @functools.cached_property
    def gradients(self) -> NDArray[np.float64]:
        """Their derivatives in reference coordinates, shape (r, a, q)."""
        return np.ascontiguousarray(self.element.gradients(self.points).transpose(2, 1, 0))

    @functools.cached_property
    def geometry_values(self) -> NDArray[np.float64]:
        """Shape functions of the geometry, shape (a, q)."""
        return np.ascontiguousarray(self.geometry.shape(self.points).T)

    @functools.cached_property
    def geometry_gradients(self) -> NDArray[np.float64]:
        """Their derivatives in reference coordinates, shape (r, a, q)."""
        return np.ascontiguousarray(self.geometry.gradients(self.points).transpose(2, 1, 0))


@functools.lru_cache(maxsize=256)
def tables(geometry: ReferenceElement, element: ReferenceElement, degree: int) -> Tables:
    """Return the tables of a quadrature that is exact for polynomials of `degree`; one object for each choice.

    Parameters
    ----------
    geometry, element : ReferenceElement
        Element of the mesh, element of the unknown.
    degree : int
        Degree of the quadrature.
    """
    quadrature = rule(geometry.cell, degree)
    return Tables(geometry, element, quadrature.points, quadrature.weights)
