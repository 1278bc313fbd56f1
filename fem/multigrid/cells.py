"""The cell matrices of an operator as arrays of its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.assembly.term import basis, is_congruent
from fem.errors import SpaceError
from fem.multigrid.blocks import LARGEST
from fem.multigrid.grid import Grid, grid_of
from fem.multigrid.operators import Parts
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from jax import Array

    from fem.assembly.moduli import Moduli
    from fem.assembly.operator import Operator
    from fem.assembly.term import Term


def parts_of(operator: Operator) -> Parts:
    """Return the cell matrices as sums of constant ones, each times a number of the cell.

    Raises
    ------
    SpaceError
        If the mesh is no grid of equal cells, or the operator acts on something else.
    """
    grid = checked_grid(operator)
    units, weights = [], []
    for term, moduli in zip(operator.terms, operator.moduli, strict=True):
        for unit, weight in _pairs(term, moduli, basis(term, operator.space, moduli)):
            units.append(unit[grid.order][:, :, grid.order].reshape(unit.shape[0] * unit.shape[1], -1))
            of_cells = jnp.broadcast_to(weight, (grid.cells.size,))
            weights.append(of_cells[constant(grid.cells)])
    return Parts(jnp.stack(units), jnp.stack(weights))


def checked_grid(operator: Operator) -> Grid:
    """Return the grid of an operator.

    Raises
    ------
    SpaceError
        If there is none.
    """
    topology = operator.space.topology
    grid = grid_of(topology)
    reason = grid if isinstance(grid, str) else None
    if reason is None and any(term.domain is not topology.domains[0] for term in operator.terms):
        reason = "a form on facets"
    if reason is None and len(topology.fields) != 1:
        reason = f"{len(topology.fields)} fields"
    if reason is None and (width := topology.numbering.fields[0].components) > LARGEST:
        reason = f"{width} components at each point, more than {LARGEST}"
    if reason is None and operator.space.moved:
        reason = "points that have moved"
    if reason is None and not all(
        term.form.symmetric and is_congruent(term, operator.space) for term in operator.terms
    ):
        reason = "cell matrices that depend on more than moduli, or are not symmetric"
    if reason is None and not operator.definite:
        reason = "an operator that is not known to be positive definite"
    if isinstance(grid, str) or reason is not None:
        raise SpaceError(
            "geometric multigrid needs a grid of equal cells",
            expected="a mesh of fem.rectangle or fem.box, one field, and a positive definite operator of its cells",
            got=f"{reason}",
            fix="method=sparsead.iterative.cg(sparsead.iterative.amg()) takes every mesh, the direct solver everything",
        )
    return grid


def _pairs(term: Term, moduli: Moduli, matrices: list[Array]) -> list[tuple[Array, Array]]:  # type: ignore[type-arg]
    if moduli.uniform:
        return [(matrices[0], moduli.factor)]
    found = []
    for unit, modulus in zip(matrices, moduli.each, strict=True):
        if jnp.ndim(modulus) == 2:
            found += [(one, moduli.factor * number) for one, number in zip(unit, modulus, strict=True)]
        else:
            found.append((unit, moduli.factor * modulus))
    return found
