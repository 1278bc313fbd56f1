"""What a reference element is: nodes, and the monomials whose span holds its shape functions.

The shape functions are the only functions of that span with N_a(node_b) = 1 if a = b and 0 otherwise::

    N(x) = m(x) C,   m_b(x) = prod_d x_d ** exponents[b, d],   C = m(nodes)^-1

so that an element is data, and nothing in it can contradict anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Coefficients of all elements up to second order are multiples of 1/8.
_DENOMINATOR = 64


@dataclass(frozen=True, eq=False)
class ReferenceElement:
    """Nodes and shape functions on a reference cell.

    Attributes
    ----------
    name : str
        Cell kind and number of nodes: ``"hex8"``.
    cell : str
        ``"point"``, ``"line"``, ``"triangle"``, ``"quadrilateral"``, ``"tetrahedron"``, ``"hexahedron"``
        or ``"wedge"``.
    dimension : int
        Dimension of the cell.
    order : int
        Highest complete polynomial degree of the shape functions.
    nodes : float array, shape (a, d)
        Nodes in the order of VTK and meshio; the corners come first. Lines, quadrilaterals and hexahedra
        span [-1, 1], triangles and tetrahedra have their corners at the origin and the unit points, and
        the wedge is a triangle times [-1, 1].
    exponents : int array, shape (a, d)
        Exponents of the monomials that span the shape functions.
    facets : tuple of (str, tuple of int)
        Element and local nodes of each facet. Seen from outside, a facet of a solid runs counterclockwise;
        an edge of a plane cell has the cell on its left.
    """

    name: str
    cell: str
    dimension: int
    order: int
    nodes: NDArray[np.float64]
    exponents: NDArray[np.int64]
    facets: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def count(self) -> int:
        """Number of nodes of a cell."""
        return len(self.nodes)

    @property
    def corners(self) -> int:
        """Number of corners of the cell; they are its first nodes."""
        return CORNERS[self.cell]

    @cached_property
    def coefficients(self) -> NDArray[np.float64]:
        """Coefficients of the shape functions, shape (a, a): monomial by function."""
        inverse: NDArray[np.float64] = np.linalg.inv(np.prod(self.nodes[:, None, :] ** self.exponents, axis=-1))
        # Rounding to a binary fraction takes away the rounding errors of the inversion.
        exact = np.round(inverse * _DENOMINATOR) / _DENOMINATOR
        return exact if np.allclose(exact, inverse, rtol=0, atol=1e-12) else inverse

    def shape(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return the shape functions at points of the reference cell.

        Parameters
        ----------
        points : float or complex array, shape (q, d)
            Reference coordinates.

        Returns
        -------
        array, shape (q, a)
            Their sum over `a` is 1.

        Examples
        --------
        >>> from fem.reference import ELEMENTS
        >>> ELEMENTS["tri3"].shape([[0.25, 0.5]])
        array([[0.25, 0.25, 0.5 ]])
        """
        values: Any = np.prod(np.asarray(points)[:, None, :] ** self.exponents, axis=-1)
        return values @ self.coefficients

    def gradients(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return the gradients of the shape functions in reference coordinates.

        Parameters
        ----------
        points : float or complex array, shape (q, d)
            Reference coordinates.

        Returns
        -------
        array, shape (q, a, d)
            Their sum over `a` is 0.
        """
        points = np.asarray(points)
        powers: Any = points[:, None, :] ** self.exponents
        lowered = self.exponents * points[:, None, :] ** np.maximum(self.exponents - 1, 0)
        columns = []
        for axis in range(self.dimension):
            factors = powers.copy()
            factors[:, :, axis] = lowered[:, :, axis]
            columns.append(np.prod(factors, axis=-1) @ self.coefficients)
        return np.stack(columns, axis=-1) if columns else np.zeros((len(points), self.count, 0))

    def __repr__(self) -> str:
        return f"ReferenceElement({self.name!r})"


CORNERS = {"point": 1, "line": 2, "triangle": 3, "quadrilateral": 4, "tetrahedron": 4, "hexahedron": 8, "wedge": 6}


def element(
    name: str,
    cell: str,
    order: int,
    nodes: ArrayLike,
    exponents: ArrayLike,
    facets: tuple[tuple[str, tuple[int, ...]], ...],
) -> ReferenceElement:
    """Return an element from its tables as read-only arrays.

    Parameters
    ----------
    name, cell, order, nodes, exponents, facets
        See `ReferenceElement`.
    """
    points, powers = np.array(nodes, dtype=np.float64), np.array(exponents, dtype=np.int64)
    points.setflags(write=False)
    powers.setflags(write=False)
    return ReferenceElement(name, cell, points.shape[1], order, points, powers, facets)
