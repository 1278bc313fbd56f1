"""Nonlinear operator: internal forces of a state, and their tangent as an operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.load import integrate
from fem.assembly.moduli import Moduli
from fem.assembly.operator import Operator, apply, described
from fem.assembly.term import Term
from fem.dofs.cases import single
from fem.dofs.space import Space
from fem.errors import SpaceError
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.form import BilinearForm
    from fem.geometry.cells import Cells


class NonlinearForm(Protocol):
    """Internal forces of a state, cell by cell; a frozen dataclass without arrays."""

    @property
    def symmetric(self) -> bool:
        """Whether the tangent equals its transpose."""
        ...

    @property
    def tangent(self) -> BilinearForm:
        """The derivative of the forces; its moduli are the parameters and, last, the state of the cells."""
        ...

    def forces(self, cells: Cells, numbers: tuple[Any, ...]) -> jax.Array:
        """Forces of parameters and, last, nodal values of shape (i, a, e); shape (i, a, e)."""
        ...


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True, eq=False)
class NonlinearOperator:
    """Internal forces r(u); a pytree. Adds with others and with an `Operator`, which is linear.

    Attributes
    ----------
    space : Space
        Where it acts.
    terms : tuple of Term
        Nonlinear forms and their domains.
    parameters : tuple of tuple of array
        For each term, shapes (), (e,) or (q, e).
    linear : Operator or None
        Linear part.
    definite : bool
        Whether the tangent is positive definite at a stable state.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.box((2, 1, 1)), components=3)
    >>> fem.elements.neo_hookean(space, young=1.0, poisson=0.3) + fem.elements.mass(space)
    NonlinearOperator(Pointwise on 2 cells + L2 on 2 cells; 36 dofs)
    """

    space: Space
    terms: tuple[Term[NonlinearForm], ...]
    parameters: tuple[tuple[Any, ...], ...]
    linear: Operator | None = None
    definite: bool = False

    def __add__(self, other: Any) -> NonlinearOperator:
        """The sum with another operator on the same space."""
        if other.space.topology is not self.space.topology or other.space.moved != self.space.moved:
            raise SpaceError(
                "operators of different spaces do not add",
                expected=f"an operator on {self.space!r}",
                got=f"{other.space!r}",
                fix="make both on the same space, at the same points",
            )
        if isinstance(other, Operator):
            both = other if self.linear is None else self.linear + other
            return NonlinearOperator(self.space, self.terms, self.parameters, both, self.definite and other.definite)
        parts = [part for part in (self.linear, other.linear) if part is not None]
        linear = sum(parts[1:], parts[0]) if parts else None
        terms, parameters = self.terms + other.terms, self.parameters + other.parameters
        return NonlinearOperator(self.space, terms, parameters, linear, self.definite and other.definite)

    __radd__ = __add__

    def forces(self, u: ArrayLike) -> jax.Array:
        """Return the internal forces of a state, both of the space's shape. Unit: [force]."""
        return _forces(self, single(self.space, u, "state")).reshape(np.shape(u))

    def tangent(self, u: ArrayLike) -> Operator:
        """Return the derivative of the forces at a state, an `Operator`. Unit: [force/length]."""
        vector = single(self.space, u, "state")
        terms, moduli = [], []
        for term, parameters in zip(self.terms, self.parameters, strict=True):
            state = of_cells(term, self.space, vector)
            terms.append(Term(term.form.tangent, term.domain, term.field, term.tables))
            moduli.append(Moduli(1.0, (*parameters, state)))
        own = Operator(self.space, tuple(terms), tuple(moduli), ((),) * len(terms), self.definite)
        return own if self.linear is None else own + self.linear

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Points, parameters and the linear part are leaves."""
        return (self.space, self.parameters, self.linear), (self.terms, self.definite)

    @classmethod
    def tree_unflatten(cls, static: tuple[Any, ...], leaves: tuple[Any, ...]) -> NonlinearOperator:
        """Put leaves back."""
        space, parameters, linear = leaves
        return cls(space, static[0], parameters, linear, static[1])

    def __repr__(self) -> str:
        terms: tuple[Term[Any], ...] = self.terms + (() if self.linear is None else self.linear.terms)
        return f"NonlinearOperator({described(terms)}; {self.space.count} dofs)"


def of_cells(term: Term[Any], space: Space, u: Any) -> Any:
    """Return the nodal values of each cell, shape (n,) to (i, a, e)."""
    first = space.topology.numbering.first
    own = constant(first[term.domain.nodes[:, : term.nodes].T])
    return u[own[None] + term.field.offset + jnp.arange(term.field.components)[:, None, None]]


def internal_forces(operator: NonlinearOperator, u: Any) -> Any:
    """Return the internal forces of a state, both of shape (n,).

    Parameters
    ----------
    operator : NonlinearOperator
        The operator.
    u : array, shape (n,)
        State.
    """
    space = operator.space
    total = jnp.zeros_like(u) if operator.linear is None else apply(operator.linear, u[None])[0]
    for term, parameters in zip(operator.terms, operator.parameters, strict=True):
        numbers = (*parameters, of_cells(term, space, u))
        total = total + integrate(term, term.form.forces, numbers, space)
    return total


_forces = jax.jit(internal_forces)
