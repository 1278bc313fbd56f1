"""Quadrature on reference cells: the rule with the fewest points for a degree."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fem.errors import ElementError
from fem.quadrature.gauss import collapsed, tensor
from fem.quadrature.tetrahedron import TETRAHEDRON
from fem.quadrature.triangle import TRIANGLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TENSOR = {"point": 0, "line": 1, "quadrilateral": 2, "hexahedron": 3}
_SIMPLEX = {"triangle": (2, TRIANGLE), "tetrahedron": (3, TETRAHEDRON)}
_CELLS = (*_TENSOR, *_SIMPLEX, "wedge")
_HIGHEST = 80


@dataclass(frozen=True, eq=False)
class Quadrature:
    """Points and weights on a reference cell.

    Attributes
    ----------
    points : float array, shape (q, d)
        Inside the cell.
    weights : float array, shape (q,)
        Positive; their sum is the measure of the reference cell.
    degree : int
        Every polynomial of this total degree is integrated exactly.
    """

    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    degree: int

    def __post_init__(self) -> None:
        self.points.setflags(write=False)
        self.weights.setflags(write=False)

    def __len__(self) -> int:
        return len(self.weights)


def rule(cell: str, degree: int) -> Quadrature:
    """Return points and weights that integrate polynomials of a degree exactly.

    Parameters
    ----------
    cell : str
        ``"point"``, ``"line"``, ``"triangle"``, ``"quadrilateral"``, ``"tetrahedron"``, ``"hexahedron"`` or
        ``"wedge"``, as in `fem.reference.ReferenceElement`.
    degree : int
        Total degree, 0 to 80. On lines, quadrilaterals, hexahedra and along wedges the rule is exact for this
        degree in each coordinate.

    Raises
    ------
    ElementError
        If there is no such cell or degree.

    Examples
    --------
    >>> rule("triangle", 2).weights.sum()
    np.float64(0.5)
    """
    if cell not in _CELLS:
        raise ElementError(
            "no quadrature for this cell",
            expected=f"one of {', '.join(_CELLS)}",
            got=f"cell={cell!r}",
            fix="pass element.cell",
        )
    try:
        valid = 0 <= operator.index(degree) <= _HIGHEST
    except TypeError:
        valid = False
    if not valid:
        raise ElementError(
            "no quadrature of this degree",
            expected=f"a whole number from 0 to {_HIGHEST}",
            got=f"degree={degree!r}",
            fix="pass the degree of the polynomial to integrate",
        )
    return _rule(cell, int(degree))


@cache
def _rule(cell: str, degree: int) -> Quadrature:
    if cell in _TENSOR:
        return Quadrature(*tensor(_TENSOR[cell], degree), degree)
    if cell == "wedge":
        triangle, line = _rule("triangle", degree), _rule("line", degree)
        points = np.hstack([np.tile(triangle.points, (len(line), 1)), np.repeat(line.points, len(triangle), axis=0)])
        return Quadrature(points, np.outer(line.weights, triangle.weights).reshape(-1), degree)
    dimension, tables = _SIMPLEX[cell]
    suitable = [highest for highest in tables if highest >= degree]
    if suitable:
        points, weights = tables[min(suitable)]
        return Quadrature(points.copy(), weights.copy(), degree)
    return Quadrature(*collapsed(dimension, degree), degree)
