"""Slender beams: sections stay normal to the axis. The weak form is that of `fem.elements.lines.frame`.

End loads give exact displacements at the nodes, whatever the number of cells [1]_.

References
----------
.. [1] J. S. Przemieniecki, "Theory of Matrix Structural Analysis", Dover, 1985, section 5.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fem.elements.lines.section import Section, axes_of, beam_cells, frame, least_of, torsion_of
from fem.elements.lines.straight import number

if TYPE_CHECKING:
    from fem.assembly.operator import Operator
    from fem.dofs.space import Space


def euler_bernoulli(
    space: Space,
    *,
    young: Any,
    area: Any,
    inertia: Any,
    shear: Any = None,
    torsion: Any = None,
    up: Any = None,
    field: str | None = None,
) -> Operator:
    """Return the stiffness of a frame of slender beams, rigidly joined.

    All line cells of the mesh are beams; cells of other kinds count for nothing.

    Parameters
    ----------
    space : Space
        Displacements and rotations: (u, v, r) in 2D, components=3; (u, v, w, rx, ry, rz) in 3D, components=6.
    young : array, shape () or (e,)
        Young's modulus. Unit: [force/length^2].
    area : array, shape () or (e,)
        Area of the section. Unit: [length^2].
    inertia : array, shape () or (e,) in 2D, (2,) or (e, 2) in 3D
        Second moment of area; in 3D about the section axes y and z. Unit: [length^4].
    shear : array, shape () or (e,), in 3D
        Shear modulus, for torsion. Unit: [force/length^2].
    torsion : array, shape () or (e,), in 3D
        Torsion constant. Unit: [length^4].
    up : array, shape (3,) or (e, 3), in 3D, optional
        The section axis z lies in the plane of the beam and `up`: by default the third axis of space,
        and for beams along it the first one. y = up x t.
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    Operator
        Symmetric, positive definite once the rigid motions are held. Unit: [force/length].

    Raises
    ------
    MeshError
        If a cell has another element than ``line2``, or no length.
    MaterialError
        If a property of a section is not positive, missing, or does not fit the cells.
    SpaceError
        If the space does not have displacements and rotations.

    Examples
    --------
    >>> import jax, fem, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> beam = fem.Mesh([[0, 0], [2, 0]], (fem.CellBlock("line2", [[0, 1]]),))
    >>> space = fem.Space(beam, components=3)
    >>> K = fem.elements.euler_bernoulli(space, young=2e11, area=1e-4, inertia=1e-8)
    >>> tip = fem.solve(K, np.array([[0, 0, 0], [0, 3.0, 0]]), fem.fix(space, [0]))[1]
    >>> round(float(tip[1]), 12)  # P L^3 / (3 E I)
    0.004
    """
    cells, d = beam_cells(space, field), space.mesh.dimension
    e, a = number("young", young, cells), number("area", area, cells)
    moments = axes_of("inertia", inertia, cells, d)
    margins = {"not negative": e, "section": least_of(a, *moments)}
    twist = None
    if d == 3:
        twist, constant = torsion_of(shear, torsion, cells)
        margins["section"] = least_of(margins["section"], constant)
    section = Section(e * a, tuple(e * m for m in moments), None, twist, up)
    return frame(space, section, margins, field)
