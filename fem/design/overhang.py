"""Overhang: what has nothing below it cannot be printed.

Derivation
----------
Layer by layer from the base plate up, a cell can be no denser than the densest of those that carry it: the one below
and its neighbours [1]_ [2]_. With smooth maximum and minimum::

    b_0 = x_0,   b_i = smin(x_i, smax(b_j: j below i))
    smin(x, s) = (x + s - sqrt((x - s)^2 + e) + sqrt(e)) / 2
    smax(b) = (sum_j (b_j + h)^P)^(1/Q) - (n h^P)^(1/Q),   Q = P + log(n) / log(1/2)

The n carriers overestimate their maximum by n^(1/P); the smaller root Q takes that back at densities around 1/2. The
shift h keeps slopes finite where nothing is below, and the last term lets nothing carry nothing.

References
----------
.. [1] M. Langelaar, "An additive manufacturing filter for topology optimization of print-ready designs", Structural and
   Multidisciplinary Optimization 55, 2017, doi:10.1007/s00158-016-1522-2.
.. [2] M. Langelaar, "Topology optimization of 3D self-supporting structures for additive manufacturing", Additive
   Manufacturing 12, 2016, doi:10.1016/j.addma.2016.06.010.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from fem.design.cells import densities
from fem.design.directions import direction_of
from fem.design.grid import grid
from sparsead.errors import ShapeError
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh

# Of the published filter.
_POWER = 40.0
_SMOOTHING = 1e-4
_SHIFT = 1e-6


@dataclass(frozen=True, eq=False)
class OverhangFilter:
    """What `overhang_filter` returns.

    Parameters
    ----------
    layers : int array, shape (l, ...)
        Number of the density at each place of each layer, from the base plate up.
    """

    layers: NDArray[np.int64] = field(repr=False)

    def __call__(self, x: ArrayLike) -> jax.Array:
        """Return what can be printed of x, shape (e,)."""
        density = densities(x, self.layers.size)
        stacked = density[constant(self.layers)]

        def print_layer(below: jax.Array, wanted: jax.Array) -> tuple[jax.Array, jax.Array]:
            printed = _smaller(wanted, _largest(_carriers(below)))
            return printed, printed

        _, above = jax.lax.scan(print_layer, stacked[0], stacked[1:])
        printed = jnp.concatenate([stacked[:1], above])
        return jnp.zeros_like(density).at[constant(self.layers)].set(printed)


def overhang_filter(mesh: Mesh, direction: ArrayLike) -> OverhangFilter:
    """Return a function that takes away what a printer cannot build without supports.

    Parameters
    ----------
    mesh : Mesh
        A grid along the axes; the steepest overhang is that of a cell's diagonal, 45 degrees where cells are squares.
    direction : array, shape (d,)
        In which layers are added: an axis, upwards or downwards.

    Returns
    -------
    callable
        ``printable(x)``, shape (e,), from densities x of shape (e,). The first layer stands on the base plate. Apply it
        to the filtered or projected density.

    Raises
    ------
    ShapeError
        If the direction is no axis of the mesh.
    MeshError
        If the cells are no grid.

    References
    ----------
    M. Langelaar, 2017, doi:10.1007/s00158-016-1522-2.

    Examples
    --------
    A pillar under the left end of a beam carries it one cell far.

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> printable = fem.design.overhang_filter(fem.rectangle((4, 2)), direction=[0.0, 1.0])
    >>> printable([1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]).round(1).tolist()
    [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    up = direction_of(mesh, "direction", direction)
    axis = int(np.argmax(np.abs(up)))
    if not np.isclose(abs(up[axis]), 1.0, rtol=0, atol=1e-12):
        raise ShapeError(
            "layers are printed along an axis", expected="a direction along one axis of the grid",
            got=f"direction = {up.round(6).tolist()}", fix="turn the mesh, such that layers lie along an axis",
        )  # fmt: skip
    layers = np.moveaxis(grid(mesh), axis, 0)
    return OverhangFilter(np.ascontiguousarray(layers if up[axis] > 0 else layers[::-1]))


def _carriers(below: jax.Array) -> jax.Array:
    """Densities that may carry each cell, shape (n, ...): below it, and beside that; zero outside of the grid."""
    around = jnp.pad(below, 1)
    inside = tuple(slice(1, -1) for _ in below.shape)
    found = [below]
    for axis in range(below.ndim):
        for shifted in (slice(None, -2), slice(2, None)):
            found.append(around[*inside[:axis], shifted, *inside[axis + 1 :]])
    return jnp.stack(found)


def _largest(carriers: jax.Array) -> jax.Array:
    """Smooth maximum of shape (n, ...) over the first axis."""
    root = _POWER + np.log(len(carriers)) / np.log(0.5)
    nothing = np.exp((np.log(len(carriers)) + _POWER * np.log(_SHIFT)) / root)
    return jnp.exp(jax.nn.logsumexp(_POWER * jnp.log(carriers + _SHIFT), axis=0) / root) - nothing


def _smaller(wanted: jax.Array, carried: jax.Array) -> jax.Array:
    """Smooth minimum."""
    return (wanted + carried - jnp.sqrt((wanted - carried) ** 2 + _SMOOTHING) + np.sqrt(_SMOOTHING)) / 2
