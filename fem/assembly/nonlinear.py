"""Nonlinear operator: internal forces of a state, and their tangent as an operator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from fem.assembly.load import evaluated, integrate
from fem.assembly.moduli import Moduli
from fem.assembly.operator import Operator, apply, described, join_margins, split_margins
from fem.assembly.term import Term
from fem.dofs.cases import single
from fem.dofs.space import Space
from fem.errors import SpaceError
from sparsead.jax.constants import constant

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fem.assembly.assemble import Margins
    from fem.assembly.form import BilinearForm
    from fem.geometry.cells import Cells


class NonlinearForm(Protocol):
    """Internal forces of a state, cell by cell; a frozen dataclass without arrays.

    Its numbers are the parameters, then the history of the material where it has one, and last the state of the cells.
    """

    @property
    def symmetric(self) -> bool:
        """Whether the tangent equals its transpose."""
        ...

    @property
    def tangent(self) -> BilinearForm:
        """The derivative of the forces; its moduli are the numbers of the form."""
        ...

    def forces(self, cells: Cells, numbers: tuple[Any, ...]) -> jax.Array:
        """Forces of numbers, the last of them nodal values of shape (i, a, e); shape (i, a, e)."""
        ...

    def after(self, cells: Cells, numbers: tuple[Any, ...]) -> jax.Array:
        """History that the state leaves, shape (m, q, e); asked only of a form whose history is not empty."""
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
    history : tuple of tuple of array
        For each term, what its material remembers at the quadrature points, shape (m, q, e), or nothing.
    margins : tuple of tuple of (str, array)
        For each term, what must be positive in each cell.

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
    history: tuple[tuple[Any, ...], ...] = ()
    margins: tuple[Margins, ...] = ()

    def __post_init__(self) -> None:
        """Where nothing is said, no term remembers anything, and nothing must be positive."""
        for name in ("history", "margins"):
            object.__setattr__(self, name, getattr(self, name) or ((),) * len(self.terms))

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
            return replace(self, linear=both, definite=self.definite and other.definite)
        parts = [part for part in (self.linear, other.linear) if part is not None]
        linear = sum(parts[1:], parts[0]) if parts else None
        return NonlinearOperator(
            self.space,
            self.terms + other.terms,
            self.parameters + other.parameters,
            linear,
            self.definite and other.definite,
            self.history + other.history,
            self.margins + other.margins,
        )

    __radd__ = __add__

    def forces(self, u: ArrayLike) -> jax.Array:
        """Return the internal forces of a state, both of the space's shape. Unit: [force]."""
        return _forces(self, single(self.space, u, "state")).reshape(np.shape(u))

    def tangent(self, u: ArrayLike) -> Operator:
        """Return the derivative of the forces at a state, an `Operator`. Unit: [force/length]."""
        vector = single(self.space, u, "state")
        terms = tuple(Term(term.form.tangent, term.domain, term.field, term.tables) for term in self.terms)
        moduli = tuple(Moduli(1.0, numbers) for numbers in self._numbers(vector))
        own = Operator(self.space, terms, moduli, self.margins, self.definite)
        return own if self.linear is None else own + self.linear

    def after(self, u: ArrayLike) -> NonlinearOperator:
        """Return the operator as a state leaves it: with what its material remembers from then on.

        Without a material that remembers it is the same.

        Parameters
        ----------
        u : array, shape of the space
            State, reached from the one before in one step. Unit: [u].
        """
        return self.with_history(_after(self, single(self.space, u, "state")))

    def with_history(self, history: tuple[tuple[Any, ...], ...]) -> NonlinearOperator:
        """Return the operator with another history, as ``history`` of an operator like it."""
        return replace(self, history=history)

    def _numbers(self, u: Any) -> list[tuple[Any, ...]]:
        """Numbers of each form at a state, shape (n,)."""
        parts = zip(self.terms, self.parameters, self.history, strict=True)
        return [(*numbers, *history, of_cells(term, self.space, u)) for term, numbers, history in parts]

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Points, parameters, the linear part, history and margins are leaves."""
        names, margins = split_margins(self.margins)
        return (self.space, self.parameters, self.linear, self.history, margins), (self.terms, self.definite, names)

    @classmethod
    def tree_unflatten(cls, static: tuple[Any, ...], leaves: tuple[Any, ...]) -> NonlinearOperator:
        """Put leaves back."""
        space, parameters, linear, history, margins = leaves
        terms, definite, names = static
        return cls(space, terms, parameters, linear, definite, history, join_margins(names, margins))

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
    for term, numbers in zip(operator.terms, operator._numbers(u), strict=True):
        total = total + integrate(term, term.form.forces, numbers, space)
    return total


_forces = jax.jit(internal_forces)


@jax.jit
def _after(operator: NonlinearOperator, u: Any) -> tuple[tuple[Any, ...], ...]:
    """The history that a state, shape (n,), leaves."""
    parts = zip(operator.terms, operator._numbers(u), operator.history, strict=True)
    return tuple(
        (evaluated(term, term.form.after, numbers, operator.space),) if history else ()
        for term, numbers, history in parts
    )
