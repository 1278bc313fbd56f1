"""Self-weight: the load of the material itself, which changes with the design."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.arrays import real
from fem.design.cells import densities
from fem.elements.loads.body_load import body_load
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike

    from fem.dofs.space import Space


def self_weight(
    space: Space, x: ArrayLike, weight: ArrayLike, *, thickness: ArrayLike = 1.0, field: str | None = None
) -> jax.Array:
    """Return the load of the weight of a design.

    Parameters
    ----------
    space : Space
        Displacements.
    x : array, shape (e,)
        Densities between 0 and 1, or what else the volume of a cell is multiplied by.
    weight : array, shape (components,)
        Force on each volume of the solid: its mass density times the acceleration. Unit: [force/length^3].
    thickness : array, shape () or (e,)
        Thickness of a plane body. Unit: [length].
    field : str, optional
        Name of the displacements, where the space has several fields.

    Returns
    -------
    array, shape of the space
        Nodal forces, linear in x. Unit: [force].

    Raises
    ------
    ShapeError
        If densities do not fit the cells, or the weight does not fit the unknown.

    Notes
    -----
    The load depends on the design: the gradient of a compliance takes part of it from there, and may have either sign.
    With `simp` cells of low density weigh more than they carry and stay as useless material; take `ramp`.

    References
    ----------
    M. Bruyneel, P. Duysinx, "Note on topology optimization of continuum structures including self-weight", Structural
    and Multidisciplinary Optimization 29, 2005, doi:10.1007/s00158-004-0484-y.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.rectangle((2, 1), size=(2.0, 1.0)), components=2)
    >>> fem.design.self_weight(space, [1.0, 0.5], (0.0, -10.0)).sum(0).round(12).tolist()
    [0.0, -15.0]
    """
    count = sum(domain.count for domain in space.topology.bulk)
    amount, force = densities(x, count), real("weight", weight)
    depth = real("thickness", thickness)
    if depth.ndim:
        depth = densities(depth, count)
    components = space.field(field).components
    if force.shape != (components,):
        raise ShapeError(
            "a weight does not fit the unknown", expected=f"shape ({components},): the force on each volume",
            got=f"shape {force.shape}", fix=f"pass for example {(*[0.0] * (components - 1), -9.81 * 7850)}",
        )  # fmt: skip
    return body_load(space, (amount * depth)[:, None] * force, field=field)
