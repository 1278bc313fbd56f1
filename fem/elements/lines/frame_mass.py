"""Mass of a frame: beams that move as slender beams bend under end forces.

Derivation
----------
Along a beam of length L and tangent t, with s from 0 to 1, displacements across it are cubic, in the ends'
displacements u and rotations r, and those along it linear [1]_::

    u(s) = sum_a  t t . (N_a u_a) + (1 - t t) . (H_a u_a + L G_a r_a x t)
    M = int  rho A u(s) . u(s) + rho I_p (t . r(s)) (t . r(s))

References
----------
.. [1] J. S. Przemieniecki, "Theory of Matrix Structural Analysis", Dover, 1985, section 11.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from fem.elements.common.build import bilinear
from fem.elements.lines.cubic import deflections, products, work
from fem.elements.lines.frame import ROTATIONS
from fem.elements.lines.section import beam_cells
from fem.elements.lines.straight import direction, lines, number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells
    from fem.reference import ReferenceElement

_CUBIC = 6  # degree of the product of two cubic functions


@dataclass(frozen=True)
class FrameMass:
    """Mass of beams; its moduli are rho A, and in space rho I_p.

    Parameters
    ----------
    dimension : int
        2 or 3.
    """

    is_mass: ClassVar[bool] = True
    dimension: int
    symmetric: bool = True
    definite: bool = True
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        motions = zip(_motions(self.dimension, cells), moduli, strict=True)
        return sum(products(motion, modulus * cells.measure) for motion, modulus in motions)

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Inertia forces of displacements and rotations u, both of shape (i, a, e)."""
        motions = zip(_motions(self.dimension, cells), moduli, strict=True)
        return sum(work(motion, modulus * cells.measure, u) for motion, modulus in motions)


def _motions(dimension: int, cells: Cells) -> tuple[list[Any], ...]:
    """Displacements, and in space the twist, along beams for unit motions of their ends; each (a, i, q, e)."""
    _, tangent = direction(cells)
    linear = jnp.asarray(cells.shape)[:, :, None]  # (a, q, 1)
    along = [linear * t for t in tangent]
    none = [jnp.zeros_like(along[0])]
    moved = [
        across + jnp.stack([t * own for own in along] + none * ROTATIONS[dimension], 1)
        for t, across in zip(tangent, deflections(dimension, cells), strict=True)
    ]
    return (moved,) if dimension == 2 else (moved, [jnp.stack(none * 3 + along, 1)])


def frame_mass(
    space: Space, density: ArrayLike, *, area: ArrayLike, polar: ArrayLike | None = None, field: str | None = None
) -> Operator:
    """Return the consistent mass of a frame.

    Parameters
    ----------
    space : Space
        Displacements and rotations, as in `euler_bernoulli`.
    density : array, shape () or (e,)
        Density. Unit: [mass/length^3].
    area : array, shape () or (e,)
        Area of the section. Unit: [length^2].
    polar : array, shape () or (e,), in 3D, optional
        Polar second moment of area I_y + I_z, for the inertia of torsion; area^2 / (2 pi), that of a
        circular section, by default. Unit: [length^4].
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric positive definite. Unit: [mass].

    Raises
    ------
    MeshError, SpaceError
        As in `euler_bernoulli`.
    MaterialError
        If a density is negative, an area not positive, or an array does not fit the cells.

    Examples
    --------
    >>> import jax, fem, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> beam = fem.Mesh([[0, 0], [2, 0]], (fem.CellBlock("line2", [[0, 1]]),))
    >>> M = fem.elements.frame_mass(fem.Space(beam, components=3), 7850.0, area=1e-2)
    >>> round(float((M @ np.array([[0, 1.0, 0], [0, 1.0, 0]])).sum()), 9)
    157.0
    """
    cells, d = beam_cells(space, field), space.mesh.dimension
    rho, a = number("density", density, cells), number("area", area, cells)
    margins = {"not negative": rho, "section": a}
    moduli: tuple[Any, ...] = (a,)
    if d == 3:
        moment = a * a / (2 * np.pi) if polar is None else number("polar", polar, cells)
        moduli = (a, moment)
        margins["section"] = jnp.minimum(a, moment)
    return bilinear(
        space, FrameMass(d), moduli, margins, factor=rho, degree=_degree, field=field, domains=lines(space, "beams")
    )


def _degree(_: ReferenceElement) -> int:
    return _CUBIC
