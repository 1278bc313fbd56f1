"""Straight beams of a frame, in the plane or in space: displacements and rotations at both ends.

Derivation
----------
With u and the rotation vector r linear along a cell of length L and tangent t, and rm the mean rotation::

    strain     e = (u_2 - u_1) / L - rm x t
    curvature  k = (r_2 - r_1) / L
    a(u, v) = L (e(u) . A e(v) + k(u) . D k(v))

A and D are the stiffness tensors of the section in the axes of space: with section axes y and z::

    A = E A t t + S_y y y + S_z z z,    D = G J t t + E I_y y y + E I_z z z
    1 / S_y = 1 / (G A_y) + L^2 / (12 E I_z)

The second part of 1 / S is the bending that a linear rotation leaves out [1]_: with it end forces on each cell
give the exact displacements, with any number of cells; without shear, A_y infinite, they are those of
Euler and Bernoulli. In the plane r and D are one number.

References
----------
.. [1] R. H. MacNeal, "A simple quadrilateral shell element", Computers and Structures 8, 1978,
   doi:10.1016/0045-7949(78)90020-2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp

from fem.elements.lines.straight import direction

if TYPE_CHECKING:
    from fem.geometry.cells import Cells

ROTATIONS = {2: 1, 3: 3}  # components of a rotation in the plane and in space
_SIGNS = (-1.0, 1.0)


@dataclass(frozen=True)
class Frame:
    """Beams; their moduli are the upper triangles of A and of D, row by row.

    Parameters
    ----------
    dimension : int
        2 or 3.
    """

    kind: ClassVar[str] = "frame"
    dimension: int
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        length, tangent = direction(cells)
        strains, curvatures = _strains(self.dimension, length, tangent)
        a, d = tensors(self.dimension, moduli)
        total: Any = 0.0
        for vectors, tensor in ((strains, a), (curvatures, d)):
            for row, own in zip(tensor, vectors, strict=True):
                force = length * sum(c * v for c, v in zip(row, vectors, strict=True))
                total = total + own[:, :, None, None] * force[None, None]
        return total

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """End forces and moments of displacements and rotations u, both of shape (i, a, e)."""
        length, tangent = direction(cells)
        force, moment = section_forces(self.dimension, length, tangent, moduli, u)
        lever = [-0.5 * length * m for m in across(tangent, force)]
        ends = [
            jnp.stack([sign * f for f in force] + [sign * m + c for m, c in zip(moment, lever, strict=True)])
            for sign in _SIGNS
        ]
        return jnp.stack(ends, 1)


def section_forces(
    dimension: int, length: Any, tangent: Any, moduli: tuple[Any, ...], u: Any
) -> tuple[list[Any], list[Any]]:
    """Return force and moment in the middle of cells, in the axes of space, each a list of shape (e,).

    Parameters
    ----------
    dimension : int
        2 or 3.
    length : array, shape (e,)
        Length. Unit: [length].
    tangent : array, shape (k, e)
        Unit tangent.
    moduli : tuple of array, shape () or (e,)
        As in `Frame`.
    u : array, shape (i, a, e)
        Displacements and rotations.
    """
    difference, mean = (u[:, 1] - u[:, 0]) / length, (u[:, 1] + u[:, 0]) / 2.0
    turned = turn(mean[dimension:], tangent)
    strain = [difference[k] - turned[k] for k in range(dimension)]
    curvature = difference[dimension:]
    a, d = tensors(dimension, moduli)
    force = [sum(c * e for c, e in zip(row, strain, strict=True)) for row in a]
    moment = [sum(c * k for c, k in zip(row, curvature, strict=True)) for row in d]
    return force, moment


def turn(rotation: Any, tangent: Any) -> list[Any]:
    """Return the cross product of a rotation and a tangent, component by component."""
    if len(rotation) == 1:
        return [-rotation[0] * tangent[1], rotation[0] * tangent[0]]
    return _cross(rotation, tangent)


def across(tangent: Any, force: Any) -> list[Any]:
    """Return the moment of a force on a lever along the tangent, component by component."""
    if len(tangent) == 2:
        return [tangent[0] * force[1] - tangent[1] * force[0]]
    return _cross(tangent, force)


def _cross(a: Any, b: Any) -> list[Any]:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def tensors(dimension: int, moduli: tuple[Any, ...]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Return A and D, as rows of components, from their upper triangles."""
    split = dimension * (dimension + 1) // 2
    return _full(moduli[:split], dimension), _full(moduli[split:], ROTATIONS[dimension])


def _full(upper: tuple[Any, ...], size: int) -> list[list[Any]]:
    place = {pair: m for m, pair in enumerate((i, j) for i in range(size) for j in range(i, size))}
    return [[upper[place[min(i, j), max(i, j)]] for j in range(size)] for i in range(size)]


def _strains(dimension: int, length: Any, tangent: Any) -> tuple[list[Any], list[Any]]:
    """Strains and curvatures of unit displacements and rotations of the ends, each (a, i, e)."""
    rotations = ROTATIONS[dimension]
    zero, one = jnp.zeros_like(length), jnp.ones_like(length)
    unit = [[one if r == s else zero for s in range(rotations)] for r in range(rotations)]
    lever = [turn(axis, tangent) for axis in unit]  # rotation by strain
    strains = [
        jnp.stack(
            [
                jnp.stack(
                    [sign / length if i == c else zero for i in range(dimension)] + [-0.5 * row[c] for row in lever]
                )
                for sign in _SIGNS
            ]
        )
        for c in range(dimension)
    ]
    curvatures = [
        jnp.stack(
            [
                jnp.stack([zero] * dimension + [sign / length if i == c else zero for i in range(rotations)])
                for sign in _SIGNS
            ]
        )
        for c in range(rotations)
    ]
    return strains, curvatures
