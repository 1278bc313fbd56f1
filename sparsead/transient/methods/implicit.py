"""One implicit step: Newton forward, one transposed solve for each stage back, nothing differentiated twice.

Derivation
----------
Stage i solves ``R(t, u* + c_u k, v* + c_v k, a* + c_a k; θ) = 0`` for k, with matrix A. On the frozen grid::

    A dk = -dR(du*, dv*, da*, dθ)               tangent
    μ = A^-T k̄,   (ū*, v̄*, ā*, θ̄) -= R'ᵀ μ      adjoint

t and h stand in R beside θ; h in what comes after the stages too. The stages are one loop, forward and back, so that a
program holds the equation of motion once and not once for each stage: it is compiled in a fraction of the time.

The stages are kept with the state, so that going back nothing is solved again; θ̄ waits for `contract`, which takes all
steps of a segment at once. Newton accepts k when the next correction would change nothing and makes no use of it: so
the last factorization is that of A at the accepted k, the one that the adjoint needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import lax

from sparsead.transient.equations.traced import Data, chosen_of
from sparsead.transient.methods.formulas import Stage
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
        c = self.formula.stage(0, t, rows, slopes, h).by  # the same for all
        zero = jnp.zeros_like(error)
        after = self._after(z, slopes, h)
        u1 = self._rows(after)[0]
        # Stiff components of the difference are no error of the solution: the matrix of the step damps them.
        v, a, inertia = (zero, error, c[2]) if self.formula.start[-1] == "a" else (error, zero, c[1])
        moved = self.system.residual(data, t + h, u1, v, a) - self.system.residual(data, t + h, u1, zero, zero)
        at = u1 if not self.system.linear else zero
        damped = self.system.solve(data, t + h, at, c, inertia * moved, "N")
        return after, damped, memory

    def step(self, data: Data, t: Any, h: Any, z: Any) -> Any:
        """Return the next rows, shape (rows * n,)."""
        t, h = _like(z, t), _like(z, h)
        return self._after(z, self._solved(data, t, h, z), h)

    def tangent(
        self, data: Data, t: Any, h: Any, z: Any, dz: Any, d_moving: Any, d_place: tuple[Any, ...] = ()
    ) -> tuple[Any, Any]:
        """Return the next rows and their tangent: one solve for each stage with the factorization of the step.

        `d_place` are the tangents of t and h, if they move.
        """
        t, h = _like(z, t), _like(z, h)
        d_place = tuple(_like(z, x) for x in d_place)
        z1 = self.step(data, t, h, z)
        slopes = self._stages(z1)
        moving, fixed = data

        def one(i: Any, d_slopes: Any) -> Any:
            def balance(z: Any, before: Any, moving: Any, t: Any = t, h: Any = h) -> Any:
                return self._balance((moving, fixed), t, h, z, before, slopes[i], i)

            at = (z, slopes, moving, t, h)[: 3 + len(d_place)]
            _, moved = jax.jvp(balance, at, (dz, d_slopes, d_moving, *d_place))
            return d_slopes.at[i].set(-self._solve(data, t, h, z, slopes, i, moved, "N"))

        d_slopes = self._each_stage(one, jnp.zeros_like(slopes))
        d_h = d_place[1] if d_place else jnp.zeros_like(h)
        return z1, jax.jvp(self._after, (z, slopes, h), (dz, d_slopes, d_h))[1]

    def pull(self, data: Data, t: Any, h: Any, z: Any, z1: Any, bar: Any) -> tuple[Any, Any]:
        """Return the cotangent of the rows before, and the multipliers of the stages, from that of the rows after."""
        t, h = _like(z, t), _like(z, h)
        slopes = self._stages(z1)

        def one(behind: Any, carry: Any) -> Any:
            z_bar, slopes_bar = carry
            i = self.formula.stages - 1 - behind
            back = jax.vjp(lambda z, before: self._balance(data, t, h, z, before, slopes[i], i), z, slopes)[1]
            multiplier = -self._solve(data, t, h, z, slopes, i, slopes_bar[i], "T")
            z_more, slopes_more = back(multiplier)
            # What has arrived at the slope of a stage is not needed again: its multiplier takes the place.
            return z_bar + z_more, (slopes_bar + slopes_more).at[i].set(multiplier)

        arrived = jax.vjp(lambda z, slopes: self._after(z, slopes, h), z, slopes)[1](bar)
        z_bar, multipliers = self._each_stage(one, arrived)
        return z_bar, multipliers.ravel()

    def contract(self, data: Data, t: Any, h: Any, z: Any, z1: Any, multiplier: Any, wanted: tuple[bool, ...]) -> Any:
        """Return the cotangents of the wanted data from many steps at once; leading axis: steps."""
        chosen, with_others = chosen_of(data, wanted)

        def balances(chosen: list[Any]) -> Any:
            return jax.vmap(lambda *step: self._balances(with_others(chosen), *step))(t, h, z, z1)

        return jax.vjp(balances, chosen)[1](multiplier)[0]

    def pull_place(self, data: Data, t: Any, h: Any, z: Any, z1: Any, bar: Any, multiplier: Any) -> Any:
        """Return the cotangents of t and h of one step: no solve, the multipliers know it."""

        def of_place(t: Any, h: Any) -> Any:
            return self._after(z, self._stages(z1), _like(z, h)), self._balances(data, t, h, z, z1)

        # The slopes stand still: what arrived at them is in the multipliers.
        return jax.vjp(of_place, t, h)[1]((bar, multiplier))

    def _size(self, z: Any) -> int:
        return int(z.size // (self.formula.own + self.formula.stages))

    def _rows(self, z: Any) -> Any:
        return z.reshape(-1, self._size(z))

    def _stages(self, z: Any) -> Any:
        return self._rows(z)[self.formula.own :]

    def _after(self, z: Any, slopes: Any, h: Any) -> Any:
        """The next rows from the last and the slopes."""
        return jnp.concatenate([*self.formula.finish(self._rows(z), slopes, h), slopes.ravel()])

    def _each_stage(self, one: Callable[[Any, Any], Any], carry: Any) -> Any:
        """What is carried through ``one(i, carry)`` for each number of a stage."""
        count = self.formula.stages
        return one(0, carry) if count == 1 else lax.fori_loop(0, count, one, carry)

    def _balances(self, data: Data, t: Any, h: Any, z: Any, z1: Any) -> Any:
        """R of all stages of a step, one after the other."""
        t, h, slopes = _like(z, t), _like(z, h), self._stages(z1)
        if len(slopes) == 1:
            return self._balance(data, t, h, z, slopes, slopes[0], 0)
        numbers = jnp.arange(len(slopes))
        return jax.vmap(lambda k, i: self._balance(data, t, h, z, slopes, k, i))(slopes, numbers).ravel()

    def _balance(self, data: Data, t: Any, h: Any, z: Any, before: Any, k: Any, i: Any) -> Any:
        """R of stage i with the unknown k; of `before`, the slopes of all stages, those before it count."""
        stage = self.formula.stage(i, t, self._rows(z), before, h)
        u, v, a = (at + by * k for at, by in zip(stage.at, stage.by, strict=True))
        return self.system.residual(data, stage.t, u, v, a)

    def _solve(self, data: Data, t: Any, h: Any, z: Any, slopes: Any, i: Any, b: Any, trans: str) -> Any:
        """Solve with the matrix of stage i at its k."""
        stage = self.formula.stage(i, t, self._rows(z), slopes, h)
        u = stage.at[0] + stage.by[0] * slopes[i] if not self.system.linear else jnp.zeros_like(b)
        return self.system.solve(data, stage.t, u, stage.by, b, trans)

    def _solved(self, data: Data, t: Any, h: Any, z: Any) -> Any:
        """The unknowns of all stages, shape (stages, n)."""
        rows = self._rows(z)

        def one(i: Any, carry: Any) -> Any:
            slopes, guess = carry
            k = self._newton(data, self.formula.stage(i, t, rows, slopes, h), guess)
            return slopes.at[i].set(k), k

        return self._each_stage(one, (jnp.zeros_like(self._stages(z)), rows[-1]))[0]

    def _newton(self, data: Data, stage: Stage, guess: Any) -> Any:
        """The unknown k of a stage."""

        def correction(k: Any) -> Any:
            u, v, a = (at + by * k for at, by in zip(stage.at, stage.by, strict=True))
            balance = self.system.residual(data, stage.t, u, v, a)
            return -self.system.solve(data, stage.t, u, stage.by, balance, "N")

        if self.system.linear:
            return correction(jnp.zeros_like(guess))

        def going(carry: Any) -> Any:
            k, _, change, last, count = carry
            size = jnp.linalg.norm(k)
            stalled = (change >= 0.5 * last) & (change <= _STALLED * size)
            return (count == 0) | ((change > _CONVERGED * size) & ~stalled & (count <= _ITERATIONS))

        def again(carry: Any) -> Any:
            k, dk, last, _, count = carry
            k = k + dk
            dk = correction(k)
            return k, dk, jnp.linalg.norm(dk), last, count + 1

        none = jnp.zeros((), jnp.finfo(guess.dtype).dtype)
        k, dk, _, _, count = lax.while_loop(going, again, (guess, jnp.zeros_like(guess), none, jnp.inf + none, 0))
        return jnp.where((count <= _ITERATIONS) & jnp.isfinite(dk).all(), k, jnp.nan)


def _like(u: Any, t: Any) -> Any:
    """A time in the real type of the state: single precision stays single."""
    return jnp.asarray(t, jnp.finfo(jnp.result_type(u)).dtype)
