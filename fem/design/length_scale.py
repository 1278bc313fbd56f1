"""A least width of members and of gaps, as two constraints.

Derivation
----------
The filtered density y has a ridge along the middle of each member, where its gradient is zero. A member is wide enough
if y reaches there what survives erosion, a gap if y falls to what survives dilation [1]_. Measured over all cells::

    solid = mean(z exp(-c |grad y|^2) min(y - eroded, 0)^2)
    void  = mean((1 - z) exp(-c |grad y|^2) min(dilated - y, 0)^2)

z is the projected density, c = r^4 / h^2 with the radius r of the filter in cells of size h. With a cone filter of
radius R and the thresholds 1/4, 1/2, 3/4 the least width is R. The gradient is that of the plane that fits the cells
around, those with a common point, best, by least squares with the weights ``1 / |c_j - c_i|^2``.

References
----------
.. [1] M. Zhou, B. S. Lazarov, F. Wang, O. Sigmund, "Minimum length scale in topology optimization by geometric
   constraints", Computer Methods in Applied Mechanics and Engineering 293, 2015, doi:10.1016/j.cma.2015.05.003.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from scipy.sparse import csr_array, diags_array

from fem.design.cells import bulk, check_positive, densities
from fem.design.linear_map import LinearMap
from fem.errors import MeshError
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh

_FLAT = 1e-10  # of the largest moment: neighbours that lie in one line or plane


@dataclass(frozen=True, eq=False)
class LengthScale:
    """What `length_scale` returns.

    Parameters
    ----------
    slopes : tuple of LinearMap
        From a field to its derivative along each axis.
    sharpness : float
        c. Unit: [length^2].
    eroded, dilated : float
        Thresholds.
    """

    slopes: tuple[LinearMap, ...] = field(repr=False)
    sharpness: float
    eroded: float
    dilated: float

    def solid(self, smooth: ArrayLike, projected: ArrayLike) -> jax.Array:
        """Return how far members are from wide enough, a scalar; 0 where they are.

        Parameters
        ----------
        smooth, projected : array, shape (e,)
            Filtered densities, and these projected.
        """
        y, z = self._both(smooth, projected)
        return jnp.mean(z * self._ridge(y) * jnp.minimum(y - self.eroded, 0.0) ** 2)

    def void(self, smooth: ArrayLike, projected: ArrayLike) -> jax.Array:
        """Return how far gaps are from wide enough, a scalar; 0 where they are.

        Parameters
        ----------
        smooth, projected : array, shape (e,)
            Filtered densities, and these projected.
        """
        y, z = self._both(smooth, projected)
        return jnp.mean((1 - z) * self._ridge(y) * jnp.minimum(self.dilated - y, 0.0) ** 2)

    def _both(self, smooth: ArrayLike, projected: ArrayLike) -> tuple[jax.Array, jax.Array]:
        count = self.slopes[0].matrix.shape[1]
        return densities(smooth, count), densities(projected, count)

    def _ridge(self, y: jax.Array) -> jax.Array:
        """1 where the field is level, shape (e,)."""
        steepness = jnp.sum(jnp.stack([slope(y) ** 2 for slope in self.slopes]), axis=0)
        return jnp.exp(-self.sharpness * steepness)


def length_scale(mesh: Mesh, radius: float, *, eroded: float = 0.75, dilated: float = 0.25) -> LengthScale:
    """Return two measures of members and gaps that are too thin.

    Parameters
    ----------
    mesh : Mesh
        Cells of the highest dimension have a density.
    radius : float
        Of the density filter. With the thresholds as they are it is the least width. Unit: [length].
    eroded, dilated : float
        Thresholds of the projection that solid and void must survive, around the 0.5 of the projection itself.

    Returns
    -------
    LengthScale
        ``solid(smooth, projected)`` and ``void(smooth, projected)``, for constraints like
        ``widths.solid(y, z) / 1e-6 - 1``. Add them when the design has taken shape: they keep what is there.

    Raises
    ------
    ShapeError
        If the radius is not positive, or not ``0 < dilated < eroded < 1``.
    MeshError
        If the neighbours of a cell do not span the space.

    References
    ----------
    M. Zhou, B. S. Lazarov, F. Wang, O. Sigmund, 2015, doi:10.1016/j.cma.2015.05.003.

    Examples
    --------
    >>> import jax, numpy as np, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.interval(40, size=40.0)
    >>> smooth, widths = fem.design.density_filter(mesh, 8.0), fem.design.length_scale(mesh, 8.0)
    >>> def excess(width):
    ...     y = smooth(1.0 * (np.abs(mesh.centers[:, 0] - 20) < width / 2))
    ...     return float(widths.solid(y, fem.design.project(y, 16.0)))
    >>> excess(6.0) > 1e-4, excess(12.0) < 1e-8
    (True, True)
    """
    radius = check_positive("radius", radius, "units of the mesh")
    if not 0 < dilated < eroded < 1:
        raise ShapeError(
            "thresholds are out of order", expected="0 < dilated < eroded < 1",
            got=f"dilated = {dilated!r}, eroded = {eroded!r}", fix="0.25 and 0.75 are usual",
        )  # fmt: skip
    size = float(np.mean(mesh.measures[bulk(mesh)] ** (1 / mesh.cell_dimension)))
    return LengthScale(_slopes(mesh), radius**4 / size**2, eroded, dilated)


def _slopes(mesh: Mesh) -> tuple[LinearMap, ...]:
    """Derivatives along each axis of the plane that fits the cells around best."""
    cells = bulk(mesh)
    cell, other = _around(mesh, cells)
    apart = mesh.centers[cells][other] - mesh.centers[cells][cell]
    weight = 1 / (apart**2).sum(axis=1)
    moments = np.zeros((len(cells), mesh.dimension, mesh.dimension))
    np.add.at(moments, cell, weight[:, None, None] * apart[:, :, None] * apart[:, None, :])
    sizes = np.linalg.eigvalsh(moments)
    flat = np.flatnonzero(sizes[:, 0] <= _FLAT * sizes[:, -1])
    if flat.size:
        raise MeshError(
            "a cell has too few neighbours for a gradient", expected=f"neighbours in {mesh.dimension} directions",
            got=f"{(cell == flat[0]).sum()} around cell {cells[flat[0]]}", fix="mesh with two cells across or more",
            cell=int(cells[flat[0]]),
        )  # fmt: skip
    shares = weight[:, None] * np.einsum("eij,ej->ei", np.linalg.inv(moments)[cell], apart)
    found = []
    for share in shares.T:
        taken = csr_array((share, (cell, other)), shape=2 * (len(cells),))
        found.append(LinearMap(csr_array(taken - diags_array(taken.sum(axis=1)))))
    return tuple(found)


def _around(mesh: Mesh, cells: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pairs of different cells with a common point, shape (p,) each."""
    nodes = [
        (first + np.repeat(np.arange(len(block)), block.nodes.shape[1]), block.nodes.reshape(-1))
        for first, block in zip(mesh.offsets, mesh.blocks, strict=False)
    ]
    of_cell, of_point = (np.concatenate(part) for part in zip(*nodes, strict=True))
    touches = csr_array((np.ones(len(of_cell)), (of_cell, of_point)), shape=(mesh.cell_count, len(mesh.points)))[cells]
    common = (touches @ touches.T).tocoo()
    different = common.row != common.col
    return common.row[different], common.col[different]
