"""Matrices times vectors without the matrix: cell by cell, batch by batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.assembly.moduli import cut
from fem.assembly.term import basis, coordinates, dofs, is_congruent
from fem.geometry.cells import Cells

if TYPE_CHECKING:
    from fem.assembly.form import BilinearForm
    from fem.assembly.moduli import Moduli
    from fem.assembly.term import Term
    from fem.dofs.space import Space


def act(term: Term[BilinearForm], moduli: Moduli, space: Space, u: Any) -> Any:
    """Return the matrix of a term times u, both of shape (n,); differentiable in the moduli, the points and u.

    Parameters
    ----------
    term : Term
        Weak form and domain.
    moduli : Moduli
        What the form is linear in.
    space : Space
        Points.
    u : array, shape (n,)
        Nodal values.
    """
    index = dofs(term, space)
    nodal = u.at[index].get(mode="fill", fill_value=0)  # (batches, i, a, lanes)
    own = cut(term.domain, (moduli.factor, *moduli.each))
    if is_congruent(term, space):
        where, apply = None, partial(_of_constants, basis(term, space, moduli))
    else:
        where, apply = coordinates(term.domain, jnp.asarray(space.points)), partial(_of_coordinates, term)

    def step(_: None, batch: Any) -> tuple[None, Any]:
        x, varying, values = batch
        return None, jax.checkpoint(apply, prevent_cse=False)(x, own.join(varying), values)

    forces = jax.lax.scan(step, None, (where, own.varying, nodal))[1]
    return jnp.zeros_like(u).at[index].add(forces, mode="drop")


def _of_coordinates(term: Term[BilinearForm], x: Any, numbers: tuple[Any, ...], u: Any) -> Any:
    factor, *each = numbers
    return term.form.action(Cells(term.tables, x), tuple(each), u) * factor


def _of_constants(units: list[Any], _: None, numbers: tuple[Any, ...], u: Any) -> Any:
    factor, *each = numbers
    if all(jnp.ndim(m) == 0 for m in each):
        return jnp.einsum("aibj,jbe->iae", units[0], u) * factor
    total = 0.0
    for unit, modulus in zip(units, each, strict=True):
        if jnp.ndim(modulus) == 2:
            total = total + (jnp.einsum("qaibj,jbe->qiae", unit, u) * modulus[:, None, None]).sum(0)
        else:
            total = total + jnp.einsum("aibj,jbe->iae", unit, u) * modulus
    return total * factor
