"""Density filter: each cell takes a mean over its neighbours.

Derivation
----------
With the weights ``w_ij = max(0, r - |c_i - c_j|)`` and volumes v, or ones::

    y_i = sum_j w_ij v_j x_j / sum_j w_ij v_j

The map is linear: its tangent is itself, its pullback the transposed matrix. It forbids members thinner than about r
and checkerboards [1]_ [2]_.

References
----------
.. [1] B. Bourdin, "Filters in topology optimization", International Journal for Numerical Methods in Engineering 50,
   2001, doi:10.1002/nme.116.
.. [2] T. E. Bruns, D. A. Tortorelli, "Topology optimization of non-linear elastic structures and compliant
   mechanisms", Computer Methods in Applied Mechanics and Engineering 190, 2001, doi:10.1016/S0045-7825(00)00278-4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.design.cells import bulk
from fem.design.cone_mean import ConeMean, cone_mean

if TYPE_CHECKING:
    from fem.mesh import Mesh


def density_filter(mesh: Mesh, radius: float, *, by_volume: bool = False) -> ConeMean:
    """Return a function that takes the mean over all cells within a radius, with weights that fall off linearly.

    Parameters
    ----------
    mesh : Mesh
        Any cells; those of the highest dimension have a density.
    radius : float
        Where the weights reach zero. Unit: [length].
    by_volume : bool
        Whether large cells weigh more. On graded meshes the mean is then that of the material, not of the cells.

    Returns
    -------
    callable
        ``smooth(x)``, shape (e,), from x of shape (e,); constants stay as they are, bounds are kept.

    Raises
    ------
    ShapeError
        If the radius is not positive, or, when called, x does not fit the cells.
    MeshError
        If a cell has no volume.

    Warns
    -----
    UserWarning
        If no cell has a neighbour within the radius.

    References
    ----------
    T. E. Bruns, D. A. Tortorelli, 2001, doi:10.1016/S0045-7825(00)00278-4.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> smooth = fem.design.density_filter(fem.interval(4, size=4.0), radius=2.0)
    >>> smooth([0.0, 0.0, 1.0, 0.0]).tolist()
    [0.0, 0.25, 0.5, 0.3333333333333333]
    """
    return cone_mean(mesh, radius, mesh.measures[bulk(mesh)] if by_volume else None)
