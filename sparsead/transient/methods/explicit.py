"""One explicit Runge–Kutta step: tried, frozen, and pulled back.

Derivation
----------
With Uᵢ the states and kᵢ the slopes of the stages, cotangents of a step go back stage by stage::

    Uᵢ = u₀ + h Σⱼ aᵢⱼ kⱼ,    kᵢ = f(Uᵢ, θ),    u₁ = u₀ + h Σᵢ bᵢ kᵢ
    κᵢ = h (bᵢ λ₁ + Σⱼ aⱼᵢ wⱼ),    wᵢ = f_u(Uᵢ)ᵀ κᵢ,    λ₀ = λ₁ + Σᵢ wᵢ,    θ̄ = Σᵢ f_θ(Uᵢ)ᵀ κᵢ

f is evaluated once in each stage, and pulled back once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.equations.field import Field
from sparsead.transient.equations.traced import Data, chosen_of
from sparsead.transient.methods.tableaus import Tableau
from sparsead.transient.steps.grid import AdaptiveGrid


@dataclass(frozen=True)
class ExplicitScheme:
    """A tableau applied to a field.

    Parameters
    ----------
    field : Field
        Right-hand side on flat vectors.
    tableau : Tableau
        The method.
    """

    field: Field
    tableau: Tableau

    implicit: ClassVar[bool] = False
    instead: ClassVar[str] = 'method="dormand_prince"'

    @property
    def name(self) -> str:
        """Name of the method."""
        return self.tableau.name

    @property
    def order(self) -> int:
        """Power of h in the error of one step."""
        return self.tableau.error_order

    @property
    def adaptive(self) -> bool:
        """Whether steps estimate their error."""
        return self.tableau.adaptive

    @property
    def needed(self) -> int:
        """Evaluations of f that a frozen step takes."""
        return self.tableau.needed

    def calls(self, end: Any, *, adaptive: bool) -> Any:
        """Return the evaluations of f in a run, the choice of the first step not counted."""
        if not adaptive:
            return self.needed * end.accepted
        first = int(self.tableau.first_same_as_last)
        return (self.tableau.stages - first) * (end.accepted + end.rejected) + first

    def grid(self, capacity: int, controlled: int) -> AdaptiveGrid:
        """Return the grid of an adaptive run."""
        return AdaptiveGrid(capacity, controlled)

    def probe(self, data: Data, t: Any, u: Any) -> Any:
        """Return the slope, to see whether it is finite."""
        return self.field(t, u, data)

    def width(self, u: Any) -> int:
        """Return the length of a multiplier."""
        return int(u.size)

    def lift(self, data: Data, t: Any, u0: Any, v0: Any = None) -> Any:
        """Return what a run carries from step to step: the state itself."""
        del data, t, v0
        return u0

    def start(self, data: Data, t: Any, u: Any) -> Any:
        """Return what a step hands to the next: the slope at u, shape (n,), where the last stage is the first."""
        return self.field(_like(u, t), u, data) if self.tableau.first_same_as_last else ()

    def attempt(self, data: Data, t: Any, h: Any, u: Any, memory: Any) -> tuple[Any, Any, Any]:
        """Return the next state, its error, both (n,), and what is handed on."""
        t, h = _like(u, t), _like(u, h)
        slopes = self._slopes(data, t, h, u, self.tableau.stages, memory)
        u1 = u + h * _combined(self.tableau.b, slopes)
        error = h * _combined(self.tableau.e, slopes)
        return u1, error, slopes[-1] if self.tableau.first_same_as_last else ()

    def step(self, data: Data, t: Any, h: Any, u: Any) -> Any:
        """Return the next state, shape (n,): no error, no search."""
        t, h = _like(u, t), _like(u, h)
        return u + h * _combined(self.tableau.b, self._slopes(data, t, h, u, self.tableau.needed, ()))

    def jacobian(self, data: Data, t: Any, h: Any, u: Any) -> Any:
        """Return the derivative of the next state in this one, shape (n, n)."""
        return jax.jacfwd(lambda u: self.step(data, t, h, u))(u)

    def tangent(
        self, data: Data, t: Any, h: Any, u: Any, du: Any, d_moving: Any, d_place: tuple[Any, ...] = ()
    ) -> tuple[Any, Any]:
        """Return the next state and its tangent; `d_place` are those of t and h, if they move."""
        moving, fixed = data

        def step(u: Any, moving: Any, t: Any = t, h: Any = h) -> Any:
            return self.step((moving, fixed), t, h, u)

        return jax.jvp(step, (u, moving, t, h)[: 2 + len(d_place)], (du, d_moving, *d_place))

    def pull(self, data: Data, t: Any, h: Any, u: Any, u1: Any, bar: Any) -> tuple[Any, Any]:
        """Return the cotangent of u and the multiplier that `contract` needs, from that of u1."""
        del u1
        return self.pull_with_data(data, t, h, u, bar, (False,) * len(data[0]))[0], bar

    def contract(self, data: Data, t: Any, h: Any, u: Any, u1: Any, multiplier: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of the wanted data from many steps at once; leading axis: steps."""
        del u1
        chosen, with_others = chosen_of(data, wanted)

        def steps(chosen: list[Any]) -> Any:
            return jax.vmap(lambda t, h, u: self.step(with_others(chosen), t, h, u))(t, h, u)

        return jax.vjp(steps, chosen)[1](multiplier)[0]

    def pull_place(self, data: Data, t: Any, h: Any, u: Any, u1: Any, bar: Any, multiplier: Any) -> Any:
        """Return the cotangents of t and h of one step, from that of the next state."""
        del u1, multiplier
        return jax.vjp(lambda t, h: self.step(data, t, h, u), t, h)[1](bar)

    def pull_with_data(self, data: Data, t: Any, h: Any, u: Any, bar: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of u and of the wanted data of one step, from that of the next state."""
        chosen, with_others = chosen_of(data, wanted)
        count, b = self.tableau.needed, self.tableau.b
        t, h = _like(u, t), _like(u, h)
        slopes: list[Any] = []
        pulls: list[Any] = []
        for i in range(count):
            at = u if i == 0 else lax.optimization_barrier(u + h * _combined(self.tableau.a[i], slopes))
            time = t + _like(t, self.tableau.c[i]) * h
            slope, pull = jax.vjp(lambda u, chosen, t=time: self.field(t, u, with_others(chosen)), at, chosen)
            slopes.append(lax.optimization_barrier(slope))
            pulls.append(pull)
        back, sums = jnp.zeros((count, u.size), u.dtype), [jnp.zeros_like(x) for x in chosen]
        for i in reversed(range(count)):
            # A product with a matrix, because XLA computes a sum of vectors again wherever f reads its neighbours.
            later = [self.tableau.a[j][i] if j > i else 0.0 for j in range(count)]
            arrived = b[i] * bar + (_product(later, back) if any(later) else 0.0)
            stage, parts = pulls[i](h * arrived)
            back, sums = back.at[i].set(stage), [x + y for x, y in zip(sums, parts, strict=True)]
        return bar + _product([1.0] * count, back), sums

    def _slopes(self, data: Data, t: Any, h: Any, u: Any, count: int, memory: Any) -> list[Any]:
        slopes: list[Any] = []
        for i in range(count):
            if i == 0 and self.tableau.first_same_as_last and not isinstance(memory, tuple):
                slopes.append(memory)
                continue
            at = u if i == 0 else u + h * _combined(self.tableau.a[i], slopes)
            slope = self.field(t + _like(t, self.tableau.c[i]) * h, at, data)
            # Without the barrier XLA computes each stage again in every stage that uses it: 2^stages evaluations of f.
            slopes.append(lax.optimization_barrier(slope) if count > 2 else slope)
        return slopes


def _combined(weights: Any, slopes: list[Any]) -> Any:
    """Sum of slopes times weights; no operation for a weight of zero or one."""
    terms = [k if w == 1 else w * k for w, k in zip(weights, slopes, strict=False) if w]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _product(weights: Any, rows: Any) -> Any:
    """Sum of rows times weights, as the product that it is."""
    return jnp.matmul(_like(rows, weights), rows, precision=lax.Precision.HIGHEST)


def _like(u: Any, t: Any) -> Any:
    """A time in the real type of the state: single precision stays single."""
    return jnp.asarray(t, jnp.finfo(jnp.result_type(u)).dtype)
