"""Geometric stiffness of a frame: what normal forces that are there already do to further deflections.

Derivation
----------
A beam that is inclined by the slope dw/dx comes shorter by half of its square, against the normal force N [1]_::

    a(u, v) = int  N dw(u)/dx . dw(v)/dx + N i^2 dp(u)/dx dp(v)/dx

with the deflection w across the beam, cubic as `fem.elements.lines.cubic` says, the twist p = t . r, linear, and the
polar radius of gyration i: fibres of a twisted section become helices, which a column in compression lengthens no less
than bending does [2]_. N is linear between the ends.

References
----------
.. [1] J. S. Przemieniecki, "Theory of Matrix Structural Analysis", Dover, 1985, section 15.2.
.. [2] S. P. Timoshenko, J. M. Gere, "Theory of Elastic Stability", 2nd ed., McGraw-Hill, 1961, section 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import jax.numpy as jnp
import numpy as np

from fem.elements.common.build import bilinear
from fem.elements.lines.cubic import products, slopes, work
from fem.elements.lines.section import beam_cells
from fem.elements.lines.straight import direction, lines, number
from fem.errors import MaterialError, SpaceError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells
    from fem.reference import ReferenceElement

_DEGREE = 5  # of the product of two quadratic slopes and a linear force


@dataclass(frozen=True)
class FrameGeometric:
    """Normal forces on deflections; the moduli are N at both ends, and where twist counts N i^2 at both ends.

    Parameters
    ----------
    dimension : int
        2 or 3.
    """

    kind: ClassVar[str] = "frame"
    dimension: int
    symmetric: bool = True
    definite: bool = False
    depends_on_position: bool = False

    def matrix(self, cells: Cells, moduli: tuple[Any, ...]) -> Any:
        """Cell matrices, shape (a, i, b, j, e)."""
        return sum(products(motion, weight) for motion, weight in self._parts(cells, moduli))

    def action(self, cells: Cells, moduli: tuple[Any, ...], u: Any) -> Any:
        """Forces and moments of displacements and rotations u, both of shape (i, a, e)."""
        return sum(work(motion, weight, u) for motion, weight in self._parts(cells, moduli))

    def _parts(self, cells: Cells, moduli: tuple[Any, ...]) -> list[tuple[list[Any], Any]]:
        """Slopes, and twists, for unit motions of the ends, with their weights, shape (q, e)."""
        first, second = jnp.asarray(cells.shape)[:, :, None]
        weights = [(first * n + second * m) * cells.measure for n, m in zip(moduli[::2], moduli[1::2], strict=True)]
        motions = [slopes(self.dimension, cells), *([_twist(cells)] if len(weights) > 1 else [])]
        return list(zip(motions, weights, strict=True))


def _twist(cells: Cells) -> list[Any]:
    """Twist for each length of unit rotations of the ends, shape (a, i, q, e)."""
    length, tangent = direction(cells)
    zero = jnp.zeros_like(length + cells.measure)
    ends = [jnp.stack([zero] * 3 + [sign * t / length + zero for t in tangent]) for sign in (-1.0, 1.0)]
    return [jnp.stack(ends)]


def frame_geometric(
    space: Space, force: ArrayLike, *, gyration: ArrayLike | None = None, field: str | None = None
) -> Operator:
    """Return the geometric stiffness of a frame of slender beams under normal forces.

    Parameters
    ----------
    space : Space
        Displacements and rotations, as in `euler_bernoulli`.
    force : array, shape (), (e,) or (e, 2)
        Normal force, of both ends ``beam_forces(K, u)[..., 0]``, negative where it presses. Unit: [force].
    gyration : array, shape () or (e,), in 3D, optional
        Polar radius of gyration, ``sqrt((I_y + I_z) / area)``, by which columns may buckle in torsion; without it they
        do not. Unit: [length].
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, in general indefinite. Unit: [force/length].

    Raises
    ------
    MeshError
        As in `euler_bernoulli`.
    MaterialError
        If a force is not real, a radius not positive, or an array does not fit the cells.
    SpaceError
        As in `euler_bernoulli`, or if there is a radius in the plane.

    Notes
    -----
    Moments and shear forces take no part: a deep beam that tips sideways under its bending moment is not found. A
    buckled column bends within its cells: with two cells its load is 0.8 percent too large, with four 0.05 percent.

    Beside `timoshenko`, whose sections turn apart from the axis by a shear strain g, N counts a fifth of g^2 more than
    it should, of the order N / (G A_s).

    Examples
    --------
    >>> import jax, fem, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> x = np.linspace(0, 2, 5)
    >>> mesh = fem.Mesh(np.stack([x, 0 * x], 1), (fem.CellBlock("line2", [[0, 1], [1, 2], [2, 3], [3, 4]]),))
    >>> space = fem.Space(mesh, components=3)
    >>> K = fem.elements.euler_bernoulli(space, young=2e11, area=1e-4, inertia=1e-8)
    >>> modes = fem.buckling(K, fem.elements.frame_geometric(space, -1.0), fem.fix(space, [0]), k=1)
    >>> round(float(modes.factors[0]), 1)  # Euler: pi^2 E I / (2 L)^2 = 1233.7
    1233.7
    """
    cells, d = beam_cells(space, field), space.mesh.dimension
    ends = _ends(force, cells)
    moduli, margins = ends, {}
    if gyration is not None:
        _check_space(d)
        radius = number("gyration", gyration, cells)
        moduli = (*ends, *(radius**2 * n for n in ends))
        margins = {"section": radius}
    return bilinear(
        space, FrameGeometric(d), moduli, margins, degree=_degree, field=field, domains=lines(space, "beams")
    )


def _degree(_: ReferenceElement) -> int:
    return _DEGREE


def _ends(force: ArrayLike, cells: int) -> tuple[Any, Any]:
    """Normal force at both ends, each of shape () or (e,)."""
    array, shape = jnp.asarray(force), np.shape(force)
    fits = shape in ((), (cells,), (cells, 2))
    if not fits or array.dtype.kind == "c":
        raise MaterialError(
            "a normal force is not real" if fits else "a normal force does not fit the cells",
            expected=f"real, of shape (), ({cells},), or ({cells}, 2) for both ends",
            got=f"shape {shape}, {array.dtype}",
            fix="pass fem.elements.beam_forces(K, u)[..., 0] of one load case",
        )
    array = array.astype(float)
    return (array[:, 0], array[:, 1]) if array.ndim == 2 else (array, array)


def _check_space(dimension: int) -> None:
    if dimension != 3:
        raise SpaceError(
            "a frame in the plane does not twist",
            expected="gyration= in 3D only",
            got="a frame in 2D",
            fix="leave gyration out",
        )
