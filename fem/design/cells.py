"""The cells that a density belongs to: those of the highest dimension, in the order of the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fem.arrays import real
from fem.errors import MeshError
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh


def bulk(mesh: Mesh) -> NDArray[np.int32]:
    """Return the numbers of the cells of the highest dimension, shape (e,).

    Raises
    ------
    MeshError
        If one of them has no volume.
    """
    inside = [np.full(len(block), block.element.dimension == mesh.cell_dimension) for block in mesh.blocks]
    cells = np.flatnonzero(np.concatenate([np.zeros(0, bool), *inside])).astype(np.int32)
    measures = mesh.measures[cells]
    if not (measures > 0).all():
        worst = int(np.argmax(~(measures > 0)))
        raise MeshError(
            "a cell has no volume", expected="positive volumes", fix="mesh.oriented() turns plane cells; mesh.check()",
            got=f"{measures[worst]:.6g} in cell {cells[worst]}", cell=int(cells[worst]),
        )  # fmt: skip
    return cells


def densities(x: ArrayLike, count: int) -> jax.Array:
    """Return one number for each cell as an array, shape (e,).

    Raises
    ------
    ShapeError
        If there is not one for each of `count` cells.
    DtypeError
        If they are no real numbers.
    """
    array = real("x", x)
    if array.shape != (count,):
        raise ShapeError(
            "densities do not fit the mesh",
            expected=f"shape ({count},): one for each cell of the highest dimension",
            got=f"shape {array.shape}",
            fix="jax.vmap takes several designs at once",
        )
    return array


def check_positive(name: str, value: Any, unit: str) -> float:
    """Return a positive, finite number.

    Raises
    ------
    ShapeError
        If it is none.
    """
    if isinstance(value, int | float | np.integer | np.floating) and 0 < float(value) < np.inf:
        return float(value)
    raise ShapeError(
        f"{name} is no positive number", expected=f"a positive number, in {unit}", got=f"{name} = {value!r}",
        fix=f"pass {name} as a number greater than zero",
    )  # fmt: skip
