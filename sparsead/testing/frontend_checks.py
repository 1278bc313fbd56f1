"""check_frontend: whether a JAX function of arrays keeps its derivatives under jit, second order and vmap."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from sparsead.errors import explain
from sparsead.testing.differences import complex_step, pairing, random_like, relative_gap

# The order of summation may differ between the compiled and the eager program, and within a batch.
_SAME_PROGRAM = 1e-11
# Rounding times the square of a condition number of 1e4, which second derivatives see.
_SAME_DERIVATIVE = 1e-8
# Both sides of the symmetry come from the same factors.
_SAME_PAIRING = 1e-10
_BATCH = 3


def check_frontend(
    f: Callable[..., Any], oracle_grad: Callable[..., Any], primals: Sequence[Any], *, seed: int = 0
) -> None:
    """Raise `AssertionError` unless a JAX function's derivatives are right under every transform.

    Checks jit against eager, the pullback and its derivative against a dense oracle, the symmetry of the second
    derivative, and vmap of function and pullback over every subset of arguments against a loop.

    Parameters
    ----------
    f : callable
        ``f(*primals)``, a JAX function of real float64 arrays that returns one array.
    oracle_grad : callable
        ``oracle_grad(primals, out_bar)``: the cotangents by dense NumPy, made of operations that take complex
        numbers and never conjugate.
    primals : sequence of array
        Where to check. Condition numbers above 1e4 make the comparison with the oracle too coarse.
    seed : int
        Of the random directions.

    Raises
    ------
    AssertionError
        What differs, and by how much.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> jax.config.update("jax_enable_x64", True)
    >>> check_frontend(jnp.multiply, lambda p, w: (w * p[1], w * p[0]), [np.array([1.0, 2.0]), np.array([3.0, 5.0])])
    """
    rng = np.random.default_rng(seed)
    primals = tuple(np.asarray(p) for p in primals)
    out = np.asarray(f(*primals))
    out_bar = random_like(out, rng)

    def pullback(*p: Any) -> Any:
        return jax.vjp(f, *p)[1](out_bar)

    _close("jit: compiled and eager differ", relative_gap(jax.jit(f)(*primals), out), _SAME_PROGRAM)
    bars = pullback(*primals)
    for i, (bar, expected) in enumerate(zip(bars, oracle_grad(primals, out_bar), strict=True)):
        _close(f"vjp: cotangent {i} and oracle differ", relative_gap(bar, expected), _SAME_DERIVATIVE)
    for i, (compiled, bar) in enumerate(zip(jax.jit(pullback)(*primals), bars, strict=True)):
        _close(f"jit: cotangent {i}, compiled and eager, differ", relative_gap(compiled, bar), _SAME_PROGRAM)
    _check_second_order(pullback, oracle_grad, primals, out_bar, rng)
    for axes in itertools.product((None, 0), repeat=len(primals)):
        if any(axis is not None for axis in axes):
            _check_vmap({"function": f, "pullback": pullback}, primals, axes, rng)


def _check_second_order(
    pullback: Callable[..., Any],
    oracle_grad: Callable[..., Any],
    primals: tuple[Any, ...],
    out_bar: Any,
    rng: np.random.Generator,
) -> None:
    u, v = (tuple(random_like(p, rng) for p in primals) for _ in "uv")
    along_u, along_v = (jax.jvp(pullback, primals, direction)[1] for direction in (u, v))
    for i, bar in enumerate(along_v):
        expected = complex_step(lambda *p, i=i: oracle_grad(p, out_bar)[i], primals, v)
        _close(f"second order: cotangent {i} and oracle differ", relative_gap(bar, expected), _SAME_DERIVATIVE)
    u_v, v_u = (sum(map(pairing, a, b)) for a, b in ((u, along_v), (v, along_u)))
    size = sum(float(np.linalg.norm(a)) * float(np.linalg.norm(b)) for a, b in zip(u, along_v, strict=True))
    _close("second order: not symmetric", abs(u_v - v_u) / (size or 1.0), _SAME_PAIRING)


def _check_vmap(
    functions: dict[str, Callable[..., Any]],
    primals: tuple[Any, ...],
    axes: tuple[int | None, ...],
    rng: np.random.Generator,
) -> None:
    """Compare a batch with a loop; every lane has its own values."""
    lanes = [[p * (1 + 0.1 * rng.random(p.shape)) for p in primals] for _ in range(_BATCH)]
    chosen = [[primals[i] if axis is None else lane[i] for i, axis in enumerate(axes)] for lane in lanes]
    stacked = [
        p if axis is None else np.stack([lane[i] for lane in lanes])
        for i, (p, axis) in enumerate(zip(primals, axes, strict=True))
    ]
    for name, function in functions.items():
        found = jax.tree.leaves(jax.vmap(function, in_axes=axes)(*stacked))
        looped = [jax.tree.leaves(function(*arguments)) for arguments in chosen]
        for got, *each in zip(found, *looped, strict=True):
            _close(f"vmap of the {name} over in_axes={axes}", relative_gap(got, np.stack(each)), _SAME_PROGRAM)


def _close(what: str, gap: float, bound: float) -> None:
    if not gap <= bound:
        fix = "compare the derivatives and the batching rule with their derivation"
        raise AssertionError(
            explain(what, expected=f"a relative gap of at most {bound:.0e}", got=f"{gap:.1e}", fix=fix)
        )
