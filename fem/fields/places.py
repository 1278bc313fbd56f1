"""Where fields are evaluated: at the centers of cells, at quadrature points, or at the points of the mesh.

Derivatives of a finite element solution jump from cell to cell. They are best at the Gauss points of the rule one
degree lower [1]_; the value at a point of the mesh is extrapolated from there, and averaged over the cells around it.

References
----------
.. [1] J. Barlow, Optimal stress locations in finite element models, Int. J. Numer. Methods Eng. 10 (1976) 243-251,
   doi:10.1002/nme.1620100202.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import SpaceError
from fem.geometry.tables import Tables, tables
from fem.quadrature import rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.dofs.domain import Domain
    from fem.reference import ReferenceElement

Where = str | int


@dataclass(frozen=True, eq=False)
class Places:
    """Points of a reference cell, and the matrix that carries values there on to where they are wanted.

    Attributes
    ----------
    tables : Tables
        Shape functions at the points where the field is evaluated.
    carry : array, shape (wanted, q), or None
        Extrapolation to the nodes of the cell; None if the values stay where they are.
    """

    tables: Tables
    carry: NDArray[np.float64] | None


def check_where(at: Where, domains: Sequence[Domain]) -> None:
    """Refuse a place that there is none of, or that differs in number from block to block.

    Raises
    ------
    SpaceError
        If `at` is none of "centers", "points" and a degree.
    """
    if isinstance(at, bool) or not (at in ("centers", "points") or isinstance(at, int)):
        raise SpaceError(
            "no such place in a cell",
            expected='at="centers", at="points", or the degree of a quadrature',
            got=f"at={at!r}",
            fix='pass at="centers" for one value in each cell',
        )
    if isinstance(at, int):
        counts = {len(rule(domain.element.cell, at)): domain.element.name for domain in domains}
        if len(counts) > 1:
            raise SpaceError(
                "cells of different kinds have different numbers of quadrature points",
                expected="one kind of cells, or as many points in each",
                got=", ".join(f"{count} in {name}" for count, name in counts.items()),
                fix='pass at="centers"',
            )


@functools.lru_cache(maxsize=256)
def places(geometry: ReferenceElement, element: ReferenceElement, at: Where) -> Places:
    """Return where to evaluate a field.

    Parameters
    ----------
    geometry, element : ReferenceElement
        Element of the mesh, element of the unknown.
    at : "centers", "points" or int
        Centers of cells, points of the mesh, or quadrature points of a degree.
    """
    if at == "centers":
        center = geometry.nodes[: geometry.corners].mean(axis=0, keepdims=True)
        return Places(Tables(geometry, element, center, np.ones(1)), None)
    if at != "points":
        return Places(tables(geometry, element, int(at)), None)
    best = tables(geometry, element, _barlow_degree(element))
    exponents = geometry.exponents[geometry.exponents.sum(axis=1) == 0] if element.order == 1 else _linear(geometry)
    at_best, at_nodes = (np.prod(x[:, None, :] ** exponents, axis=-1) for x in (best.points, geometry.nodes))
    return Places(best, at_nodes @ np.linalg.pinv(at_best))


def _barlow_degree(element: ReferenceElement) -> int:
    if element.order == 1:
        return 1
    return 2 if element.cell in ("triangle", "tetrahedron") else 3


def _linear(geometry: ReferenceElement) -> Any:
    """Exponents of the element of first order on the same cell."""
    most = 1 if geometry.cell in ("triangle", "tetrahedron") else geometry.dimension
    return geometry.exponents[(geometry.exponents.max(axis=1) <= 1) & (geometry.exponents.sum(axis=1) <= most)]
