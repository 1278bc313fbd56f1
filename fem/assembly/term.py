"""Term: one weak form on one domain; its batches, and how a program runs over them.

Where all cells are translations of one and nobody moves the points, the matrices
are sums of a few constant ones, each times a modulus of the cell. Else they are
formed batch by batch from the coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.geometry.cells import Cells
from fem.geometry.tables import Tables

if TYPE_CHECKING:
    from fem.assembly.form import BilinearForm
    from fem.dofs.domain import Domain
    from fem.dofs.fields import Field
    from fem.dofs.space import Space


@dataclass(frozen=True)
class Term:
    """A weak form on a domain; static.

    Parameters
    ----------
    form : BilinearForm
        The weak form.
    domain : Domain
        Cells.
    field : Field
        The unknown.
    tables : Tables
        Shape functions at the quadrature points.
    """

    form: BilinearForm
    domain: Domain
    field: Field
    tables: Tables

    @property
    def nodes(self) -> int:
        """Nodes of a cell that carry the field."""
        return self.tables.element.count


def constant(array: np.ndarray[Any, Any]) -> Any:
    """Return an array as a constant of a program that XLA does not fold: folding takes minutes on large meshes."""
    return jax.lax.optimization_barrier(jnp.asarray(array))


def batched_moduli(domain: Domain, moduli: tuple[Any, ...]) -> tuple[list[Any], list[Any]]:
    """Cut moduli of shape () , (e,) or (q, e) into batches: those that have a cell axis, and the scalars."""
    varying: list[Any] = []
    shared: list[Any] = []
    for modulus in moduli:
        if jnp.ndim(modulus):
            varying.append(in_batches(domain, modulus))
            shared.append(None)
        else:
            varying.append(None)
            shared.append(modulus)
    return varying, shared


def in_batches(domain: Domain, array: Any) -> Any:
    """Return a traced array with the cells last by batch: (..., e) to (batches, ..., lanes)."""
    missing = domain.batches * domain.lanes - domain.count
    if missing:
        array = jnp.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, missing)], mode="edge")
    return jnp.moveaxis(array.reshape(*array.shape[:-1], domain.batches, domain.lanes), -2, 0)


def joined(varying: list[Any], shared: list[Any]) -> tuple[Any, ...]:
    """The moduli of a batch again, those of the batch and the scalars in their order."""
    return tuple(v if s is None else s for v, s in zip(varying, shared, strict=True))


def coordinates(domain: Domain, points: Any) -> Any:
    """Gather the coordinates of the nodes of each cell by batch, shape (batches, k, a, lanes)."""
    d = points.shape[1]
    index = constant(domain.batched_nodes)[:, None] * d + jnp.arange(d, dtype=jnp.int32)[:, None, None]
    return points.reshape(-1).at[index].get(mode="promise_in_bounds")


def dofs(term: Term, space: Space) -> Any:
    """Dofs of the cells by batch, shape (batches, i, a, lanes); n in the lanes that are no cell."""
    domain, numbering, field = term.domain, space.topology.numbering, term.field
    components = jnp.arange(field.components, dtype=jnp.int32)[:, None, None] + field.offset
    nodes = constant(domain.batched_nodes[:, : term.nodes])
    if numbering.uniform is not None:
        first = nodes * numbering.uniform
    else:
        first = constant(numbering.first.astype(np.int32))[nodes]
    index = first[:, None] + components
    cell = jnp.arange(domain.batches * domain.lanes).reshape(domain.batches, 1, 1, domain.lanes)
    return jnp.where(cell < domain.count, index, numbering.count)


def is_congruent(term: Term, space: Space) -> bool:
    """Whether the cell matrices are sums of constant ones times moduli."""
    return not space.moved and space.topology.congruent(term.domain)


def basis(term: Term, space: Space, points_of: tuple[int, ...]) -> list[Any]:
    """Matrices of the first cell for a unit of each modulus: (a, i, b, j) each, or (q, a, i, b, j) where it has points.

    Parameters
    ----------
    points_of : tuple of int
        For each modulus, its number of quadrature points, 0 if it is constant in a cell.
    """
    first = jnp.asarray(space.mesh.points[term.domain.nodes[0]].T[:, :, None])
    cells = Cells(term.tables, first)
    found = []
    for number, points in enumerate(points_of):
        units = np.eye(points)[:, :, None] if points else np.ones((1, 1))
        parts = []
        for unit in units:
            moduli = tuple(jnp.asarray(unit) if m == number else jnp.zeros(()) for m in range(len(points_of)))
            parts.append(term.form.matrix(cells, moduli)[..., 0])
        found.append(jnp.stack(parts) if points else parts[0])
    return found
