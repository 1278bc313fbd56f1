"""How well cells take a movement: the scaled Jacobian on traced points.

Derivation
----------
At a point of a cell the edges that leave a corner have the tangents ``t_k = J c_k`` with their directions c_k on the
reference cell. The scaled Jacobian is the determinant of the unit tangents, as a part of that of the regular
cell [1]_::

    q = det[t_1, ..., t_d] / (|t_1| ... |t_d|) / q_regular

It has the sign of det J and does not know sizes. On a straight-sided cell the corners have the least of it; on a curved
one, and inside hexahedra, det J may vanish elsewhere first: nodes and quadrature points count too.

References
----------
.. [1] P. Knupp, "Algebraic mesh quality metrics for unstructured initial meshes", Finite Elements in Analysis and
   Design 39, 2003, doi:10.1016/S0168-874X(02)00070-7.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from fem.arrays import real
from fem.errors import MeshError
from fem.geometry.inverse import determinant, gram
from fem.mesh.mesh import check_mesh
from fem.mesh.quality import NEIGHBOURS, REGULAR
from fem.quadrature import rule

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import CellBlock, Mesh
    from fem.reference import ReferenceElement

_EXTREME_AT_CORNERS = ("triangle", "quadrilateral", "tetrahedron")  # where their sides are straight


def quality(mesh: Mesh, points: ArrayLike) -> jax.Array:
    """Return the scaled Jacobian of each cell on moved points, which may be traced.

    Parameters
    ----------
    mesh : Mesh
        Any cells; lines have quality 1.
    points : array, shape (p, d)
        Where the points are. Unit: [length].

    Returns
    -------
    array, shape (e,)
        1 for squares, cubes and equilateral triangles, 0 for flat and less for inverted cells: the least over corners,
        other nodes and quadrature points. For straight sides it is what `fem.mesh.quality` gives. Differentiable where
        it is positive; where several points of a cell have the least it has a kink.

    Raises
    ------
    MeshError
        If the points are not those of the mesh.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((2, 1), size=(2.0, 1.0))
    >>> sheared = mesh.points + 0.75 * mesh.points[:, ::-1] * [1.0, 0.0]
    >>> fem.shape.quality(mesh, sheared).round(1).tolist()
    [0.8, 0.8]
    """
    check_mesh(mesh)
    places = real("points", points)
    if places.shape != mesh.points.shape:
        raise MeshError(
            "the points of a moved mesh have the wrong shape", expected=f"shape {mesh.points.shape}",
            got=f"shape {places.shape}", fix="pass one row for each point of the mesh",
        )  # fmt: skip
    return jnp.concatenate([jnp.ones(0), *(_of_block(block, places) for block in mesh.blocks)])


def _of_block(block: CellBlock, points: jax.Array) -> jax.Array:
    """Scaled Jacobian of the cells of a block, shape (e,)."""
    if block.element.cell not in NEIGHBOURS:
        return jnp.ones(len(block))
    return _scaled_jacobian(block.element, block.nodes, points)


@functools.partial(jax.jit, static_argnums=0)  # outside a trace each operation would be compiled by itself
def _scaled_jacobian(element: ReferenceElement, nodes: NDArray[np.int32], points: jax.Array) -> jax.Array:
    # (component, edge, sample, cell)
    tangents = jnp.einsum("sca,eak->kcse", _directions(element), points[nodes])
    lengths = jnp.sqrt((tangents**2).sum(axis=0)).prod(axis=0)
    flat = tangents.shape[0] == tangents.shape[1]
    volume = determinant(tangents) if flat else jnp.sqrt(jnp.maximum(determinant(gram(tangents)), 0.0))
    return (volume / lengths).min(axis=0) * REGULAR.get(element.cell, 1.0)


@functools.lru_cache(maxsize=64)
def _directions(element: ReferenceElement) -> NDArray[np.float64]:
    """Return the derivatives of all shape functions along the edges at all samples, shape (s, c, a)."""
    corners = element.nodes[: element.corners]
    edges = corners[list(NEIGHBOURS[element.cell])] - corners[:, None]
    others = element.nodes[element.corners :]
    if element.order > 1 or element.cell not in _EXTREME_AT_CORNERS:
        others = np.concatenate([others, rule(element.cell, 2 * element.order).points])
    distinct = _distinct(edges)
    places = np.concatenate([corners, np.repeat(others, len(distinct), axis=0)])
    directions = np.concatenate([edges, np.tile(distinct, (len(others), 1, 1))])
    return np.einsum("sar,scr->sca", element.gradients(places), directions)


def _distinct(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the edges at all corners, shape (a, c, r), those of one corner for each set of directions without signs."""
    sets = [frozenset(max(tuple(edge), tuple(-edge)) for edge in (corner + 0.0).round(12)) for corner in edges]
    return edges[[sets.index(one) for one in dict.fromkeys(sets)]]
