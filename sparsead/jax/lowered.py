"""What a primitive becomes in a compiled program: a host call, or plain array code.

On a CPU the host kernels are faster than XLA's scatters on large arrays; a
small array is not worth leaving the program for. On an accelerator everything
but the factorization is array code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.jax import transport
from sparsead.pattern.pattern import Pattern

# Measured: a host call costs 11 us; a scatter costs 4 ns an entry, a gather 1 ns.
_SMALL = {"spmv": 2_000, "sum_triplets": 2_000, "sddmm": 10_000, "gather": 10_000}


def lower(name: str, platform: str | None, *args: Any, **static: Any) -> Any:
    """Return the operation as traced array code or a host call."""
    out = _like(name, args, static)
    if out.size == 0:
        return jnp.zeros(out.shape, out.dtype)
    on_host = platform == "cpu"
    if name == "solve":
        return transport.call(name, static, out, *args, on_host=on_host)
    entries = len(static["slots"]) if "slots" in static else static["pattern"].size
    if on_host and entries * args[0].shape[0] > _SMALL[name]:
        return transport.call(name, static, out, *args, on_host=True)
    return _ARRAY_CODE[name](*args, **static)


def _like(name: str, args: Any, static: dict[str, Any]) -> jax.ShapeDtypeStruct:
    shape = (
        jax.eval_shape(lambda *a: _ARRAY_CODE[name](*a, **static), *args).shape if name != "solve" else args[1].shape
    )
    return jax.ShapeDtypeStruct(shape, args[0].dtype)


def _constant(indices: Any) -> Any:
    """Indices as a constant that XLA does not try to fold: folding takes minutes on large patterns."""
    return jax.lax.optimization_barrier(jnp.asarray(np.asarray(indices, np.int32)))


def _spmv(values: Any, x: Any, *, pattern: Pattern, trans: str) -> Any:
    rows, cols = _constant(pattern.indices), _constant(pattern.cols)
    into, source, size = (rows, cols, pattern.shape[0]) if trans == "N" else (cols, rows, pattern.shape[1])
    terms = values[:, None, :] * x[:, :, source]
    return jnp.zeros((*x.shape[:2], size), terms.dtype).at[:, :, into].add(terms)


def _sddmm(u: Any, v: Any, *, pattern: Pattern) -> Any:
    alive = ((u != 0).any(-1) & (v != 0).any(-1))[..., None]
    u, v = jnp.where(alive, u, 0), jnp.where(alive, v, 0)
    return (u[:, :, _constant(pattern.indices)] * v[:, :, _constant(pattern.cols)]).sum(1)


def _sum_triplets(triplets: Any, *, slots: Any) -> Any:
    return jnp.zeros((triplets.shape[0], slots.size), triplets.dtype).at[:, _constant(slots.slot)].add(triplets)


def _gather(stored: Any, *, slots: Any) -> Any:
    return stored[:, _constant(slots.slot)]


_ARRAY_CODE: dict[str, Callable[..., Any]] = {
    "spmv": _spmv,
    "sddmm": _sddmm,
    "sum_triplets": _sum_triplets,
    "gather": _gather,
}
