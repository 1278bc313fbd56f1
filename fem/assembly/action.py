"""Matrices times vectors without the matrix: cell by cell, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.assembly.term import basis, batched_moduli, coordinates, dofs, is_congruent, joined
from fem.geometry.cells import Cells

if TYPE_CHECKING:
    from fem.assembly.term import Term
    from fem.dofs.space import Space


def act(term: Term, moduli: tuple[Any, ...], space: Space, u: Any) -> Any:
    """Return the matrix of a term times u, both of shape (n,); differentiable in the moduli, the points and u.

    Parameters
    ----------
    term : Term
        Weak form and domain.
    moduli : tuple of array, shapes (), (e,) or (q, e)
        What the form is linear in.
    space : Space
        Points.
    u : array, shape (n,)
        Nodal values.
    """
    index = dofs(term, space)
    own = u.at[index].get(mode="fill", fill_value=0)  # (batches, i, a, lanes)
    varying, shared = batched_moduli(term.domain, moduli)
    if is_congruent(term, space):
        where, apply = None, _of_constants(term, space, moduli)
    else:
        where, apply = coordinates(term.domain, jnp.asarray(space.points)), _of_coordinates(term)

    def step(_: None, batch: Any) -> tuple[None, Any]:
        x, mine, values = batch
        return None, jax.checkpoint(apply, prevent_cse=False)(x, joined(mine, shared), values)

    forces = jax.lax.scan(step, None, (where, varying, own))[1]
    return jnp.zeros_like(u).at[index].add(forces, mode="drop")


def _of_coordinates(term: Term) -> Any:
    def apply(x: Any, moduli: tuple[Any, ...], u: Any) -> Any:
        return term.form.action(Cells(term.tables, x), moduli, u)

    return apply


def _of_constants(term: Term, space: Space, moduli: tuple[Any, ...]) -> Any:
    points_of = tuple(m.shape[0] if jnp.ndim(m) == 2 else 0 for m in moduli)
    units = basis(term, space, points_of)

    def apply(_: Any, moduli: tuple[Any, ...], u: Any) -> Any:
        total = 0.0
        for unit, modulus in zip(units, moduli, strict=True):
            if jnp.ndim(modulus) == 2:
                each = jnp.einsum("qaibj,jbe->qiae", unit, u)
                total = total + (each * modulus[:, None, None]).sum(0)
            else:
                total = total + jnp.einsum("aibj,jbe->iae", unit, u) * modulus
        return total

    return apply
