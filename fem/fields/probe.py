"""Values of a solution at given points, differentiable in the solution, the points, and the mesh."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.dofs.cases import each
from fem.errors import MeshError
from fem.fields.locate import locate
from fem.geometry.inverse import adjugate, determinant
from fem.mesh.mesh import check_mesh

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fem.dofs.space import Space
    from fem.mesh import Mesh
    from fem.reference import ReferenceElement


# Newton steps that follow points which moved.
_FOLLOWING = 4


class Probe:
    """Points inside a mesh, with the cells that they lie in.

    Parameters
    ----------
    mesh : Mesh
        Cells that fill their space.
    points : float array, shape (m, d)
        Where to look. Unit: [length].

    Attributes
    ----------
    cells : int array, shape (m,)
        Cell of each point, numbered through all blocks.
    reference : float array, shape (m, d)
        Its coordinates on the reference cell.
    parts : list
        For each block the points in it, their element and the nodes of their cells.

    Raises
    ------
    MeshError
        If a point lies in no cell; the message names the first.

    Examples
    --------
    >>> import jax, fem, numpy as np
    >>> jax.config.update("jax_enable_x64", True)
    >>> mesh = fem.rectangle((4, 4))
    >>> probe = fem.fields.Probe(mesh, [[0.3, 0.4]])
    >>> probe(fem.Space(mesh), mesh.points[:, 0] + mesh.points[:, 1]).round(12)
    Array([0.7], dtype=float64)
    """

    def __init__(self, mesh: Mesh, points: ArrayLike) -> None:
        check_mesh(mesh)
        self.points: NDArray[np.float64] = np.asarray(points, dtype=np.float64)
        if self.points.ndim != 2 or self.points.shape[1] != mesh.dimension or not np.isfinite(self.points).all():
            raise MeshError(
                "points to look at have the wrong form",
                expected=f"finite coordinates, shape (m, {mesh.dimension})",
                got=f"shape {self.points.shape}, {np.count_nonzero(~np.isfinite(self.points))} not finite",
                fix="pass one row for each point: [[0.5, 0.0]]",
            )
        self.cells, self.reference = locate(mesh, self.points)
        self.parts = []
        for block, start in zip(mesh.blocks, mesh.offsets, strict=False):
            mine = np.flatnonzero((self.cells >= start) & (self.cells < start + len(block)))
            if len(mine):
                self.parts.append((mine, block.element, block.nodes[self.cells[mine] - start]))

    def __call__(
        self, space: Space, u: ArrayLike, *, points: ArrayLike | None = None, field: str | None = None
    ) -> jax.Array:
        """Return the values of a solution at the points.

        Parameters
        ----------
        space : Space
            Space on the mesh of the probe; its points may have moved a little, or be traced.
        u : array, shape of the space, load cases in front
            Solution.
        points : array, shape (m, d), optional
            Points to look at instead, near those of the probe and in the same cells; may be traced.
        field : str, optional
            Name of the field, where there are several.

        Returns
        -------
        array, shape (m, i), load cases in front
            Without the last axis if the field has one component.
        """
        wanted = jnp.asarray(self.points if points is None else points)
        found = _looked_up(space, u, wanted, probe=self, field=field)
        return found[..., 0] if space.field(field).components == 1 else found


@partial(jax.jit, static_argnames=("probe", "field"))
def _looked_up(space: Space, u: Any, wanted: Any, *, probe: Probe, field: str | None) -> Any:
    of = space.field(field)
    settled = [
        _settled(geometry, jnp.asarray(space.points)[nodes], wanted[mine], probe.reference[mine])
        for mine, geometry, nodes in probe.parts
    ]

    def one(vector: Any) -> Any:
        values = jnp.zeros((len(probe.points), of.components))
        for (mine, geometry, nodes), xi in zip(probe.parts, settled, strict=True):
            first = space.topology.numbering.first[nodes]
            dofs = first[..., None] + of.offset + np.arange(of.components)
            values = values.at[mine].set(jnp.einsum("ma,mai->mi", shape_at(geometry, xi), vector[dofs]))
        return values

    return each(space, u, one)


def shape_at(element: ReferenceElement, xi: Any) -> Any:
    """Return the shape functions at one point for each cell, (m, d) to (m, a), in `jax.numpy`."""
    powers = [jnp.ones_like(xi)]
    for _ in range(int(element.exponents.max())):
        powers.append(powers[-1] * xi)
    stacked = jnp.stack(powers)
    monomials = jnp.prod(
        jnp.stack([stacked[element.exponents[:, axis], :, axis] for axis in range(element.dimension)]), axis=0
    )
    return monomials.T @ element.coefficients


def _settled(geometry: ReferenceElement, nodes: Any, wanted: Any, start: NDArray[np.float64]) -> Any:
    """Reference coordinates of points, from those where they were.

    Each Newton step from a solution doubles the number of derivatives that are right, so that the two last steps
    carry all derivatives up to the third; the steps before them follow points that moved.
    """

    def step(xi: Any, nodes: Any, wanted: Any) -> Any:
        def place(x: Any) -> Any:
            return jnp.einsum("ma,mad->md", shape_at(geometry, x), nodes)

        def column(axis: int) -> Any:
            return jax.jvp(place, (xi,), (jnp.zeros_like(xi).at[:, axis].set(1.0),))[1]

        jacobian = jnp.stack([column(axis).T for axis in range(xi.shape[1])], 1)  # (d, r, m)
        inverse = adjugate(jacobian) / determinant(jacobian)
        return xi - jnp.einsum("rdm,md->mr", inverse, place(xi) - wanted)

    fixed = jax.lax.stop_gradient((nodes, wanted))
    xi = jax.lax.fori_loop(0, _FOLLOWING, lambda _, x: step(x, *fixed), jnp.asarray(start))
    return step(step(xi, nodes, wanted), nodes, wanted)
