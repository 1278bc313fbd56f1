"""Beams with shear deformation: sections stay plane, but not normal to the axis. See `fem.elements.lines.frame`.

End loads give exact displacements at the nodes, whatever the number of cells; nothing locks when the beam
becomes slender [1]_.

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


def timoshenko(
    space: Space,
    *,
    young: Any,
    shear: Any,
    area: Any,
    shear_area: Any,
    inertia: Any,
    torsion: Any = None,
    up: Any = None,
    field: str | None = None,
) -> Operator:
    """Return the stiffness of a frame of beams with shear deformation, rigidly joined.

    All line cells of the mesh are beams; cells of other kinds count for nothing.

    Parameters
    ----------
    space : Space
        Displacements and rotations: (u, v, r) in 2D, components=3; (u, v, w, rx, ry, rz) in 3D, components=6.
    young, shear : array, shape () or (e,)
        Young's modulus and shear modulus. Unit: [force/length^2].
    area : array, shape () or (e,)
        Area of the section. Unit: [length^2].
    shear_area : array, shape () or (e,) in 2D, (2,) or (e, 2) in 3D
        Area that carries shear, 5/6 of a rectangle; in 3D for forces along the section axes y and z.
        Unit: [length^2].
    inertia : array, shape () or (e,) in 2D, (2,) or (e, 2) in 3D
        Second moment of area; in 3D about the section axes y and z. Unit: [length^4].
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
    >>> K = fem.elements.timoshenko(space, young=2e11, shear=8e10, area=1e-4, shear_area=1e-9, inertia=1e-8)
    >>> tip = fem.solve(K, np.array([[0, 0, 0], [0, 3.0, 0]]), fem.fix(space, [0]))[1]
    >>> round(float(tip[1]), 12)  # P L^3 / (3 E I) + P L / (G A_s)
    0.079
    """
    cells, d = beam_cells(space, field), space.mesh.dimension
    e, g, a = (number(n, v, cells) for n, v in (("young", young), ("shear", shear), ("area", area)))
    moments = axes_of("inertia", inertia, cells, d)
    areas = axes_of("shear_area", shear_area, cells, d)
    margins = {"not negative": least_of(e, g), "section": least_of(a, *areas, *moments)}
    twist = None
    if d == 3:
        twist, constant = torsion_of(g, torsion, cells)
        margins["section"] = least_of(margins["section"], constant)
    section = Section(e * a, tuple(e * m for m in moments), tuple(g * s for s in areas), twist, up)
    return frame(space, section, margins, field)
