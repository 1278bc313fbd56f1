"""Integrals over time beside an implicit run: carried with the state, with the weights of the method.

Derivation
----------
The integral q of ``g(t, u)`` obeys ``q' = g`` and enters nothing else. So each step first makes its state,
``z₁ = Φ(z₀, θ)``, then ``q₁ = Q(z₀, z₁, q₀, θ)`` with the weights of the method at its stages, or between its ends for
methods of second order; no solve, no more unknowns. With cotangents z̄₁ and q̄₁::

    z̄₁ += Q_z₁ᵀ q̄₁,   z̄₀ = Φ_zᵀ z̄₁ + Q_z₀ᵀ q̄₁,   q̄₀ = Q_q₀ᵀ q̄₁

θ̄ gets its part of Q for all steps of a segment at once, as that of Φ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from sparsead.errors import ShapeError
from sparsead.transient.equations.field import Field
from sparsead.transient.equations.traced import Data, Traced, chosen_of
from sparsead.transient.methods.explicit import ExplicitScheme
from sparsead.transient.methods.formulas import BackwardDifferences, RungeKutta
from sparsead.transient.methods.implicit import ImplicitScheme


@dataclass(frozen=True)
class IntegratingScheme:
    """An implicit scheme that carries integrals behind its rows.

    Parameters
    ----------
    inner : ImplicitScheme
        Steps of the state, by a Runge–Kutta method or one of second order.
    integrand : Traced
        ``(t, u) -> g`` or ``(t, u, v, a) -> g``, flat.
    size : int
        Length of g.
    """

    inner: ImplicitScheme
    integrand: Traced
    size: int

    def __post_init__(self) -> None:
        if isinstance(self.inner.formula, BackwardDifferences):
            raise ShapeError(
                f"{self.inner.name} carries no integrals",
                expected="a method of one step with functional",
                got=f'functional with method="{self.inner.name}"',
                fix='method="sdirk4", or sum over the states that march returns',
            )

    def __getattr__(self, name: str) -> Any:
        """Name, order and the like are those of the inner scheme."""
        return getattr(self.inner, name)

    def width(self, z: Any) -> int:
        """Return the length of the multipliers of a step."""
        return self.inner.width(self._split(z)[0]) + self.behind

    def lift(self, data: Data, t: Any, u0: Any, v0: Any = None) -> Any:
        """Return the rows at the first time, and integrals of zero with the first integrand."""
        z = self.inner.lift(data, t, u0, v0)
        rows = jnp.zeros((self._rows, self.size), z.dtype)
        formula = self.inner.formula
        if not isinstance(formula, RungeKutta):
            rows = rows.at[-1].set(self.integrand(data, _like(z, t), *z.reshape(3, -1)))
        elif formula.tableau.explicit_first:
            rows = rows.at[-1].set(self.integrand(data, _like(z, t), u0))
        return jnp.concatenate([z, rows.ravel()])

    def probe(self, data: Data, t: Any, z: Any) -> Any:
        """Return the forces out of balance and the integrand, each at its place in z."""
        state, q = self._split(z)
        forces = self.inner.probe(data, t, state)
        rows = state.reshape(-1, forces.size)
        arguments = rows[:1] if isinstance(self.inner.formula, RungeKutta) else rows
        g = self.integrand(data, t, *arguments)
        return jnp.concatenate(
            [forces, jnp.zeros(state.size - forces.size, z.dtype), jnp.zeros_like(q).at[: g.size].set(g)]
        )

    def step(self, data: Data, t: Any, h: Any, z: Any) -> Any:
        """Return the next rows."""
        before, q = self._split(z)
        after = self.inner.step(data, t, h, before)
        return jnp.concatenate([after, self._added(data, t, h, before, after, q)])

    def attempt(self, data: Data, t: Any, h: Any, z: Any, memory: Any) -> tuple[Any, Any, Any]:
        """Return the next rows, the error of u, and what is handed on."""
        before, q = self._split(z)
        after, error, memory = self.inner.attempt(data, t, h, before, memory)
        return jnp.concatenate([after, self._added(data, t, h, before, after, q)]), error, memory

    def tangent(
        self, data: Data, t: Any, h: Any, z: Any, dz: Any, d_moving: Any, d_place: tuple[Any, ...] = ()
    ) -> tuple[Any, Any]:
        """Return the next rows and their tangent; `d_place` are those of t and h, if they move."""
        (before, q), (d_before, dq) = self._split(z), self._split(dz)
        after, d_after = self.inner.tangent(data, t, h, before, d_before, d_moving, d_place)
        moving, fixed = data

        def added(moving: Any, before: Any, after: Any, q: Any, t: Any = t, h: Any = h) -> Any:
            return self._added((moving, fixed), t, h, before, after, q)

        at = (moving, before, after, q, t, h)[: 4 + len(d_place)]
        q1, dq1 = jax.jvp(added, at, (d_moving, d_before, d_after, dq, *d_place))
        return jnp.concatenate([after, q1]), jnp.concatenate([d_after, dq1])

    def pull(self, data: Data, t: Any, h: Any, z: Any, z1: Any, bar: Any) -> tuple[Any, Any]:
        """Return the cotangent of the rows before, and the multipliers of the step, from that of the rows after."""
        (before, q), after, (after_bar, q1_bar) = self._split(z), self._split(z1)[0], self._split(bar)
        back = jax.vjp(lambda *parts: self._added(data, t, h, *parts), before, after, q)[1]
        before_more, after_more, q_bar = back(q1_bar)
        before_bar, multiplier = self.inner.pull(data, t, h, before, after, after_bar + after_more)
        return jnp.concatenate([before_bar + before_more, q_bar]), jnp.concatenate([multiplier, q1_bar])

    def pull_place(self, data: Data, t: Any, h: Any, z: Any, z1: Any, bar: Any, multiplier: Any) -> Any:
        """Return the cotangents of t and h of one step."""
        (before, q), after, (after_bar, q1_bar) = self._split(z), self._split(z1)[0], self._split(bar)
        back = jax.vjp(lambda t, h, after: self._added(data, t, h, before, after, q), t, h, after)[1]
        t_bar, h_bar, more = back(q1_bar)
        inner = self.inner.pull_place(data, t, h, before, after, after_bar + more, multiplier[: -self.behind])
        return t_bar + inner[0], h_bar + inner[1]

    def contract(self, data: Data, t: Any, h: Any, z: Any, z1: Any, multiplier: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of the wanted data from many steps at once; leading axis: steps."""
        (before, q), (after, _) = (self._split(x, axis=1) for x in (z, z1))
        own = self.behind
        parts = self.inner.contract(data, t, h, before, after, multiplier[:, :-own], wanted)
        chosen, with_others = chosen_of(data, wanted)

        def added(chosen: list[Any]) -> Any:
            return jax.vmap(lambda *step: self._added(with_others(chosen), *step))(t, h, before, after, q)

        more = jax.vjp(added, chosen)[1](multiplier[:, -own:])[0]
        return [a + b for a, b in zip(parts, more, strict=True)]

    @property
    def behind(self) -> int:
        """How many numbers are behind the rows of the state."""
        return self._rows * self.size

    @property
    def _rows(self) -> int:
        formula = self.inner.formula
        return formula.own + formula.stages if isinstance(formula, RungeKutta) else 2

    def _split(self, z: Any, axis: int = 0) -> tuple[Any, Any]:
        """The rows of the state, and those of the integrals."""
        place = z.shape[axis] - self.behind
        return tuple(jnp.split(z, [place], axis))

    def _added(self, data: Data, t: Any, h: Any, before: Any, after: Any, q: Any) -> Any:
        """The integrals after a step: the sum so far, then the last integrands."""
        t, h = _like(before, t), _like(before, h)
        rows = q.reshape(-1, self.size)
        formula = self.inner.formula
        if not isinstance(formula, RungeKutta):  # between its ends, to the second order that the method has
            g = self.integrand(data, t + h, *after.reshape(3, -1))
            return jnp.concatenate([rows[0] + 0.5 * h * (rows[1] + g), g])
        state, slopes = (z.reshape(formula.own + formula.stages, -1) for z in (before, after))
        slopes = slopes[formula.own :]

        def at_stage(i: Any, slope: Any) -> Any:
            stage = formula.stage(i, t, state, slopes, h)
            return self.integrand(data, stage.t, stage.at[0] + stage.by[0] * slope)

        found = jax.vmap(at_stage)(jnp.arange(formula.stages), slopes)
        return jnp.concatenate([*formula.finish(rows, found, h), found.ravel()])


@dataclass(frozen=True)
class ExplicitlyIntegrating(ExplicitScheme):
    """An explicit scheme for u and integrals behind it.

    Parameters
    ----------
    behind : int
        Length of the integrals.
    """

    behind: int = 0

    def lift(self, data: Data, t: Any, u0: Any, v0: Any = None) -> Any:
        """Return u and integrals of zero."""
        del data, t, v0
        return jnp.concatenate([u0, jnp.zeros(self.behind, u0.dtype)])


def with_integral(slope: Field, integrand: Traced, n: int) -> Field:
    """Return the slope of u and of the integrals behind it, for explicit methods."""

    def both(t: Any, u: Any, data: Data) -> Any:
        return jnp.concatenate([slope(t, u[:n], data), integrand(data, t, u[:n])])

    return Field(both, ("with integral", slope.key, integrand, n), slope.reverse_only or integrand.reverse_only)


def _like(u: Any, t: Any) -> Any:
    return jnp.asarray(t, jnp.finfo(jnp.result_type(u)).dtype)
