"""Helmholtz filter: densities diffuse over a length, on the mesh itself.

Derivation
----------
The smoothed field y solves, with natural boundary conditions or with those of a design that ends at the boundary::

    -l^2 lap y + y = x,      l^2 dy/dn + s l y = 0 on the boundary

In finite elements, with the cells' integrals ``B[a, e] = int_e N_a`` and the volumes V::

    A = l^2 K + M + s l R,   x -> V^-1 B^T A^-1 B x

one symmetric solve, with the same matrix for all designs: it is factorized once. Its Green's function falls off like
that of a cone of radius ``r = 2 sqrt(3) l`` [1]_. With s = 1 material does not cling to the boundary [2]_.

References
----------
.. [1] B. S. Lazarov, O. Sigmund, "Filters in topology optimization based on Helmholtz-type differential equations",
   International Journal for Numerical Methods in Engineering 86, 2011, doi:10.1002/nme.3072.
.. [2] M. Wallin, N. Ivarsson, O. Amir, D. Tortorelli, "Consistent boundary conditions for PDE filter regularization in
   topology optimization", Structural and Multidisciplinary Optimization 62, 2020, doi:10.1007/s00158-020-02556-w.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array

from fem.design.cells import bulk, check_positive
from fem.design.linear_map import LinearMap
from fem.design.solved_map import SolvedMap
from fem.dofs.space import Space
from fem.elements.masses.mass import mass
from fem.elements.transport.diffusion import diffusion
from fem.elements.transport.robin import robin
from fem.mesh.measures import shares
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.mesh import CellBlock, Mesh

Boundary = Literal["free", "padded"]


def helmholtz_filter(mesh: Mesh, length: float, *, boundary: Boundary = "free") -> SolvedMap:
    """Return a function that smooths densities by a diffusion on the mesh.

    What it costs does not grow with the length, as that of `density_filter` does; on distorted and graded meshes the
    length is the same everywhere. The matrix is factorized once for all iterations.

    Parameters
    ----------
    mesh : Mesh
        Cells of one dimension; each has a density.
    length : float
        l; a cone of radius r smooths like ``l = r / (2 sqrt(3))``. Unit: [length].
    boundary : {"free", "padded"}
        "free": nothing flows through the boundary, constants stay as they are. "padded": as if there were void
        beyond the boundary, so that no material clings to it.

    Returns
    -------
    callable
        ``smooth(x)``, shape (e,), from x of shape (e,). On cells larger than the length it can leave the bounds a
        little.

    Raises
    ------
    ShapeError
        If the length is not positive or there is no such boundary.
    MeshError
        If a cell has no volume.

    References
    ----------
    B. S. Lazarov, O. Sigmund, 2011, doi:10.1002/nme.3072.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> smooth = fem.design.helmholtz_filter(fem.interval(4, size=4.0), length=1.0)
    >>> smooth([1.0, 1.0, 1.0, 1.0]).round(12).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    length = check_positive("length", length, "units of the mesh")
    if boundary not in ("free", "padded"):
        raise ShapeError(
            "no such boundary", expected='"free" or "padded"', got=f"boundary = {boundary!r}",
            fix='"padded" keeps material from clinging to the boundary',
        )  # fmt: skip
    cells = bulk(mesh)
    space = Space(mesh)
    operator = diffusion(space, length**2) + mass(space)
    if boundary == "padded":
        operator = operator + robin(space, mesh.boundary, length)
    matrix = operator.matrix()
    integrals = _integrals(mesh)
    mean = csr_array(diags_array(1 / mesh.measures[cells]) @ integrals.T)
    values = np.array(matrix.values)
    values.setflags(write=False)
    return SolvedMap(LinearMap(integrals), values, matrix.pattern, matrix.structure, LinearMap(mean))


def _integrals(mesh: Mesh) -> csr_array:
    """Return B, the integral of each shape function over each cell, shape (p, e)."""
    blocks = [block for block in mesh.blocks if block.element.dimension == mesh.cell_dimension]
    columns = np.repeat(np.arange(sum(map(len, blocks))), np.concatenate([_nodes_of_each(block) for block in blocks]))
    rows = np.concatenate([block.nodes.ravel() for block in blocks])
    values = np.concatenate([shares(mesh.points, block).ravel() for block in blocks])
    return csr_array(coo_array((values, (rows, columns)), shape=(len(mesh.points), len(bulk(mesh)))))


def _nodes_of_each(block: CellBlock) -> NDArray[np.int64]:
    return np.full(len(block), block.element.count)
