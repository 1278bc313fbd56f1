"""One implicit step: Newton forward, one transposed solve for each stage back, nothing differentiated twice.

Derivation
----------
Stage i solves ``R(t, u* + c_u k, v* + c_v k, a* + c_a k; θ) = 0`` for k, with matrix A. On the frozen grid::

    A dk = -dR(du*, dv*, da*, dθ)               tangent
    μ = A^-T k̄,   (ū*, v̄*, ā*, θ̄) -= R'ᵀ μ      adjoint

t and h stand in R beside θ; h in what comes after the stages too.

The stages are kept with the state, so that going back nothing is solved again; θ̄ waits for `contract`, which takes all
steps of a segment at once. Newton accepts k when the next correction would change nothing and makes no use of it: so
the last factorization is that of A at the accepted k, the one that the adjoint needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.equations.traced import Data, chosen_of
from sparsead.transient.steps.quantised import QuantisedGrid

_CONVERGED, _STALLED, _ITERATIONS = 1e-12, 1e-7, 30


@dataclass(frozen=True)
class ImplicitScheme:
    """A formula applied to a system; the state is the rows of the formula, one after the other.

    Parameters
    ----------
    system : DenseSystem or SparseSystem
        The equation of motion.
    formula : RungeKutta, BackwardDifferences or GeneralizedAlpha
        The method.
    """

    system: Any
    formula: Any
    implicit: ClassVar[bool] = True
    instead: ClassVar[str] = 'method="tr_bdf2"'

    @property
    def name(self) -> str:
        """Name of the method."""
        return self.formula.name

    @property
    def adaptive(self) -> bool:
        """Whether steps estimate their error."""
        return bool(self.formula.adaptive)

    @property
    def order(self) -> int:
        """Power of h in the error of one step."""
        return int(self.formula.error_order)

    @property
    def needed(self) -> int:
        """Stages of a frozen step."""
        return self.formula.stages

    def calls(self, end: Any, *, adaptive: bool) -> Any:
        """Return the stages solved in a run; a nonlinear stage evaluates f once for each Newton iteration."""
        return self.needed * (end.accepted + (end.rejected if adaptive else 0))

    def grid(self, capacity: int, controlled: int) -> QuantisedGrid:
        """Return the grid of an adaptive run."""
        return QuantisedGrid(capacity, controlled)

    def probe(self, data: Data, t: Any, z: Any) -> Any:
        """Return the forces out of balance, to see whether they are finite."""
        u = self._rows(z)[0]
        return self.system.residual(data, t, u, jnp.zeros_like(u), jnp.zeros_like(u))

    def width(self, z: Any) -> int:
        """Return the length of the multipliers of a step."""
        return self.formula.stages * self._size(z)

    def start(self, data: Data, t: Any, z: Any) -> Any:
        """Return what a step hands to the next beside its state: nothing."""
        del data, t, z
        return ()

    def lift(self, data: Data, t: Any, u0: Any, v0: Any = None) -> Any:
        """Return the rows at the first time, with the slope or acceleration that the equation of motion gives."""
        if not hasattr(self.formula, "start"):  # a multistep method is started by another
            return u0
        rows = {"u": u0, "0": jnp.zeros_like(u0), "v": v0}
        last = self.formula.start[-1]
        if last == "v":
            rows["v"] = self.system.slope(data, _like(u0, t), u0)
        elif last == "a":
            t = _like(u0, t)
            out_of_balance = self.system.residual(data, t, u0, v0, rows["0"])
            rows["a"] = -self.system.solve(data, t, u0, (0.0, 0.0, 1.0), out_of_balance, "N")
        return jnp.concatenate([rows[name] for name in self.formula.start])

    def attempt(self, data: Data, t: Any, h: Any, z: Any, memory: Any) -> tuple[Any, Any, Any]:
        """Return the next rows, the error of u, shape (n,), and nothing to hand on."""
        t, h = _like(z, t), _like(z, h)
        rows, slopes = self._rows(z), self._solved(data, t, h, z)
        error = self.formula.error(rows, slopes, h)
        c = self.formula.stage(self.formula.stages - 1, rows, slopes[:-1], h).by
        zero = jnp.zeros_like(error)
        after = self.formula.finish(rows, slopes, h)
        u1 = after[0]
        # Stiff components of the difference are no error of the solution: the matrix of the step damps them.
        v, a, inertia = (zero, error, c[2]) if self.formula.start[-1] == "a" else (error, zero, c[1])
        moved = self.system.residual(data, t + h, u1, v, a) - self.system.residual(data, t + h, u1, zero, zero)
        at = u1 if not self.system.linear else zero
        damped = self.system.solve(data, t + h, at, c, inertia * moved, "N")
        return jnp.concatenate([*after, *slopes]), damped, memory

    def step(self, data: Data, t: Any, h: Any, z: Any) -> Any:
        """Return the next rows, shape (rows * n,)."""
        t, h = _like(z, t), _like(z, h)
        slopes = self._solved(data, t, h, z)
        return jnp.concatenate([*self.formula.finish(self._rows(z), slopes, h), *slopes])

    def tangent(
        self, data: Data, t: Any, h: Any, z: Any, dz: Any, d_moving: Any, d_place: tuple[Any, ...] = ()
    ) -> tuple[Any, Any]:
        """Return the next rows and their tangent: one solve for each stage with the factorization of the step.

        `d_place` are the tangents of t and h, if they move.
        """
        t, h = _like(z, t), _like(z, h)
        d_place = tuple(_like(z, x) for x in d_place)
        z1 = self.step(data, t, h, z)
        slopes, d_slopes = self._stages(z1), list[Any]()
        moving, fixed = data
        for i in range(self.formula.stages):
            before, d_before = slopes[:i], d_slopes[:i]

            def balance(z: Any, before: Any, moving: Any, t: Any = t, h: Any = h, i: int = i) -> Any:
                return self._residual((moving, fixed), t, h, z, before, slopes[i], i)

            at = (z, before, moving, t, h)[: 3 + len(d_place)]
            _, moved = jax.jvp(balance, at, (dz, d_before, d_moving, *d_place))
            d_slopes.append(-self._solve(data, t, h, z, slopes, i, moved, "N"))
        d_h = d_place[1] if d_place else jnp.zeros_like(h)
        at, along = (self._rows(z), slopes, h), (self._rows(dz), d_slopes, d_h)
        return z1, jnp.concatenate([*jax.jvp(self.formula.finish, at, along)[1], *d_slopes])

    def pull(self, data: Data, t: Any, h: Any, z: Any, z1: Any, bar: Any) -> tuple[Any, Any]:
        """Return the cotangent of the rows before, and the multipliers of the stages, from that of the rows after."""
        t, h = _like(z, t), _like(z, h)
        slopes = self._stages(z1)
        n = slopes[0].size

        def finish(z: Any, slopes: Any) -> Any:
            return jnp.concatenate([*self.formula.finish(self._rows(z), slopes, h), *slopes])

        z_bar, slopes_bar = jax.vjp(finish, z, slopes)[1](bar)
        multipliers = [jnp.zeros(n, bar.dtype)] * len(slopes)
        for i in reversed(range(len(slopes))):
            mu = -self._solve(data, t, h, z, slopes, i, slopes_bar[i], "T")
            multipliers[i] = mu
            back = jax.vjp(lambda z, before, i=i: self._residual(data, t, h, z, before, slopes[i], i), z, slopes[:i])[1]
            more, before_bar = back(mu)
            z_bar = z_bar + more
            slopes_bar = [a + b for a, b in zip(slopes_bar, before_bar, strict=False)] + slopes_bar[i:]
        return z_bar, jnp.concatenate(multipliers)

    def contract(self, data: Data, t: Any, h: Any, z: Any, z1: Any, multiplier: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of the wanted data from many steps at once; leading axis: steps."""
        chosen, with_others = chosen_of(data, wanted)

        def balances(chosen: list[Any]) -> Any:
            others = with_others(chosen)

            def one(t: Any, h: Any, z: Any, z1: Any) -> Any:
                t, h, slopes = _like(z, t), _like(z, h), self._stages(z1)
                parts = [self._residual(others, t, h, z, slopes[:i], k, i) for i, k in enumerate(slopes)]
                return jnp.concatenate(parts)

            return jax.vmap(one)(t, h, z, z1)

        return jax.vjp(balances, chosen)[1](multiplier)[0]

    def pull_place(self, data: Data, t: Any, h: Any, z: Any, z1: Any, bar: Any, multiplier: Any) -> Any:
        """Return the cotangents of t and h of one step: no solve, the multipliers know it."""
        slopes = self._stages(z1)
        own = self.formula.own * slopes[0].size

        def of_place(t: Any, h: Any) -> Any:
            t, h = _like(z, t), _like(z, h)
            parts = [self._residual(data, t, h, z, slopes[:i], k, i) for i, k in enumerate(slopes)]
            return jnp.concatenate(self.formula.finish(self._rows(z), slopes, h)), jnp.concatenate(parts)

        return jax.vjp(of_place, t, h)[1]((bar[:own], multiplier))

    def _size(self, z: Any) -> int:
        return int(z.size // (self.formula.own + self.formula.stages))

    def _rows(self, z: Any) -> list[Any]:
        return list(z.reshape(-1, self._size(z)))

    def _stages(self, z: Any) -> list[Any]:
        return self._rows(z)[self.formula.own :]

    def _residual(self, data: Data, t: Any, h: Any, z: Any, before: Any, k: Any, i: int) -> Any:
        """R of stage i with the unknown k."""
        stage = self.formula.stage(i, self._rows(z), before, h)
        u, v, a = (at + by * k for at, by in zip(stage.at, stage.by, strict=True))
        return self.system.residual(data, t + _like(h, stage.c) * h, u, v, a)

    def _solve(self, data: Data, t: Any, h: Any, z: Any, slopes: Any, i: int, b: Any, trans: str) -> Any:
        """Solve with the matrix of stage i at its k."""
        stage = self.formula.stage(i, self._rows(z), slopes[:i], h)
        u = stage.at[0] + stage.by[0] * slopes[i] if not self.system.linear else jnp.zeros_like(b)
        return self.system.solve(data, t + _like(h, stage.c) * h, u, stage.by, b, trans)

    def _solved(self, data: Data, t: Any, h: Any, z: Any) -> list[Any]:
        """The unknowns of all stages."""
        slopes: list[Any] = []
        guess = self._rows(z)[-1]
        for i in range(self.formula.stages):
            first = jnp.zeros_like(guess) if self.system.linear else guess
            guess = self._newton(data, t, h, z, slopes, i, first)
            slopes.append(guess)
        return slopes

    def _newton(self, data: Data, t: Any, h: Any, z: Any, before: list[Any], i: int, first: Any) -> Any:
        def correction(k: Any) -> Any:
            balance = self._residual(data, t, h, z, before, k, i)
            return -self._solve(data, t, h, z, [*before, k], i, balance, "N")

        if self.system.linear:
            return correction(first)

        def going(carry: Any) -> Any:
            k, dk, last, count = carry
            size, change = jnp.linalg.norm(k), jnp.linalg.norm(dk)
            stalled = (change >= 0.5 * last) & (change <= _STALLED * size)
            return (count == 0) | ((change > _CONVERGED * size) & ~stalled & (count <= _ITERATIONS))

        def again(carry: Any) -> Any:
            k, dk, _, count = carry
            return k + dk, correction(k + dk), jnp.linalg.norm(dk), count + 1

        k, dk, _, count = lax.while_loop(going, again, (first, jnp.zeros_like(first), jnp.inf, 0))
        return jnp.where((count <= _ITERATIONS) & jnp.isfinite(dk).all(), k, jnp.nan)


def _like(u: Any, t: Any) -> Any:
    """A time in the real type of the state: single precision stays single."""
    return jnp.asarray(t, jnp.finfo(jnp.result_type(u)).dtype)
