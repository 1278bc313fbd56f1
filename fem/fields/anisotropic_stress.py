"""Stress of a linear elastic body with any stiffness tensor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.elements.solids.anisotropic import VOIGT
from fem.errors import MaterialError
from fem.fields.gradient import check_displacement
from fem.fields.sample import sampled

if TYPE_CHECKING:
    from fem.dofs.space import Space
    from fem.fields.places import Where
    from fem.geometry.cells import Cells


def anisotropic_stress(
    space: Space, u: Any, stiffness: Any, *, free_strain: Any = 0.0, at: Where = "centers", field: str | None = None
) -> Any:
    """Return the stress of a displacement in a body of any symmetry.

    Parameters
    ----------
    space, u, at, field
        See `fem.fields.gradient`.
    stiffness : array, shape (v, v), (e, v, v) or (e, q, v, v)
        As in `fem.elements.anisotropic`; with quadrature points only if `at` is their degree.
        Unit: [force/length^2].
    free_strain : array, shape () or (v,)
        Strain in Voigt's notation that needs no stress, such as expansion times temperature.

    Returns
    -------
    array, shape (e, d, d), (p, d, d) or (e, q, d, d), load cases in front
        Unit: [force/length^2].

    Raises
    ------
    SpaceError
        If the field is no displacement.
    MaterialError
        If the stiffness does not fit the cells.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((1, 1)), components=2)
    >>> stretched = space.points * jax.numpy.array([0.1, 0.0])
    >>> fem.fields.anisotropic_stress(space, stretched, jax.numpy.diag(jax.numpy.array([5.0, 2.0, 1.0])))[0].tolist()
    [[0.5, 0.0], [0.0, 0.0]]
    """
    check_displacement(space, field)
    pairs, c = VOIGT[space.mesh.dimension], jnp.asarray(stiffness, float)
    cells = sum(domain.count for domain in space.topology.bulk)
    by_point = c.ndim == 4 and isinstance(at, int)
    if c.shape[-2:] != 2 * (len(pairs),) or not (c.ndim == 2 or ((c.ndim == 3 or by_point) and c.shape[0] == cells)):
        v = len(pairs)
        raise MaterialError(
            "a stiffness does not fit the cells",
            expected=f"shape ({v}, {v}) or ({cells}, {v}, {v}); with at=degree also ({cells}, q, {v}, {v})",
            got=f"shape {c.shape} with at={at!r}",
            fix="pass what fem.elements.anisotropic took",
        )
    free = jnp.broadcast_to(jnp.asarray(free_strain, float), (len(pairs),))
    return _stress(space, u, c, free, at=at, field=field)


@partial(jax.jit, static_argnames=("at", "field"))
def _stress(space: Space, u: Any, stiffness: Any, free: Any, *, at: Where, field: str | None) -> Any:
    pairs = VOIGT[space.mesh.dimension]

    def of_cells(cells: Cells, nodal: Any, part: slice) -> Any:
        slope = cells.gradient_of(nodal)
        strain = [(slope[i, k] + slope[k, i]) / (2 if i == k else 1) - free[m] for m, (i, k) in enumerate(pairs)]
        c = stiffness if stiffness.ndim == 2 else jnp.moveaxis(stiffness[part], 0, -1)  # (q, v, v, e) or (v, v, e)
        c = jnp.moveaxis(c, 0, -2) if c.ndim == 4 else c
        stress = [sum(c[m, n] * strain[n] for n in range(len(pairs))) for m in range(len(pairs))]
        axes = range(space.mesh.dimension)
        return jnp.stack([jnp.stack([stress[pairs.index((min(i, k), max(i, k)))] for k in axes]) for i in axes])

    return sampled(space, u, at, of_cells, field)
