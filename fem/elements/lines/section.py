"""Sections of beams: their stiffness tensors in the axes of space, from lengths, directions and properties."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fem.elements.common.build import bilinear, check_components
from fem.elements.lines.frame import ROTATIONS, Frame
from fem.elements.lines.straight import count, directions, lines, number
from fem.errors import MaterialError, SpaceError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.operator import Operator
    from fem.dofs.space import Space

_PARALLEL = 1e-6  # sine of the angle below which two directions count as one


class Section(NamedTuple):
    """Stiffness of the sections of all cells, each of shape () or (e,).

    Attributes
    ----------
    axial : array
        E A. Unit: [force].
    bending : tuple of array
        In the plane E I; in space E I_y and E I_z, about the section axes y and z. Unit: [force length^2].
    shear : tuple of array, or None
        In the plane G A_s; in space G A_y and G A_z, for forces along y and z; None if rigid. Unit: [force].
    torsion : array, or None
        G J, in space. Unit: [force length^2].
    up : array, shape (3,) or (e, 3), or None
        Direction near the section axis z, in space.
    """

    axial: Any
    bending: tuple[Any, ...]
    shear: tuple[Any, ...] | None
    torsion: Any
    up: Any


def frame(space: Space, section: Section, margins: dict[str, Any], field: str | None) -> Operator:
    """Return the stiffness of beams of a section.

    Parameters
    ----------
    space : Space
        Displacements and rotations.
    section : Section
        Stiffness of the sections.
    margins : dict of str to array
        What must be positive, see `fem.assembly.checks`.
    field : str or None
        Name of the unknown.
    """
    d, where = space.mesh.dimension, lines(space, "beams")
    length, tangent = directions(space, where)
    axes = None if d == 2 else section_axes(tangent, section.up)
    moduli = _moduli(section._replace(up=None), length, tangent, axes)
    return bilinear(space, Frame(d), moduli, margins, field=field, domains=where)


def beam_cells(space: Space, field: str | None) -> int:
    """Return the number of beams of a space of displacements and rotations.

    Raises
    ------
    SpaceError, MeshError
        If it is none, or its mesh has no lines with two nodes.
    """
    d = space.mesh.dimension
    if d not in ROTATIONS:
        raise SpaceError(
            "a frame is made of lines in the plane or in space",
            expected="points in 2D or 3D",
            got=f"points in {d}D",
            fix="for a beam along an interval use points (x, 0)",
        )
    check_components(space, field, d + ROTATIONS[d], "a frame needs displacements and rotations at each point")
    return count(lines(space, "beams"))


def axes_of(name: str, value: Any, cells: int, dimension: int) -> tuple[Any, ...]:
    """Return a property for each section axis, shapes () or (e,): one in the plane, two in space.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : array, shape () or (e,) in the plane, (2,) or (e, 2) in space
        The property.
    cells : int
        Number of cells.
    dimension : int
        2 or 3.

    Raises
    ------
    MaterialError
        If the shape is another.
    """
    if dimension == 2:
        return (number(name, value, cells),)
    array = jnp.asarray(value, float)
    if array.shape not in ((2,), (cells, 2)):
        raise MaterialError(
            f"{name} needs a number for each of the two section axes",
            expected=f"shape (2,) or ({cells}, 2), for y and z",
            got=f"{name} of shape {array.shape}",
            fix="pass (about y, about z) for second moments, (along y, along z) for shear areas",
        )
    return array[..., 0], array[..., 1]


def section_of(
    cells: int,
    dimension: int,
    *,
    young: ArrayLike,
    area: ArrayLike,
    inertia: ArrayLike,
    shear: ArrayLike | None,
    shear_area: ArrayLike | None,
    torsion: ArrayLike | None,
    up: ArrayLike | None,
) -> tuple[Section, dict[str, Any]]:
    """Return the stiffness of sections and what of them must be positive, from the arguments of a public beam.

    Without `shear_area` sections stay normal to the axis: see `fem.elements.euler_bernoulli`, and with it
    `fem.elements.timoshenko`.

    Raises
    ------
    MaterialError
        If a property is missing or does not fit the cells.
    """
    e, a = number("young", young, cells), number("area", area, cells)
    moments = axes_of("inertia", inertia, cells, dimension)
    g = None if shear is None else number("shear", shear, cells)
    areas = () if shear_area is None else axes_of("shear_area", shear_area, cells, dimension)
    j = _torsion(shear, torsion, cells) if dimension == 3 else None
    moduli = (e,) if g is None else (e, g)
    extents = (a, *moments, *areas) if j is None else (a, *moments, *areas, j)
    section = Section(
        axial=e * a,
        bending=tuple(e * moment for moment in moments),
        shear=tuple(g * part for part in areas) or None,
        torsion=None if j is None else g * j,
        up=up,
    )
    return section, {"not negative": _least(moduli), "section": _least(extents)}


def _torsion(shear: ArrayLike | None, torsion: ArrayLike | None, cells: int) -> jax.Array:
    """The torsion constant J of beams in space, shape () or (e,)."""
    if shear is None or torsion is None:
        raise MaterialError(
            "a beam in space needs a stiffness against torsion",
            expected="shear= (shear modulus) and torsion= (torsion constant)",
            got=", ".join(f"{name}=None" for name, value in (("shear", shear), ("torsion", torsion)) if value is None),
            fix="for a circular section torsion is the sum of both second moments",
        )
    return number("torsion", torsion, cells)


def _least(properties: tuple[jax.Array, ...]) -> jax.Array:
    """The smallest of several properties in each cell, shape () or (e,)."""
    return functools.reduce(jnp.minimum, properties)


@jax.jit
def _moduli(section: Section, length: Any, tangent: Any, axes: tuple[Any, Any] | None) -> tuple[Any, ...]:
    """Stiffness tensors in the axes of space, each of shape (e,): see `Frame`. One program, not one an operation."""
    found = _in_the_plane(section, length, tangent) if axes is None else _in_space(section, length, tangent, axes)
    return tuple(jnp.broadcast_to(m, length.shape) for m in found)


def _in_the_plane(section: Section, length: Any, tangent: Any) -> tuple[Any, ...]:
    (bending,) = section.bending
    s = _with_bending(None if section.shear is None else section.shear[0], bending, length)
    x, y = tangent
    e = section.axial
    return (e * x * x + s * y * y, (e - s) * x * y, e * y * y + s * x * x, bending)


def _in_space(section: Section, length: Any, tangent: Any, axes: tuple[Any, Any]) -> tuple[Any, ...]:
    y, z = axes
    about_y, about_z = section.bending
    along_y, along_z = (None, None) if section.shear is None else section.shear
    s_y, s_z = _with_bending(along_y, about_z, length), _with_bending(along_z, about_y, length)
    a = ((section.axial, tangent), (s_y, y), (s_z, z))
    d = ((section.torsion, tangent), (about_y, y), (about_z, z))
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    return tuple(sum(c * v[i] * v[j] for c, v in parts) for parts in (a, d) for i, j in pairs)


def _with_bending(shear: Any, bending: Any, length: Any) -> Any:
    """Shear stiffness in series with that of the bending which linear rotations leave out."""
    left_out = 12.0 * bending / (length * length)
    return left_out if shear is None else left_out * shear / (left_out + shear)


def section_axes(tangent: Any, up: Any) -> tuple[Any, Any]:
    """Return the section axes y and z of beams in space, both of shape (3, e).

    Parameters
    ----------
    tangent : array, shape (3, e)
        Unit tangent t.
    up : array, shape (3,) or (e, 3), or None
        z lies in the plane of t and `up`; by default `up` is the third axis of space, and
        the first one for cells along the third.

    Raises
    ------
    MaterialError
        If `up` has another shape, or is parallel to a cell.
    """
    if up is None:
        vertical = jnp.hypot(tangent[0], tangent[1]) < _PARALLEL
        chosen = jnp.where(vertical, jnp.array([[1.0], [0.0], [0.0]]), jnp.array([[0.0], [0.0], [1.0]]))
    else:
        chosen = jnp.asarray(up, float)
        if chosen.shape not in ((3,), (tangent.shape[1], 3)):
            raise MaterialError(
                "up is a direction",
                expected=f"shape (3,) or ({tangent.shape[1]}, 3)",
                got=f"up of shape {chosen.shape}",
                fix="pass (0, 0, 1) for sections that stand upright",
            )
        chosen = jnp.broadcast_to(chosen if chosen.ndim == 2 else chosen[None], (tangent.shape[1], 3)).T
    y = jnp.cross(chosen, tangent, axis=0)
    size = jnp.sqrt((y * y).sum(0))
    _check_parallel(size, chosen)
    y = y / size
    return y, jnp.cross(tangent, y, axis=0)


def _check_parallel(size: Any, up: Any) -> None:
    if isinstance(size, jax.core.Tracer):
        return
    ratio = np.asarray(size) / np.sqrt((np.asarray(up) ** 2).sum(0))
    faults = np.flatnonzero(~(ratio > _PARALLEL))
    if len(faults):
        cell = int(faults[0])
        raise MaterialError(
            "the section axes of a beam are not determined",
            expected="a direction up that is not along the beam",
            got=f"up = {np.asarray(up)[:, cell].tolist()} along beam {cell}",
            fix="pass up for each beam, shape (e, 3)",
            cell=cell,
        )
