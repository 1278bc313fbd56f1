"""Term: one weak form on one domain; its batches, and how a program runs over them.

Where all cells are translations of one and nobody moves the points, the matrices
are sums of a few constant ones, each times a modulus of the cell. Else they are
formed batch by batch from the coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import jax.numpy as jnp
import numpy as np

from fem.geometry.cells import Cells
from fem.geometry.tables import Tables
from fem.mesh.blocks import CellBlock
from fem.mesh.check import jacobian_determinants
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fem.assembly.form import BilinearForm
    from fem.assembly.moduli import Moduli
    from fem.dofs.domain import Domain
    from fem.dofs.fields import Field
    from fem.dofs.space import Space

Form = TypeVar("Form", covariant=True)


@dataclass(frozen=True)
class Term(Generic[Form]):
    """A weak form on a domain; static.

    Parameters
    ----------
    form : BilinearForm, NonlinearForm or Density
        The weak form.
    domain : Domain
        Cells.
    field : Field
        The unknown.
    tables : Tables
        Shape functions at the quadrature points.
    """

    form: Form
    domain: Domain
    field: Field
    tables: Tables

    @property
    def nodes(self) -> int:
        """Nodes of a cell that carry the field."""
        return self.tables.element.count


def kinds_of(terms: Iterable[Term[Any]]) -> tuple[tuple[str, str], ...]:
    """Return names of fields and what their components are, as the forms say in a class attribute ``kind``.

    Parameters
    ----------
    terms : iterable of Term
        Terms of an operator; see `fem.dofs.rigid.rigid_motions` for the kinds.
    """
    return tuple({term.field.name: term.form.kind for term in terms if hasattr(term.form, "kind")}.items())


def cells_of(terms: Iterable[Term[Any]]) -> tuple[Domain, ...]:
    """Return the domains of terms that are made of cells, each once."""
    return tuple(dict.fromkeys(term.domain for term in terms if term.domain.what == "cell"))


def coordinates(domain: Domain, points: Any) -> Any:
    """Gather the coordinates of the nodes of each cell by batch, shape (batches, k, a, lanes)."""
    d = points.shape[1]
    index = constant(domain.batched_nodes)[:, None] * d + jnp.arange(d, dtype=jnp.int32)[:, None, None]
    return points.reshape(-1).at[index].get(mode="promise_in_bounds")


def dofs(term: Term[Any], space: Space) -> Any:
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


def is_congruent(term: Term[BilinearForm], space: Space) -> bool:
    """Whether the cell matrices are sums of constant ones times moduli."""
    if space.moved or term.form.depends_on_position or not space.topology.congruent(term.domain):
        return False
    return _is_upright(term, space.mesh.points)


def _is_upright(term: Term[Any], points: np.ndarray[Any, Any]) -> bool:
    """Whether the first cell is not inverted; if it is, all are formed, and the first of them is named."""
    first = CellBlock(term.domain.element, term.domain.nodes[:1].astype(np.int32))
    return bool((jacobian_determinants(points, first, term.tables.points) > 0).all())


def basis(term: Term[BilinearForm], space: Space, moduli: Moduli) -> list[Any]:
    """Matrices of the first cell that all others are multiples of, or sums of multiples.

    Returns
    -------
    list of array
        One matrix, shape (a, i, b, j), if the moduli differ by their factor only; else one for each modulus,
        (q, a, i, b, j) where that has quadrature points.
    """
    cells = Cells(term.tables, jnp.asarray(space.mesh.points[term.domain.nodes[0]].T[:, :, None]))
    if moduli.uniform:
        return [term.form.matrix(cells, moduli.each)[..., 0]]
    found = []
    for number, points in enumerate(moduli.points):
        units = np.eye(points)[:, :, None] if points else np.ones((1, 1))
        parts = []
        for unit in units:
            one = tuple(jnp.asarray(unit) if m == number else jnp.zeros(()) for m in range(len(moduli.each)))
            parts.append(term.form.matrix(cells, one)[..., 0])
        found.append(jnp.stack(parts) if points else parts[0])
    return found


def combined(units: list[Any], moduli: tuple[Any, ...], factor: Any) -> Any:
    """Sum of the matrices of `basis` times the moduli of a batch, shape (a, i, b, j, e)."""
    if all(jnp.ndim(m) == 0 for m in moduli):
        return units[0][..., None] * factor
    total = 0.0
    for unit, modulus in zip(units, moduli, strict=True):
        if jnp.ndim(modulus) == 2:
            total = total + jnp.tensordot(unit, factor * modulus, [[0], [0]])
        else:
            total = total + unit[..., None] * (factor * modulus)
    return total
