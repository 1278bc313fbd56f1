"""Line load: a force on each unit of length of bars and beams, such as weight, snow or wind.

Derivation
----------
The end forces that do the work of a uniform force q on a beam of length L and tangent t [1]_::

    f_1 = f_2 = q L / 2,    m_1 = -m_2 = L^2 / 12  t x q

With them a frame has its exact displacements at the nodes.

References
----------
.. [1] J. S. Przemieniecki, "Theory of Matrix Structural Analysis", Dover, 1985, section 5.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.assembly.load import spread
from fem.elements.lines.frame import ROTATIONS, across
from fem.elements.lines.straight import count, direction, lines
from fem.elements.loads.loading import vector
from fem.errors import SpaceError

if TYPE_CHECKING:
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


@dataclass(frozen=True)
class LineForce:
    """A force per length; its numbers are the force, shape (k, e).

    Parameters
    ----------
    rotations : int
        Components of the rotation; 0 for bars.
    """

    rotations: int

    def __call__(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Nodal forces and moments, shape (i, a, e)."""
        force = numbers[0]
        length, tangent = direction(cells)
        moments = [length**2 / 12.0 * m for m in across(tangent, force)] if self.rotations else []
        half = [length / 2.0 * f for f in force]
        return jnp.stack([jnp.stack(half + moments), jnp.stack(half + [-m for m in moments])], 1)


def line_load(space: Space, force: Any, *, field: str | None = None) -> Any:
    """Return the load of a uniform force per length on all bars or beams.

    Parameters
    ----------
    space : Space
        Displacements, for `bar`; or displacements and rotations, for `euler_bernoulli` and `timoshenko`.
    force : array, shape (d,) or (e, d)
        Force per length, in the axes of space. Unit: [force/length].
    field : str, optional
        Name of the unknown, where the space has several fields.

    Returns
    -------
    array, shape of the space
        Nodal forces and moments. Unit: [force], [force length].

    Raises
    ------
    MeshError
        If a cell has another element than ``line2``.
    SpaceError
        If the force or the unknown has the wrong number of components.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> beam = fem.Mesh([[0, 0], [2, 0]], (fem.CellBlock("line2", [[0, 1]]),))
    >>> fem.elements.line_load(fem.Space(beam, components=3), (0.0, -3.0)).tolist()
    [[0.0, -3.0, -1.0], [0.0, -3.0, 1.0]]
    """
    of, d = space.field(field), space.mesh.dimension
    rotations = ROTATIONS.get(d, 0) if of.components != d else 0
    if of.components != d + rotations:
        raise SpaceError(
            "a line load works on displacements, or displacements and rotations",
            expected=f"components={d} for bars, or {d + ROTATIONS.get(d, 0)} for beams, in {d}D",
            got=f"components={of.components}",
            fix=f"fem.Space(mesh, components={d + ROTATIONS.get(d, 0)})",
        )
    domains = lines(space, "bars and beams")
    numbers, start = spread("force", force, d, count(domains)), 0
    total = jnp.zeros(space.count)
    for domain in domains:
        own = (numbers[:, start : start + domain.count],)
        total = total + vector(space, LineForce(rotations), domain, own, of, 0)
        start += domain.count
    return total.reshape(space.shape)
