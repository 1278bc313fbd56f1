"""What an implicit step solves with: a residual R(t, u, v, a), and systems with its matrices.

``R = 0`` is the equation of motion, v the first and a the second derivative of u. An implicit step has one unknown
vector k at a time, with ``u = u* + c_u k``, ``v = v* + c_v k``, ``a = a* + c_a k``, so that the matrix of its equations
is ``A = c_u R_u + c_v R_v + c_a R_a``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.arrays.solve import solve_with
from sparsead.backends.backend import Backend
from sparsead.backends.choose import way_out
from sparsead.factors.options import SolveOptions
from sparsead.transient.equations.field import Field
from sparsead.transient.equations.traced import Data, Traced
from sparsead.transient.options import PLAIN, Words

Coefficients = tuple[Any, Any, Any]


@dataclass(frozen=True)
class DenseSystem:
    """``v - f(t, u) = 0`` with a dense matrix of f, by JAX: for some hundred unknowns at most.

    Parameters
    ----------
    field : Field
        f on flat vectors.
    """

    field: Field
    linear: ClassVar[bool] = False

    def residual(self, data: Data, t: Any, u: Any, v: Any, a: Any) -> Any:
        """Return R, shape (n,)."""
        del a
        return v - self.field(t, u, data)

    def solve(self, data: Data, t: Any, u: Any, c: Coefficients, b: Any, trans: str) -> Any:
        """Return x with A x = b, or its transpose."""
        matrix = self.matrix(data, t, u, c)
        return jnp.linalg.solve(matrix.T if trans == "T" else matrix, b)

    def matrix(self, data: Data, t: Any, u: Any, c: Coefficients) -> Any:
        """Return A, shape (n, n)."""
        return c[1] * jnp.eye(u.size, dtype=u.dtype) - c[0] * self.jacobian(data, t, u)

    def jacobian(self, data: Data, t: Any, u: Any) -> Any:
        """Return the matrix of f in u, shape (n, n)."""
        return jax.jacfwd(lambda u: self.field(t, u, data))(u)

    @partial(jax.jit, static_argnums=0)
    def slope(self, data: Data, t: Any, u: Any) -> Any:
        """Return v of ``R(t, u, v) = 0``, shape (n,); compiled, since a run begins with it."""
        return self.field(t, u, data)


@dataclass(frozen=True)
class SparseSystem:
    """``M a + C v + K u + r(t, u) = p(t)``, or ``M v + K u + r(t, u) = p(t)``, with sparse matrices.

    Parameters
    ----------
    residual_of, matrix_of, mass_of : Traced
        ``(t, u, v, a) -> R``, ``(t, u, c_u, c_v, c_a) -> A`` and ``c -> c M``.
    second, damped : bool
        Whether M belongs to a, not to v; whether there is a C.
    linear : bool
        Whether R is linear in u: one solve a step, no iteration.
    solver : str, Backend or None
        Name of a library, an iterative method, or None for what suits the matrices.
    words : Words
        How errors are said.
    """

    residual_of: Traced
    matrix_of: Traced
    mass_of: Traced
    second: bool
    damped: bool
    linear: bool
    solver: str | Backend | None = None
    words: Words = PLAIN

    def residual(self, data: Data, t: Any, u: Any, v: Any, a: Any) -> Any:
        """Return R, shape (n,)."""
        return self.residual_of(data, t, u, v, a)

    def solve(self, data: Data, t: Any, u: Any, c: Coefficients, b: Any, trans: str) -> Any:
        """Return x with A x = b, or its transpose; the factorization is found in the store by the values of A."""
        inertia = self._inertia(c)
        if inertia is not None:
            matrix, explain = self.mass_of(data, jnp.asarray(inertia, u.dtype)), self.words.mass
        else:
            matrix, explain = self.matrix_of(data, t, u, *(jnp.asarray(x, u.dtype) for x in c)), self.words.step
        instead = way_out(matrix.structure, "solver")
        options = SolveOptions(matrix.structure, self.solver, explain=explain, instead=instead)
        if trans == "T":
            return self._solved(options.adjoint(), matrix, b, "T")
        return self._solved(options, matrix, b, "N")

    def slope(self, data: Data, t: Any, u: Any) -> Any:
        """Return v of ``R(t, u, v) = 0`` of a system of first order, shape (n,)."""
        zero = jnp.zeros_like(u)
        return -self.solve(data, t, u, (0.0, 1.0, 0.0), self.residual(data, t, u, zero, zero), "N")

    def _solved(self, options: SolveOptions, matrix: Any, b: Any, trans: Literal["N", "T"]) -> Any:
        """x, or NaN where a step went wrong before: the run goes on and says at its end which step it was."""

        def found() -> Any:
            return solve_with(options, matrix, b, trans=trans)

        good = jnp.isfinite(b).all()
        if not self.linear:  # the matrix of a linear system is the same in every step: the solver names its faults
            good = good & jnp.isfinite(matrix.values).all()
        if not isinstance(good, jax.core.Tracer):
            return found()
        return lax.cond(good, found, lambda: jnp.full_like(b, jnp.nan))

    def _inertia(self, c: Coefficients) -> Any:
        """The coefficient of M where A has nothing else: a lumped mass need not fill in like the stiffness."""
        if not _absent(c[0]):
            return None
        if not self.second:
            return c[1]
        return c[2] if _absent(c[1]) or not self.damped else None


def _absent(c: Any) -> bool:
    return isinstance(c, float) and c == 0.0


def slope_of(system: SparseSystem) -> Field:
    """Return the slope of a system of first order, for explicit methods."""
    return Field(lambda t, u, data: system.slope(data, t, u), ("slope of", system))
