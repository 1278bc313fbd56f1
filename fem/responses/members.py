"""Members of trusses and frames: how near a bar is to buckling, and the stress at the edges of the section of a beam.

Derivation
----------
A straight member that is pinned at both ends and carries a normal force N, positive in tension, bends by w with
``E I w'' = N w``. Besides w = 0 there is ``w = sin(pi s / L)`` where [1]_::

    -N = P,    P = pi^2 E I / L^2

Other ends have the same formula with another length, that between the points where the member bends the other way:
twice its own for a free end, 0.7 of it for one clamped end, 0.5 for two. The share of P that a member carries is::

    b = -N / P = -N L^2 / (pi^2 E I),    b <= 1

It is linear in N, so that a bar that changes from tension to compression has nothing that bends or jumps. Written with
stresses, ``-N / A <= pi^2 E I / (A L^2)``, the limit is the same.

In the section of a beam the stress is linear, ``s = a + b y + c z``; with ``N = int s``, ``M_y = int z s`` and
``M_z = -int y s`` in principal axes, and a section that reaches as far on both sides, with the moduli
``W = I / distance`` [1]_::

    s = N / A +- M_z / W_z +- M_y / W_y

at its edges in the plane, at its corners in space. Each is linear in the forces; their largest absolute value is not,
and is left to `p_norm`, to `ks`, or to one limit for each.

References
----------
.. [1] S. P. Timoshenko, J. M. Gere, "Theory of Elastic Stability", McGraw-Hill, 1961, sections 2.1 and 1.11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from fem.arrays import real
from fem.elements.lines.section import axes_of
from fem.elements.lines.straight import number
from fem.errors import MaterialError, SpaceError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_COMPONENTS = {3: 2, 6: 3}  # of the forces in a section: dimension


def euler_load(*, young: ArrayLike, inertia: ArrayLike, length: ArrayLike) -> jax.Array:
    """Return the force under which straight members buckle, ``pi^2 E I / L^2``.

    Parameters
    ----------
    young : array, shape () or (e,)
        Young's modulus. Unit: [force/length^2].
    inertia : array, shape () or (e,)
        Second moment of area about the axis that the member bends about; the smaller of two where it is free to choose.
        Unit: [length^4].
    length : array, shape () or (e,)
        Buckling length: of a bar between hinges its own, `mesh.measures`; of a member of a frame that is cut into
        cells, or whose ends are no hinges, see Notes. Unit: [length].

    Returns
    -------
    array, shape () or (e,)
        Positive. Unit: [force].

    Raises
    ------
    MaterialError
        If shapes do not fit each other, or a number that is known is not positive.

    Notes
    -----
    The buckling length of a member of length L is L between hinges, 2 L with one end clamped and one free, 0.7 L
    clamped and hinged, 0.5 L clamped at both ends; columns of a frame that can sway have 1 L to 2 L if their feet are
    clamped, and more than 2 L on hinges.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.responses.euler_load(young=210e9, inertia=8e-6, length=4.0).round().item()
    1036308.0
    """
    given = {"young": young, "inertia": inertia, "length": length}
    cells = max(int(np.size(value)) for value in given.values())
    e, i, along = (_positive(name, number(name, value, cells)) for name, value in given.items())
    return np.pi**2 * e * i / along**2


def buckling(force: ArrayLike, *, young: ArrayLike, inertia: ArrayLike, length: ArrayLike) -> jax.Array:
    """Return the share of its buckling load that each member carries: a limit is met up to 1.

    Parameters
    ----------
    force : array, shape (e,), load cases in front
        Normal forces, positive in tension: of `fem.elements.bar_forces`, or of `fem.elements.beam_forces` the component
        0 at an end. Unit: [force].
    young, inertia, length : array, shape () or (e,)
        See `euler_load`.

    Returns
    -------
    array, shape of force
        ``-N / P``: positive in compression, negative in tension, and smooth where a force changes its sign.

    Raises
    ------
    SpaceError
        If there is not one real force for each member.
    MaterialError
        As of `euler_load`.

    Notes
    -----
    Of similar sections the load goes with the square of the area. Where areas go to zero, as in the design of a truss
    from many possible bars, the force goes with the area and the share grows without bound; there limit
    ``(-N - P) / reference`` by 0 instead, with `euler_load`, which vanishes with the bar.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.responses.buckling([-5e5, 0.0, 5e5], young=210e9, inertia=8e-6, length=4.0).round(3).tolist()
    [0.482, -0.0, -0.482]
    """
    forces = _real(force, "normal forces", "shape (e,), load cases in front, as of fem.elements.bar_forces", ndim=1)
    e, i, along = (
        number(name, value, forces.shape[-1])
        for name, value in (("young", young), ("inertia", inertia), ("length", length))
    )
    return -forces / euler_load(young=e, inertia=i, length=along)


def fibre_stress(forces: ArrayLike, *, area: ArrayLike, section_modulus: ArrayLike) -> jax.Array:
    """Return the normal stress at the edges of the sections of beams, from normal force and bending together.

    Parameters
    ----------
    forces : array, shape (e, 2, 3) in 2D, (e, 2, 6) in 3D, load cases in front
        Of `fem.elements.beam_forces`. Unit: [force], [force length].
    area : array, shape () or (e,)
        Unit: [length^2].
    section_modulus : array, shape () or (e,) in 2D, (2,) or (e, 2) in 3D
        Second moment over the distance of the edge, in 3D about y and about z; alike on both sides. Unit: [length^3].

    Returns
    -------
    array, shape (e, 2, 2) in 2D, (e, 2, 4) in 3D, load cases in front
        At both ends the stress at the edges +y and -y, in 3D at the corners (+y, +z), (-y, +z), (-y, -z), (+y, -z);
        positive in tension. In 2D y is the tangent turned to the left. A section without corners, such as a tube, has
        less in 3D. Unit: [force/length^2].

    Raises
    ------
    SpaceError
        If forces are none of beams.
    MaterialError
        If shapes do not fit the beams, or a number that is known is not positive.

    Examples
    --------
    A cantilever of 2 m, 100 mm high and 50 mm wide, pulled by 10 kN and bent up at its end by 1 kN:

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> ends = [[[10e3, 1e3, 2e3], [10e3, 1e3, 0.0]]]
    >>> (fem.responses.fibre_stress(ends, area=5e-3, section_modulus=0.05 * 0.1**2 / 6) / 1e6).round(9).tolist()
    [[[-22.0, 26.0], [2.0, 2.0]]]
    """
    ends = _real(forces, "forces of beams", "shape (e, 2, 3) or (e, 2, 6), as of fem.elements.beam_forces", ndim=3)
    if ends.shape[-2] != 2 or ends.shape[-1] not in _COMPONENTS:
        raise SpaceError(
            "these are no forces of beams", expected="shape (e, 2, 3) in 2D, (e, 2, 6) in 3D, load cases in front",
            got=f"shape {ends.shape}", fix="pass what fem.elements.beam_forces returned",
        )  # fmt: skip
    cells = ends.shape[-3]
    a = _positive("area", number("area", area, cells))
    moduli = axes_of("section_modulus", section_modulus, cells, _COMPONENTS[ends.shape[-1]])
    w = [_positive("section_modulus", modulus)[..., None, None] for modulus in moduli]
    middle = ends[..., :1] / a[..., None, None]
    if len(w) == 1:
        return middle + ends[..., 2:] / w[0] * jnp.array([-1.0, 1.0])
    upright, sideways = ends[..., 4:5] / w[0], ends[..., 5:] / w[1]
    return middle + upright * jnp.array([1.0, 1.0, -1.0, -1.0]) + sideways * jnp.array([-1.0, 1.0, 1.0, -1.0])


def _real(value: ArrayLike, what: str, expected: str, ndim: int) -> jax.Array:
    array = real(what, value)
    if array.ndim < ndim:
        raise SpaceError(
            f"these are no {what}", expected=expected, got=f"{array.dtype} of shape {array.shape}",
            fix="pass one row for each member",
        )  # fmt: skip
    return array


def _positive(name: str, value: jax.Array) -> jax.Array:
    """The property, which is positive where it is known."""
    if not isinstance(value, jax.core.Tracer) and not (value > 0).all():
        cell = int(np.argmin(np.asarray(value > 0)))
        raise MaterialError(
            f"{name} of a member is not positive", expected=f"{name} > 0", cell=cell,
            got=f"{name} = {float(jnp.ravel(value)[cell]):.6g} of member {cell}", fix="bound sizes from below, above 0",
        )  # fmt: skip
    return value
