"""Stress of a linear elastic, isotropic body."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import jax
import jax.numpy as jnp

from fem.elements.common.build import check_cells, isotropic_margins, material
from fem.errors import MaterialError
from fem.fields.gradient import check_displacement
from fem.fields.sample import sampled

if TYPE_CHECKING:
    from fem.dofs.space import Space
    from fem.fields.places import Where
    from fem.geometry.cells import Cells


def stress(
    space: Space,
    u: Any,
    *,
    young: Any,
    poisson: Any,
    plane: Literal["stress", "strain"] | None = None,
    free_strain: Any = 0.0,
    at: Where = "centers",
    field: str | None = None,
) -> Any:
    """Return the stress of a displacement.

    Parameters
    ----------
    space, u, at, field
        See `fem.fields.gradient`.
    young, poisson : array, shape (), (e,) or (e, q)
        As in `fem.elements.elasticity`; with quadrature points only if `at` is their degree. Unit: [force/length^2].
    plane : {"stress", "strain"}, optional
        Which of the two, in 2D: plane stress by default.
    free_strain : array, shape (), (e,) or (e, q)
        Strain in all directions that needs no stress, such as expansion times temperature.

    Returns
    -------
    array, shape (e, 3, 3), (p, 3, 3) or (e, q, 3, 3), load cases in front
        All components, in 2D too: plane strain has a stress out of the plane. Unit: [force/length^2].

    Raises
    ------
    SpaceError
        If the field is no displacement.
    MaterialError
        If Poisson's ratio is out of range, a coefficient does not fit the cells, or `plane` the dimension.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> tension = fem.fields.stress(space, 0.01 * space.points, young=100.0, poisson=0.3)
    >>> tension[0].round(12).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    check_displacement(space, field)
    if plane not in (None, "stress", "strain") or (plane is not None and space.mesh.dimension != 2):
        raise MaterialError(
            "plane stress and plane strain are states of plane bodies",
            expected='plane="stress" or plane="strain" in 2D, None in 3D',
            got=f"plane={plane!r} in {space.mesh.dimension}D",
            fix="drop plane=, or use a mesh in 2D",
        )
    check_material(space, young, poisson)
    coefficients = {"young": young, "poisson": poisson, "free_strain": free_strain}
    return _stress(space, u, coefficients, plane=plane, at=at, field=field)


def check_material(space: Space, young: Any, poisson: Any) -> None:
    """Refuse an isotropic material that is known to be impossible.

    Raises
    ------
    MaterialError
        With the first such cell.
    """
    margins = isotropic_margins(material("young", young), material("poisson", poisson))
    check_cells(margins, space.topology.bulk)


@partial(jax.jit, static_argnames=("plane", "at", "field"))
def _stress(
    space: Space, u: Any, coefficients: dict[str, Any], *, plane: str | None, at: Where, field: str | None
) -> Any:
    def of_cells(cells: Cells, nodal: Any, part: slice) -> Any:
        return hooke(cells.gradient_of(nodal), **parts(space, coefficients, part, cells, at), plane=plane)[0]

    return sampled(space, u, at, of_cells, field)


def hooke(gradient: Any, *, young: Any, poisson: Any, free_strain: Any, plane: str | None) -> tuple[Any, Any]:
    """Return stress and elastic strain, both (3, 3, q, e), of a displacement gradient (d, d, q, e).

    Parameters
    ----------
    gradient : array, shape (d, d, q, e)
        Displacement gradient.
    young, poisson, free_strain : array, shape (), (e,) or (q, e)
        Young's modulus, Poisson's ratio, strain without stress.
    plane : {"stress", "strain"} or None
        State of a plane body.
    """
    axes, zero = range(gradient.shape[0]), jnp.zeros_like(gradient[0, 0])
    normal = [gradient[i, i] - free_strain for i in axes]
    if len(axes) == 1:
        normal += [-poisson * normal[0]] * 2
    elif len(axes) == 2:
        # In plane stress the strain out of the plane is the one that leaves no stress there.
        normal += [zero - free_strain if plane == "strain" else -poisson / (1.0 - poisson) * (normal[0] + normal[1])]
    mu = young / (2.0 * (1.0 + poisson))
    pressure = young * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson)) * sum(normal)
    shear = [[(gradient[i, k] + gradient[k, i]) / 2 if max(i, k) in axes else zero for k in range(3)] for i in range(3)]
    elastic = [[normal[i] + zero if i == k else shear[i][k] for k in range(3)] for i in range(3)]
    stressed = [
        [
            2.0 * mu * elastic[i][k] + (pressure if i == k else 0.0) if _carries(i, k, axes, plane) else zero
            for k in range(3)
        ]
        for i in range(3)
    ]
    return _tensor(stressed), _tensor(elastic)


def _carries(i: int, k: int, axes: range, plane: str | None) -> bool:
    return max(i, k) in axes or (i == k and len(axes) == 2 and plane == "strain")


def _tensor(rows: list[list[Any]]) -> Any:
    return jnp.stack([jnp.stack(row) for row in rows])


def parts(space: Space, coefficients: dict[str, Any], part: slice, cells: Cells, at: Where) -> dict[str, Any]:
    """Return coefficients for some cells, shape (), (e,) or (q, e).

    Raises
    ------
    MaterialError
        If one does not fit the cells.
    """
    count = sum(domain.count for domain in space.topology.bulk)
    points = len(cells.tables.weights)
    return {name: _part(name, value, part, count, points, at) for name, value in coefficients.items()}


def _part(name: str, value: Any, part: slice, count: int, points: int, at: Where) -> Any:
    """The coefficient of some cells, shape (), (e,) or (q, e)."""
    array = jnp.asarray(value, float)
    if array.ndim == 0:
        return array
    by_point = array.ndim == 2 and isinstance(at, int) and array.shape[1] == points
    if array.shape[0] != count or not (array.ndim == 1 or by_point):
        raise MaterialError(
            f"{name} does not fit the cells",
            expected=f"shape () or ({count},); with at=degree also ({count}, quadrature points)",
            got=f"shape {array.shape} with at={at!r}",
            fix="pass one number for each cell",
        )
    return array[part].T
