"""One explicit Runge–Kutta step: tried, frozen, and pulled back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.field import Field
from sparsead.transient.grid import AdaptiveGrid
from sparsead.transient.tableaus import Tableau
from sparsead.transient.traced import Data


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

    def tangent(self, data: Data, t: Any, h: Any, u: Any, du: Any, d_moving: Any) -> tuple[Any, Any]:
        """Return the next state and its tangent."""
        moving, fixed = data
        return jax.jvp(lambda u, m: self.step((m, fixed), t, h, u), (u, moving), (du, d_moving))

    def pull(self, data: Data, t: Any, h: Any, u: Any, u1: Any, bar: Any) -> tuple[Any, Any]:
        """Return the cotangent of u and the multiplier that `contract` needs, from that of u1."""
        del u1
        return jax.vjp(lambda u: self.step(data, t, h, u), u)[1](bar)[0], bar

    def contract(self, data: Data, t: Any, h: Any, u: Any, u1: Any, multiplier: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of the wanted data from many steps at once; leading axis: steps."""
        del u1
        chosen, full = _chosen(data[0], wanted)

        def steps(chosen: list[Any]) -> Any:
            return jax.vmap(lambda t, h, u: self.step((full(chosen), data[1]), t, h, u))(t, h, u)

        return jax.vjp(steps, chosen)[1](multiplier)[0]

    def pull_with_data(self, data: Data, t: Any, h: Any, u: Any, bar: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of u and of the wanted data of one step, from that of the next state."""
        chosen, full = _chosen(data[0], wanted)
        return jax.vjp(lambda u, chosen: self.step((full(chosen), data[1]), t, h, u), u, chosen)[1](bar)

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


def _chosen(moving: Any, wanted: tuple[bool, ...]) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The wanted data, and what puts others in their place."""

    def full(chosen: list[Any]) -> Any:
        found = iter(chosen)
        return tuple(next(found) if want else x for x, want in zip(moving, wanted, strict=True))

    return [x for x, want in zip(moving, wanted, strict=True) if want], full


def _combined(weights: Any, slopes: list[Any]) -> Any:
    """Sum of slopes times weights; no operation for a weight of zero or one."""
    terms = [k if w == 1 else w * k for w, k in zip(weights, slopes, strict=False) if w]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _like(u: Any, t: Any) -> Any:
    """A time in the real type of the state: single precision stays single."""
    return jnp.asarray(t, jnp.finfo(jnp.result_type(u)).dtype)
