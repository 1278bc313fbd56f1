"""Solver: how systems with one matrix are solved; what differs between direct solves and multigrid."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sparsead.jax import SparseArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.assembly.operator import Operator
    from fem.dofs.constraints import Held
    from fem.dofs.reduction import Reduction
    from sparsead.factors.options import OnSingular, SolveOptions
    from sparsead.pattern.pattern import Pattern


class Solver(ABC):
    """Solves ``A z = b`` with what it prepared from an operator; hashable, made while a program is traced.

    Attributes
    ----------
    symmetric : bool
        Whether A equals its transpose.
    """

    symmetric: bool

    @abstractmethod
    def solve(self, prepared: Any, b: Any, known: Any = None) -> Any:
        """Return z, shape (k, n).

        Parameters
        ----------
        prepared : pytree of arrays
            What was prepared.
        b : array, shape (k, n)
            Right-hand sides.
        known : tuple of two arrays, shape (k, n), optional
            Other right-hand sides and their solutions: those of a compliance are multiples.
        """

    def solve_transposed(self, prepared: Any, b: Any, known: Any = None) -> Any:
        """Return z with ``A^T z = b`` for a derivative, shape (k, n)."""
        return self.solve(prepared, b, known)

    def awaiting(self) -> Solver:
        """Return the same solver for a solve that is being differentiated."""
        return self


@dataclass(frozen=True)
class Direct(Solver):
    """By the factorization of stored values, shape (s,), or by iterations with them.

    Parameters
    ----------
    pattern : Pattern
        Stored entries.
    options : SolveOptions
        Structure, library or method.
    """

    pattern: Pattern
    options: SolveOptions

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether A equals its transpose."""
        return self.options.structure.symmetric

    def solve(self, prepared: Any, b: Any, known: Any = None) -> Any:
        """Return z; the factor store knows by itself what it solved before."""
        return self._solve(prepared, b, self.options, "N")

    def solve_transposed(self, prepared: Any, b: Any, known: Any = None) -> Any:
        """Return z with ``A^T z = b``."""
        return self._solve(prepared, b, self.options.adjoint(), "T")

    def awaiting(self) -> Solver:
        """Return the same solver, whose factorization is kept for the derivative."""
        return replace(self, options=self.options.awaiting())

    def _solve(self, values: Any, b: Any, options: SolveOptions, trans: str) -> Any:
        return SparseArray.binding.solve(values[None], b[None], pattern=self.pattern, options=options, trans=trans)[0]


class Approach(ABC):
    """A way to a solver, before the numbers of an operator are known; hashable and compared by value."""

    @abstractmethod
    def prepare(self, operator: Operator, reduction: Reduction) -> tuple[Solver, Any]:
        """Return a solver, and what it prepared for the numbers of an operator, a pytree; traced.

        Parameters
        ----------
        operator : Operator
            K, which carries no derivative.
        reduction : Reduction
            T: the matrix is ``A = T^T K T``.
        """


CELL_METHODS: dict[str, Callable[[], CellMethod]] = {}  # by name; filled by those who make them


class CellMethod(ABC):
    """A method of `fem.solve` that works with the cells of an operator, without its stored values."""

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
