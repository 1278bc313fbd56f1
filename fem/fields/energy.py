"""Elastic energies."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import jax
import jax.numpy as jnp

from fem.elements.common.build import stiffness_degree
from fem.fields.gradient import check_displacement
from fem.fields.sample import integrated
from fem.fields.stress import check_material, hooke, parts

if TYPE_CHECKING:
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


def strain_energy(
    space: Space,
    u: Any,
    *,
    young: Any,
    poisson: Any,
    plane: Literal["stress", "strain"] | None = None,
    thickness: Any = 1.0,
    free_strain: Any = 0.0,
    field: str | None = None,
) -> Any:
    """Return the elastic energy of each cell, ``1/2 int stress : elastic strain``.

    Parameters
    ----------
    space, u, young, poisson, plane, free_strain, field
        See `fem.fields.stress`; coefficients have shape () or (e,).
    thickness : array, shape () or (e,)
        Thickness of a plane body. Unit: [length].

    Returns
    -------
    array, shape (e,), load cases in front
        Their sum is half the compliance under dead loads. Unit: [force length].

    Raises
    ------
    SpaceError
        If the field is no displacement.
    MaterialError
        If Poisson's ratio is out of range, or a coefficient does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> fem.fields.strain_energy(space, 0.1 * space.points, young=2.0, poisson=0.3).round(12).tolist()
    [0.005, 0.005]
    """
    check_displacement(space, field)
    check_material(space, young, poisson)
    coefficients = {"young": young, "poisson": poisson, "free_strain": free_strain, "thickness": thickness}
    return _energy(space, u, coefficients, plane=plane, field=field)


@partial(jax.jit, static_argnames=("plane", "field"))
def _energy(space: Space, u: Any, coefficients: dict[str, Any], *, plane: str | None, field: str | None) -> Any:
    def density(cells: Cells, nodal: Any, part: slice) -> Any:
        own = parts(space, coefficients, part, cells, "centers")
        thickness = own.pop("thickness")
        stress, elastic = hooke(cells.gradient_of(nodal), **own, plane=plane)
        return thickness * jnp.einsum("ikqe,ikqe->qe", stress, elastic) / 2

    return integrated(space, u, stiffness_degree, density, field)
