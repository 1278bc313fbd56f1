"""Stored values of a sum of terms: a scan over batches, each added in place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from fem.assembly.moduli import cut, in_batches
from fem.assembly.plan import Plan
from fem.assembly.primitives import accumulate, add_multiples
from fem.assembly.term import basis, combined, coordinates, is_congruent
from fem.dofs.freed import give_back
from fem.geometry.cells import Cells
from fem.progress import stage

if TYPE_CHECKING:
    from fem.assembly.form import BilinearForm
    from fem.assembly.moduli import Moduli
    from fem.assembly.term import Term
    from fem.dofs.space import Space
    from fem.dofs.system import System

Margins = tuple[tuple[str, Any], ...]


def add_term(
    values: Any,
    term: Term[BilinearForm],
    moduli: Moduli,
    margins: Margins,
    space: Space,
    system: System,
    *,
    differentiated: bool,
) -> Any:
    """Return stored values, shape (s,), with the matrices of a term added.

    Parameters
    ----------
    values : array, shape (s,)
        Stored values so far.
    term : Term
        Weak form and domain.
    moduli : Moduli
        What the form is linear in.
    margins : tuple of (str, array)
        Names and values, shape () or (e,), of what must be positive in each cell.
    space : Space
        Points.
    system : System
        Pattern.
    differentiated : bool
        Whether derivatives may follow; without them cells of one shape need not be formed.
    """
    congruent = is_congruent(term, space)
    domain, names = term.domain, tuple(name for name, _ in margins)
    limits = [jnp.broadcast_to(margin, (domain.count,)) for _, margin in margins]
    if congruent and moduli.uniform and not differentiated:
        factors = jnp.broadcast_to(moduli.factor, (domain.count,))
        checked = jnp.stack(limits) if limits else jnp.zeros((0, domain.count))
        unit = basis(term, space, moduli)[0]
        return add_multiples(values, unit, factors, checked, plan=plan_of(system, term), names=names)
    own = cut(domain, (moduli.factor, *moduli.each))
    where = None if congruent else coordinates(domain, jnp.asarray(space.points))
    matrices = partial(_of_constants, basis(term, space, moduli)) if congruent else partial(_of_coordinates, term)
    add = partial(accumulate, plan=plan_of(system, term), names=names if congruent else (*names, "volume"))

    def step(stored: Any, batch: Any) -> tuple[Any, None]:
        number, varying, own_limits, x = batch
        block, worst = jax.checkpoint(matrices, prevent_cse=False)(x, own.join(varying))
        limit = [jax.lax.stop_gradient(m) for m in [*own_limits, *worst]]
        checked = jnp.stack(limit) if limit else jnp.zeros((0, domain.lanes))
        block = jnp.broadcast_to(block, (*block.shape[:-1], domain.lanes))
        return add(stored, block[None], checked[None], number), None

    numbers, own_limits = jnp.arange(domain.batches, dtype=jnp.int32), [in_batches(domain, m) for m in limits]
    stored, _ = jax.lax.scan(step, values[None], (numbers, own.varying, own_limits, where))
    return stored[0]


def plan_of(system: System, term: Term[Any]) -> Plan:
    """Return the plan of a term, made once for each pattern, domain and field."""
    key = (term.domain, term.field, term.nodes)
    if key not in system.plans:
        carried = (term.field, term.nodes)
        with stage(f"slots of {term.domain.count} {term.domain.what}s"):
            system.plans[key] = Plan(system, term.domain, carried, carried)
        give_back(system.pattern.nbytes)
    return system.plans[key]


def _of_coordinates(term: Term[BilinearForm], x: Any, numbers: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    cells, (factor, *each) = Cells(term.tables, x), numbers
    return term.form.matrix(cells, tuple(each)) * factor, [cells.worst]


def _of_constants(units: list[Any], _: None, numbers: tuple[Any, ...]) -> tuple[Any, list[Any]]:
    factor, *each = numbers
    return combined(units, tuple(each), factor), []
