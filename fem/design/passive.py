"""Regions that are no part of the design: solid where a pipe is bolted on, void where it goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np

from fem.design.cells import bulk, densities
from fem.errors import MeshError
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh


@dataclass(frozen=True, eq=False)
class Passive:
    """What `passive` returns.

    Parameters
    ----------
    free : bool array, shape (e,)
        Whether the density of a cell is a variable.
    given : float array, shape (e,)
        1 where solid, 0 elsewhere.
    """

    free: NDArray[np.bool_] = field(repr=False)
    given: NDArray[np.float64] = field(repr=False)

    def __call__(self, x: ArrayLike) -> jax.Array:
        """Return x, shape (e,), with 1 in solid cells and 0 in void ones."""
        return jnp.where(constant(self.free), densities(x, len(self.free)), constant(self.given))


def passive(mesh: Mesh, *, solid: ArrayLike = (), void: ArrayLike = ()) -> Passive:
    """Return a function that sets the density of cells which are no part of the design.

    Apply it last, after filters and projections, which would soften its edges.

    Parameters
    ----------
    mesh : Mesh
        Cells of the highest dimension have a density.
    solid, void : int array, shape (k,)
        Numbers of cells, as of ``mesh.cells_on(...)``.

    Returns
    -------
    callable
        ``held(x)``, shape (e,), from x of shape (e,). ``held.free``, shape (e,), says which cells are variables.

    Raises
    ------
    MeshError
        If there is no such cell, it has no density, or one is to be both.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> held = fem.design.passive(fem.interval(4), solid=[0], void=[3])
    >>> held([0.5, 0.5, 0.5, 0.5]).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    cells = bulk(mesh)
    is_solid, is_void = (_among(cells, name, numbers) for name, numbers in (("solid", solid), ("void", void)))
    both = is_solid & is_void
    if both.any():
        cell = int(cells[np.argmax(both)])
        raise MeshError(
            "a cell is to be solid and void", expected="regions without a common cell", got=f"cell {cell} in both",
            fix="numpy.setdiff1d(solid, void) leaves the common ones void", cell=cell,
        )  # fmt: skip
    return Passive(~(is_solid | is_void), is_solid.astype(float))


def _among(cells: NDArray[np.int32], name: str, numbers: ArrayLike) -> NDArray[np.bool_]:
    """Which of the cells, shape (e,), are named."""
    named = np.asarray(numbers)
    if named.size == 0:
        return np.zeros(len(cells), bool)
    if named.ndim != 1 or named.dtype.kind not in "iu":
        raise MeshError(
            f"{name} names no cells", expected="whole numbers of shape (k,)",
            got=f"{name} of shape {named.shape} and type {named.dtype}", fix="mesh.cells_on(where) finds cells",
        )  # fmt: skip
    unknown = named[~np.isin(named, cells)]
    if unknown.size:
        raise MeshError(
            f"{name} names a cell that has no density", expected="numbers of cells of the highest dimension",
            got=f"cell {unknown[0]}", fix="mesh.cells_on(where) finds cells", cell=int(unknown[0]),
        )  # fmt: skip
    return np.isin(cells, named)
