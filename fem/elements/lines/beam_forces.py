"""Forces and moments in the sections at both ends of beams, in their section axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from fem.assembly.load import spread
from fem.dofs.cases import each
from fem.elements.lines.frame import ROTATIONS, Frame
from fem.elements.lines.line_load import LineForce
from fem.elements.lines.section import section_axes
from fem.elements.lines.straight import count, directions
from fem.errors import SpaceError
from fem.geometry.cells import Cells

if TYPE_CHECKING:
    from fem.assembly.operator import Operator


def beam_forces(operator: Operator, u: Any, *, up: Any = None, line_force: Any = None) -> Any:
    """Return the forces and moments in the sections at both ends of each beam.

    Parameters
    ----------
    operator : Operator
        What `euler_bernoulli` or `timoshenko` returned.
    u : array, shape of the space, load cases in front
        Displacements and rotations.
    up : array, shape (3,) or (e, 3), in 3D, optional
        As given to the rule.
    line_force : array, shape (d,) or (e, d), optional
        As given to `line_load`, if it was.

    Returns
    -------
    array, shape (e, 2, 3) in 2D, (e, 2, 6) in 3D, load cases in front
        At the first and the second end (N, V, M), and in 3D (N, V_y, V_z, M_x, M_y, M_z): what the part of the
        beam beyond the section, seen along the tangent, does to the part before it. N is positive in tension.
        Unit: [force], [force length].

    Raises
    ------
    SpaceError
        If the operator is not one of beams only, or `u` or `line_force` does not fit.

    Examples
    --------
    >>> import jax, fem, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.Mesh([[0, 0], [2, 0]], (fem.CellBlock("line2", [[0, 1]]),)), components=3)
    >>> K = fem.elements.euler_bernoulli(space, young=2e11, area=1e-4, inertia=1e-8)
    >>> u = fem.solve(K, np.array([[0, 0, 0], [7.0, 3.0, 0]]), fem.fix(space, [0]))
    >>> (fem.elements.beam_forces(K, u)[0].round(6) + 0.0).tolist()
    [[7.0, 3.0, 6.0], [7.0, 3.0, 0.0]]
    """
    space, d = operator.space, operator.space.mesh.dimension
    if not all(isinstance(term.form, Frame) for term in operator.terms):
        raise SpaceError(
            "sections have forces in beams only",
            expected="the operator that euler_bernoulli or timoshenko returned",
            got=repr(operator),
            fix="call this before adding other operators",
        )
    domains = tuple(term.domain for term in operator.terms)
    force = None if line_force is None else spread("line_force", line_force, d, count(domains))
    axes = _axes(d, directions(space, domains)[1], up)

    def one(vector: Any) -> Any:
        inner = _ends(operator, vector, force) * jnp.array([-1.0, 1.0])[:, None]  # (i, a, e)
        resolved = [sum(axis[k] * inner[k] for k in range(d)) for axis in axes]
        if d == 2:
            resolved.append(inner[2])
        else:
            resolved += [sum(axis[k] * inner[3 + k] for k in range(3)) for axis in axes]
        return jnp.stack(resolved).transpose(2, 1, 0)

    return each(space, u, one)


def _ends(operator: Operator, vector: Any, force: Any) -> Any:
    """Forces and moments on the ends of all beams in the axes of space, shape (i, a, e)."""
    space = operator.space
    points, parts, start = jnp.asarray(space.points), [], 0
    for term, moduli in zip(operator.terms, operator.moduli, strict=True):
        nodes, size = term.domain.nodes, term.domain.count
        dofs = space.topology.numbering.first[nodes][..., None] + term.field.offset + jnp.arange(term.field.components)
        cells = Cells(term.tables, points[nodes].transpose(2, 1, 0))
        ends = moduli.factor * term.form.action(cells, moduli.each, vector[dofs].transpose(2, 1, 0))
        if force is not None:
            rotations = ROTATIONS[space.mesh.dimension]
            ends = ends - LineForce(rotations)(cells, (force[:, start : start + size],))
        parts.append(ends)
        start += size
    return jnp.concatenate(parts, axis=-1)


def _axes(dimension: int, tangent: Any, up: Any) -> tuple[Any, ...]:
    """Tangent and section axes, each (k, e)."""
    if dimension == 2:
        return tangent, jnp.stack([-tangent[1], tangent[0]])
    return tangent, *section_axes(tangent, up)
