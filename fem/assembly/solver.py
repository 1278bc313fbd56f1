"""Approach: how a solver comes from the numbers of an operator; what differs between stored values and multigrid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from sparsead.jax.inverse import Matrix, Solver, Stored, inverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from fem.dofs.reduction import Reduction
    from sparsead.factors.options import OnSingular


class Direct(Stored):
    """By the factorization of stored values, shape (s,), or by iterations with them."""

    def solve(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z, shape (k, n)."""
        return super().solve(prepared[None], b[None])[0]

    def solve_transposed(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z with ``A^T z = b``, shape (k, n)."""
        return super().solve_transposed(prepared[None], b[None])[0]


@dataclass(frozen=True)
class Sparing(Solver):
    """A solver that leaves a derivative alone to which nothing arrives: of a path, that of states nobody looks at.

    Parameters
    ----------
    inner : Solver
        What solves.
    """

    inner: Solver

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether A equals its transpose."""
        return self.inner.symmetric

    @property
    def iterative(self) -> bool:  # type: ignore[override]
        """Whether a solution has a tolerance."""
        return self.inner.iterative

    def solve(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z, shape (k, n)."""
        return self.inner.solve(prepared, b, known)

    def solve_transposed(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z with ``A^T z = b``, shape (k, n); nothing is factorized where b is zero."""
        solve = partial(self.inner.solve_transposed, known=known)
        return jax.lax.cond(b.any(), solve, lambda _, b: jnp.zeros_like(b), prepared, b)

    def remembered(self, b: Any, z: Any) -> Any:
        """Return what helps to solve for a derivative."""
        return self.inner.remembered(b, z)

    def awaiting(self) -> Solver:
        """Return the same solver for a solve that is being differentiated."""
        return Sparing(self.inner.awaiting())

    def loosened(self) -> Solver:
        """Return the same solver for few digits."""
        return Sparing(self.inner.loosened())


class Approach(ABC):
    """A way to a solver, before the numbers of an operator are known; hashable and compared by value."""

    @abstractmethod
    def solver(self, operator: Operator, reduction: Reduction) -> Solver:
        """Return the solver, which needs no numbers.

        Parameters
        ----------
        operator : Operator
            K.
        reduction : Reduction
            T: the matrix is ``A = T^T K T``.
        """

    @abstractmethod
    def prepared(self, operator: Operator, reduction: Reduction) -> Any:
        """Return what the solver prepares from the numbers of an operator, a pytree; traced.

        Parameters
        ----------
        operator : Operator
            K, which carries no derivative.
        reduction : Reduction
            As above.
        """

    def solution(self, operator: Operator, reduction: Reduction, product: Callable[[Any, Any], Any], b: Any) -> Any:
        """Return z with ``A z = b``, shape (k, n); derivatives are those of the solution, by the implicit rule.

        Parameters
        ----------
        operator, reduction
            As above; the operator may carry derivatives.
        product : callable
            ``product(operator, z)`` returns A z.
        b : array, shape (k, n)
            Right-hand sides.
        """
        matrix = Matrix(product, self.solver(operator, reduction))
        return inverse(matrix, operator, self.prepared(jax.lax.stop_gradient(operator), reduction), b)


CELL_METHODS: dict[str, Callable[[], CellMethod]] = {}  # by name; filled by those who make them


class CellMethod(ABC):
    """A method that works with the cells of an operator, without its stored values."""

    @abstractmethod
    def approach(self, operator: Operator, held: Held, on_singular: OnSingular) -> Approach:
        """Return the approach for operators like one, which knows what to do where no solution is found.

        Parameters
        ----------
        operator : Operator
            What is solved with; its numbers may be traced.
        held : Held
            Constraints.
        on_singular : {"raise", "nan"}
            What to do where no solution is found.
        """
