"""Operator: a linear map on a space, kept at the level of cells until its stored values are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fem.assembly.action import act
from fem.assembly.assemble import add_term
from fem.assembly.primitives import fresh
from fem.dofs.space import Space
from fem.errors import SpaceError
from sparsead.jax import SparseArray, to_scipy
from sparsead.jax.raised import typed
from sparsead.pattern.structure import Structure

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy.sparse import csc_array

    from fem.assembly.assemble import Margins
    from fem.assembly.form import BilinearForm
    from fem.assembly.moduli import Moduli
    from fem.assembly.term import Term
    from fem.dofs.system import System


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True, eq=False)
class Operator:
    """A sum of weak forms, each times its moduli; a pytree, so that it passes through compiled functions.

    Operators add and scale: ``K + c * M``. Made by the functions of `fem.elements`.

    Attributes
    ----------
    space : Space
        Where it acts.
    terms : tuple of Term
        Weak forms and their domains.
    moduli : tuple of Moduli
        For each term, what it is linear in.
    margins : tuple of tuple of (str, array)
        For each term, what must be positive in each cell.
    definite : bool
        Whether it is positive definite once enough dofs are held.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> space = fem.Space(fem.interval(2))
    >>> K = fem.elements.diffusion(space, 1.0) + 0.5 * fem.elements.mass(space)
    >>> K.to_scipy().toarray().round(3).tolist()
    [[2.083, -1.958, 0.0], [-1.958, 4.167, -1.958], [0.0, -1.958, 2.083]]
    """

    space: Space
    terms: tuple[Term[BilinearForm], ...]
    moduli: tuple[Moduli, ...]
    margins: tuple[Margins, ...]
    definite: bool

    @property
    def symmetric(self) -> bool:
        """Whether it equals its transpose."""
        return all(term.form.symmetric for term in self.terms)

    @property
    def structure(self) -> Structure:
        """What a factorization may rely on."""
        return Structure(symmetric=self.symmetric, positive_definite=self.definite)

    # ------------------------------------------------------------ arithmetic
    def __add__(self, other: Operator) -> Operator:
        """``K + M``, both on the same space."""
        if not isinstance(other, Operator):
            return NotImplemented
        _check_same_space(self, other)
        return Operator(
            self.space,
            self.terms + other.terms,
            self.moduli + other.moduli,
            self.margins + other.margins,
            self.definite and other.definite,
        )

    def __mul__(self, factor: float | jax.Array) -> Operator:
        """``c * K`` with a number, which may be traced; stays definite only for a known positive one."""
        if np.ndim(factor):
            raise SpaceError(
                "an operator is scaled by one number",
                expected="a scalar",
                got=f"an array of shape {np.shape(factor)}",
                fix="for a factor that varies from cell to cell scale the material instead",
            )
        known = not isinstance(factor, jax.core.Tracer)
        moduli = tuple(own.scaled(factor) for own in self.moduli)
        return Operator(
            self.space, self.terms, moduli, self.margins, self.definite and known and bool(np.asarray(factor) > 0)
        )

    __rmul__ = __mul__

    def __neg__(self) -> Operator:
        """``-K``."""
        return self * -1.0

    def __sub__(self, other: Operator) -> Operator:
        """``K - M``."""
        return self + -other

    def __truediv__(self, divisor: float | jax.Array) -> Operator:
        """``K / c``."""
        return self * (1.0 / divisor)

    # ---------------------------------------------------------------- values
    def __matmul__(self, u: ArrayLike) -> jax.Array:
        """``K @ u`` without assembling, for u of the space's shape, or several in front."""
        vectors, shape = self.space.flatten(u)
        return _act(self, vectors).reshape(shape)

    def values(self) -> jax.Array:
        """Return the stored values, shape (s,), in the order of ``pattern``; traced and differentiable."""
        with typed():
            values = _assembled(self)
            return values if isinstance(values, jax.core.Tracer) else jax.block_until_ready(values)

    def matrix(self) -> SparseArray:
        """Return the sparse matrix, shape (n, n): for eigenproblems, time stepping and other solvers."""
        system = self.space.topology.system()
        return SparseArray(self.values(), system.pattern, self.structure)

    def to_scipy(self) -> csc_array:
        """Return the matrix as a SciPy array in compressed columns: for whoever goes on in NumPy."""
        return to_scipy(self.matrix())

    # ---------------------------------------------------------------- pytree
    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Points, moduli and margins are leaves."""
        names, numbers = split_margins(self.margins)
        return (self.space, self.moduli, numbers), (self.terms, names, self.definite)

    @classmethod
    def tree_unflatten(cls, static: tuple[Any, ...], leaves: tuple[Any, ...]) -> Operator:
        """Put leaves back."""
        terms, names, definite = static
        space, moduli, numbers = leaves
        return cls(space, terms, moduli, join_margins(names, numbers), definite)

    def __repr__(self) -> str:
        return f"Operator({described(self.terms)}; {self.space.count} dofs)"


def split_margins(margins: tuple[Margins, ...]) -> tuple[Any, Any]:
    """Return the names of margins, which are static, and their numbers, which are leaves."""
    names = tuple(tuple(name for name, _ in own) for own in margins)
    return names, tuple(tuple(value for _, value in own) for own in margins)


def join_margins(names: Any, numbers: Any) -> tuple[Margins, ...]:
    """Return margins of names and numbers."""
    return tuple(tuple(zip(n, v, strict=True)) for n, v in zip(names, numbers, strict=True))


def described(terms: tuple[Term[Any], ...]) -> str:
    """Return the names of forms and how many cells they are on."""
    return " + ".join(f"{type(term.form).__name__} on {term.domain.count} {term.domain.what}s" for term in terms)


def assemble(operator: Operator, system: System, *, differentiated: bool = True) -> Any:
    """Return the stored values on a pattern, shape (s,).

    Parameters
    ----------
    operator : Operator
        What to assemble.
    system : System
        Pattern; has the couplings of all terms.
    differentiated : bool
        Whether derivatives may follow.
    """
    values = fresh(system.pattern.size)
    for term, moduli, margins in zip(operator.terms, operator.moduli, operator.margins, strict=True):
        values = add_term(values, term, moduli, margins, operator.space, system, differentiated=differentiated)
    return values


def apply(operator: Operator, u: Any) -> Any:
    """Return the operator times vectors, both of shape (k, n)."""

    def one(vector: Any) -> Any:
        terms = zip(operator.terms, operator.moduli, strict=True)
        return sum(act(term, moduli, operator.space, vector) for term, moduli in terms)

    return one(u[0])[None] if len(u) == 1 else jax.vmap(one)(u)


_act = jax.jit(apply)


@jax.jit
def _assembled(operator: Operator) -> Any:
    return assemble(operator, operator.space.topology.system())


def _check_same_space(one: Operator, other: Operator) -> None:
    if one.space.topology is other.space.topology and one.space.moved == other.space.moved:
        return
    raise SpaceError(
        "operators of different spaces do not add",
        expected=f"two operators on one space, such as {one.space!r}",
        got=f"{other!r}, on another space"
        if one.space.topology is not other.space.topology
        else f"{other!r}, at other points",
        fix="make the space once, and both operators on it, at the same points",
    )
