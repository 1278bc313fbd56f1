"""Stored values of a sum of terms: a scan over batches, each added in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.assembly.plan import Plan
from fem.assembly.primitives import accumulate
from fem.assembly.term import basis, batched_moduli, coordinates, in_batches, is_congruent, joined
from fem.geometry.cells import Cells

if TYPE_CHECKING:
    from fem.assembly.term import Term
    from fem.dofs.space import Space
    from fem.dofs.system import System

Margins = tuple[tuple[str, Any], ...]


def add_term(values: Any, term: Term, moduli: tuple[Any, ...], margins: Margins, space: Space, system: System) -> Any:
    """Return stored values, shape (s,), with the matrices of a term added.

    Parameters
    ----------
    values : array, shape (s,)
        Stored values so far.
    term : Term
        Weak form and domain.
    moduli : tuple of array, shapes (), (e,) or (q, e)
        What the form is linear in.
    margins : tuple of (str, array)
        Names and values, shape () or (e,), of what must be positive in each cell.
    space : Space
        Points.
    system : System
        Pattern.
    """
    domain = term.domain
    plan = plan_of(system, term)
    constant_cells = is_congruent(term, space)
    varying, shared = batched_moduli(domain, moduli)
    names = tuple(name for name, _ in margins) + (() if constant_cells else ("volume",))
    limits = [in_batches(domain, jnp.broadcast_to(margin, (domain.count,))) for _, margin in margins]
    where = None if constant_cells else coordinates(domain, jnp.asarray(space.points))
    matrices = _of_constants(term, space, moduli) if constant_cells else _of_coordinates(term)

    def step(stored: Any, batch: Any) -> tuple[Any, None]:
        number, own, own_limits, x = batch
        block, worst = jax.checkpoint(matrices, prevent_cse=False)(x, joined(own, shared))
        limit = [jax.lax.stop_gradient(m) for m in [*own_limits, *worst]]
        empty = jnp.zeros((0, domain.lanes))
        checked = jnp.stack(limit) if limit else empty
        return accumulate(stored, block[None], checked[None], number, plan=plan, names=names), None

    numbers = jnp.arange(domain.batches, dtype=jnp.int32)
    return jax.lax.scan(step, values[None], (numbers, varying, limits, where))[0][0]


def plan_of(system: System, term: Term) -> Plan:
    """Return the plan of a term, made once for each pattern, domain and field."""
    key = (term.domain, term.field, term.nodes)
    if key not in system.plans:
        carried = (term.field, term.nodes)
        system.plans[key] = Plan(system, term.domain, carried, carried)
    return system.plans[key]


def _of_coordinates(term: Term) -> Any:
    def matrices(x: Any, moduli: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        cells = Cells(term.tables, x)
        return term.form.matrix(cells, moduli), [cells.worst]

    return matrices


def _of_constants(term: Term, space: Space, moduli: tuple[Any, ...]) -> Any:
    points_of = tuple(m.shape[0] if jnp.ndim(m) == 2 else 0 for m in moduli)
    units = basis(term, space, points_of)

    def matrices(_: Any, moduli: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        total = 0.0
        for unit, modulus in zip(units, moduli, strict=True):
            if jnp.ndim(modulus) == 2:
                total = total + jnp.tensordot(unit, modulus, [[0], [0]])
            else:
                total = total + unit[..., None] * modulus
        return jnp.broadcast_to(total, (*units[0].shape[-4:], term.domain.lanes)), []

    return matrices
