"""Stress of a linear elastic, isotropic body of revolution."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.fields.gradient import check_displacement
from fem.fields.sample import sampled
from fem.fields.stress import check_material, hooke, parts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.dofs.space import Space
    from fem.fields.places import Where
    from fem.geometry.cells import Cells


def axisymmetric_stress(
    space: Space,
    u: ArrayLike,
    *,
    young: ArrayLike,
    poisson: ArrayLike,
    free_strain: ArrayLike = 0.0,
    at: Where = "centers",
    field: str | None = None,
) -> jax.Array:
    """Return the stress of a displacement (u_r, u_z) on the half-plane of a body of revolution.

    Parameters
    ----------
    space, u, at, field
        See `fem.fields.gradient`.
    young, poisson : array, shape (), (e,) or (e, q)
        As in `fem.elements.axisymmetric`; with quadrature points only if `at` is their degree.
        Unit: [force/length^2].
    free_strain : array, shape (), (e,) or (e, q)
        Strain in all directions that needs no stress, such as expansion times temperature.

    Returns
    -------
    array, shape (e, 3, 3), (p, 3, 3) or (e, q, 3, 3), load cases in front
        In the directions r, z and around the axis: the hoop stress is ``[..., 2, 2]``. Unit: [force/length^2].

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
    >>> space = fem.Space(fem.rectangle((1, 1)), components=2)
    >>> widened = space.points * jax.numpy.array([0.1, 0.0])  # u_r = r / 10: as much around the axis as along r
    >>> stress = fem.fields.axisymmetric_stress(space, widened, young=2.0, poisson=0.0)[0]
    >>> [round(float(stress[i, i]), 12) for i in range(3)]
    [0.2, 0.0, 0.2]
    """
    check_displacement(space, field)
    check_material(space, young, poisson)
    coefficients = {"young": young, "poisson": poisson, "free_strain": free_strain}
    return _stress(space, u, coefficients, at=at, field=field)


@partial(jax.jit, static_argnames=("at", "field"))
def _stress(space: Space, u: Any, coefficients: dict[str, Any], *, at: Where, field: str | None) -> Any:
    def of_cells(cells: Cells, nodal: Any, part: slice) -> Any:
        plane = cells.gradient_of(nodal)
        around = cells.value_of(nodal)[0] / cells.points[0]
        full = jnp.zeros((3, 3, *around.shape)).at[:2, :2].set(plane).at[2, 2].set(around)
        return hooke(full, **parts(space, coefficients, part, cells, at), plane=None)[0]

    return sampled(space, u, at, of_cells, field)
