"""The inverse of a matrix times vectors, however it is solved for; differentiated by the implicit rule.

Derivation
----------
With A known in two ways, by what a solver prepared (stored values and their factorization, levels of a multigrid) and
by its product with vectors, which is differentiable in an operator::

    A z = b
    A dz = db - dA z

An iteration stops early and leaves a residual ``r = b - A z``, and so does that of an adjoint. A number s, which is
zero, says what becomes of a derivative when each of them is taken away::

    A z = b + s r          dz/ds = A^-1 r, the error of z

Reverse mode finds d/ds beside the gradient, as the product of r with the adjoint. Forward mode over it, in a second
such number t, finds what the residuals of solutions and adjoints do to the gradient; few digits of that are wanted, so
whatever moves with t is solved loosely.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from sparsead.jax.linear_call import STILL, along, linear_call
from sparsead.jax.primitives import KERNELS
from sparsead.rules.rule import flipped

if TYPE_CHECKING:
    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern

LOOSE = 0.1  # relative residual of what moves with t: an estimate needs one digit


class Solver(ABC):
    """Solves ``A z = b`` with what it prepared from an operator; hashable, made while a program is traced.

    Attributes
    ----------
    symmetric : bool
        Whether A equals its transpose.
    iterative : bool
        Whether a solution has a tolerance.
    """

    symmetric: bool
    iterative: bool

    @abstractmethod
    def solve(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z, of the shape of b.

        Parameters
        ----------
        prepared : pytree of arrays
            What was prepared.
        b : array, shape (k, n)
            Right-hand sides.
        known : pytree of arrays
            What `remembered` returned for another solve with A, of which this one is the derivative.
        """

    @abstractmethod
    def solve_transposed(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z with ``A^T z = b`` for a derivative."""

    def remembered(self, b: Any, z: Any) -> Any:
        """Return what of right-hand sides and their solutions helps to solve for a derivative."""
        return ()

    def awaiting(self) -> Solver:
        """Return the same solver for a solve that is being differentiated."""
        return self

    def loosened(self) -> Solver:
        """Return the same solver for few digits: to a relative residual of `LOOSE`, if it is iterative."""
        return self


@dataclass(frozen=True)
class Stored(Solver):
    """By the factorization of stored values, shape (b, s), or by iterations with them.

    Parameters
    ----------
    pattern : Pattern
        Stored entries.
    options : SolveOptions
        Structure, library or method.
    trans : {"N", "T"}
        Whether A is the stored matrix or its transpose.
    """

    pattern: Pattern
    options: SolveOptions
    trans: str = "N"

    @property
    def symmetric(self) -> bool:  # type: ignore[override]
        """Whether A equals its transpose."""
        return bool(self.options.structure.symmetric)

    @property
    def iterative(self) -> bool:  # type: ignore[override]
        """Whether a solution has a tolerance."""
        return bool(self.options.iterative)

    def solve(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z; the factor store knows by itself what it solved before."""
        return KERNELS.solve(prepared, b, pattern=self.pattern, options=self.options, trans=self.trans)

    def solve_transposed(self, prepared: Any, b: Any, known: Any = ()) -> Any:
        """Return z with ``A^T z = b``, to the tolerance of adjoints."""
        options, trans = self.options.adjoint(), flipped(self.trans)
        return KERNELS.solve(prepared, b, pattern=self.pattern, options=options, trans=trans)

    def awaiting(self) -> Stored:
        """Return the same solver, whose factorization is kept for the derivative."""
        return replace(self, options=self.options.awaiting())

    def loosened(self) -> Stored:
        """Return the same solver for few digits."""
        return replace(self, options=replace(self.options, rtol=LOOSE)) if self.iterative else self


@dataclass(frozen=True)
class Matrix:
    """What is known of A before its values.

    Parameters
    ----------
    product : callable
        ``product(operator, z)`` returns A z, of the shape of z; differentiable in the operator, a pytree.
    solver : Solver
        What solves, from what it prepared.
    transposed : bool
        Whether it is the transpose of A that this matrix is.
    """

    product: Callable[[Any, Any], Any]
    solver: Solver
    transposed: bool = False

    @property
    def T(self) -> Matrix:
        """The transpose."""
        return replace(self, transposed=not self.transposed)

    def times(self, operator: Any, z: Any) -> Any:
        """Return the product with vectors."""
        product = partial(self.product, operator)
        if not self.transposed or self.solver.symmetric:
            return product(z)
        (y,) = jax.linear_transpose(product, z)(z)
        return y

    def solve(self, prepared: Any, b: Any, known: Any) -> Any:
        """Return the solution."""
        solve = self.solver.solve_transposed if self.transposed else self.solver.solve
        return solve(prepared, b, known)


class Scales(NamedTuple):
    """What residuals are multiplied by: s and t of the derivation, zero."""

    reverse: Any
    forward: Any


class Given(NamedTuple):
    """What a solution depends on, beside its right-hand side.

    Parameters
    ----------
    operator : pytree of arrays
        What the product is made of.
    prepared : pytree of arrays
        What the solver prepared, such as the stored values of A; carries no derivative.
    known : pytree of arrays
        Of the solve that this one is the derivative of; carries no derivative.
    scales : Scales, or empty
        Of residuals, where their effect is asked for.
    """

    operator: Any
    prepared: Any
    known: Any = ()
    scales: Any = ()


@dataclass(frozen=True)
class Inverse:
    """The inverse of a matrix, as a linear map with a tangent of its own.

    Parameters
    ----------
    matrix : Matrix
        A but for its values.
    """

    matrix: Matrix

    def __call__(self, given: Given, b: Any) -> Any:
        """Return z with ``A z = b``."""
        return self.matrix.solve(given.prepared, b, given.known)

    @property
    def T(self) -> Inverse:
        """The inverse of the transpose."""
        return Inverse(self.matrix.T)

    def tangent(self, given: Given, b: Any, d_given: Given, d_b: Any) -> tuple[Any, Any]:
        """Return z and its tangent; `STILL` stands for what does not move."""
        solver = self.matrix.solver
        z = linear_call(Inverse(replace(self.matrix, solver=solver.awaiting())), given, b, like=b)
        parts = [] if d_b is STILL else [d_b]
        forces = along(lambda operator: self.matrix.times(operator, z), (given.operator,), (d_given.operator,))
        parts += [] if forces is None else [-forces]
        moving = [d_scale for d_scale in d_given.scales if d_scale is not STILL]
        if moving:
            r = jax.lax.stop_gradient(b - self.matrix.times(given.operator, z))
            parts.append(sum(moving).astype(r.dtype) * r)
        if not parts:
            return z, jnp.zeros_like(z)
        known = solver.remembered(b, z)
        if moving and d_given.scales.forward is not STILL:
            # errors have little of the solution in them, and would not lose in few iterations what they began with
            solver, known = solver.loosened(), ()
        then = Inverse(replace(self.matrix, solver=solver))
        return z, linear_call(then, given._replace(known=known), sum(parts[1:], parts[0]), like=z)


def inverse(matrix: Matrix, operator: Any, prepared: Any, b: Any) -> Any:
    """Return z with ``A z = b``, of the shape of b; any derivative in the operator and b.

    Parameters
    ----------
    matrix : Matrix
        A but for its values.
    operator, prepared : pytree of arrays
        As in `Given`.
    b : array, shape (k, n)
        Right-hand sides.
    """
    return linear_call(Inverse(matrix), Given(operator, prepared), b, like=b)
