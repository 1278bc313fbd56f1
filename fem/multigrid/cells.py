"""The cell matrices of an operator as arrays of its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from fem.assembly.term import basis, is_congruent
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
    """Return the cell matrices of an operator on a grid as sums of constant ones, each times a number of the cell."""
    grid = grid_under(operator)
    assert isinstance(grid, Grid), grid
    units, weights = [], []
    for term, moduli in zip(operator.terms, operator.moduli, strict=True):
        for unit, weight in _pairs(term, moduli, basis(term, operator.space, moduli)):
            units.append(unit[grid.order][:, :, grid.order].reshape(unit.shape[0] * unit.shape[1], -1))
            of_cells = jnp.broadcast_to(weight, (grid.cells.size,))
            weights.append(of_cells[constant(grid.cells)])
    return Parts(jnp.stack(units), jnp.stack(weights))


def grid_under(operator: Operator) -> Grid | str:
    """Return the grid whose cells an operator is made of; or, in words, why there is none."""
    topology = operator.space.topology
    grid = grid_of(topology)
    if isinstance(grid, str):
        return grid
    if any(term.domain is not topology.domains[0] for term in operator.terms):
        return "a form on facets"
    if len(topology.fields) != 1:
        return f"{len(topology.fields)} fields"
    if (width := topology.numbering.fields[0].components) > LARGEST:
        return f"{width} components at each point, more than {LARGEST}"
    if operator.space.moved:
        return "points that have moved"
    if not all(term.form.symmetric and is_congruent(term, operator.space) for term in operator.terms):
        return "cell matrices that depend on more than moduli"
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
