"""Deflection of slender beams: cubic between the ends, with the slopes that their rotations give.

Derivation
----------
Along a beam of length L and tangent t, with s from 0 to 1, displacements across it follow from the ends' displacements
u and rotations r [1]_::

    w(s)     = sum_a  (1 - t t) . H_a(s) u_a + L G_a(s) r_a x t
    dw/dx(s) = sum_a  (1 - t t) . H_a'(s) u_a / L + G_a'(s) r_a x t

References
----------
.. [1] J. S. Przemieniecki, "Theory of Matrix Structural Analysis", Dover, 1985, section 11.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from fem.elements.lines.frame import ROTATIONS, turn
from fem.elements.lines.straight import direction

if TYPE_CHECKING:
    from fem.geometry.cells import Cells


def deflections(dimension: int, cells: Cells) -> list[Any]:
    """Return displacements across beams for unit motions of their ends, each (a, i, q, e), one for each axis.

    Parameters
    ----------
    dimension : int
        2 or 3.
    cells : Cells
        Straight cells.
    """
    s = (cells.tables.points[:, 0] + 1) / 2
    values = np.stack([1 - 3 * s**2 + 2 * s**3, 3 * s**2 - 2 * s**3])
    slopes = np.stack([s * (1 - s) ** 2, -(s**2) * (1 - s)])
    length, tangent = direction(cells)
    return _across(dimension, tangent, _at_points(values), _at_points(slopes) * length)


def slopes(dimension: int, cells: Cells) -> list[Any]:
    """Return the slopes of `deflections` along the axis, of the same shapes."""
    s = (cells.tables.points[:, 0] + 1) / 2
    values = np.stack([6 * s**2 - 6 * s, 6 * s - 6 * s**2])
    own = np.stack([1 - 4 * s + 3 * s**2, 3 * s**2 - 2 * s])
    length, tangent = direction(cells)
    return _across(dimension, tangent, _at_points(values) / length, _at_points(own))


def products(motion: list[Any], weight: Any) -> Any:
    """Return the integral of ``weight w . w``, shape (a, i, b, j, e).

    Parameters
    ----------
    motion : list of array, shape (a, i, q, e)
        Components of w for unit motions of the ends.
    weight : array, shape (q, e)
        Weight, with the measure.
    """
    total: Any = 0.0
    for component in motion:
        weighted = component * weight
        for q in range(weighted.shape[2]):
            total = total + component[:, :, None, None, q] * weighted[None, None, :, :, q]
    return total


def work(motion: list[Any], weight: Any, u: Any) -> Any:
    """Return the matrix of `products` times motions u of the ends, both of shape (i, a, e)."""
    nodal = u.swapaxes(0, 1)[:, :, None]  # (a, i, 1, e)
    total: Any = 0.0
    for component in motion:
        total = total + (component * (weight * (component * nodal).sum((0, 1)))).sum(2)
    return total.swapaxes(0, 1)


def _across(dimension: int, tangent: Any, moved: Any, turned: Any) -> list[Any]:
    """Motions across the tangent, given the coefficients of displacements and of rotations, shapes (a, q, e or 1)."""
    rotations = ROTATIONS[dimension]
    unit = jnp.eye(rotations)[:, :, None] * jnp.ones_like(tangent[0])
    levers = [turn(axis, tangent) for axis in unit]  # rotation by displacement
    axes = range(dimension)
    return [
        jnp.stack(
            [moved * ((i == k) - tangent[k] * tangent[i]) for i in axes] + [turned * lever[k] for lever in levers], 1
        )
        for k in axes
    ]


def _at_points(values: Any) -> Any:
    """Functions of the quadrature points as an array for all cells, shape (a, q, 1)."""
    return jnp.asarray(values)[:, :, None]
