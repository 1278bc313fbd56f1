"""What a primitive becomes in a compiled program: a host call, or plain array code.

On a CPU the host kernels are faster than XLA's scatters on large arrays; a
small array is not worth leaving the program for. On an accelerator everything
but the factorization is array code, and stored values are sums in one order.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from sparsead.jax import transport
from sparsead.jax.constants import compiled_in, constant
from sparsead.jax.ordered_sum import sum_in_order
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.product import ROLES, Product
from sparsead.pattern.slots import Slots

# Measured: a host call costs 11 us; a scatter costs 4 ns an entry, a gather 1 ns.
_SMALL = {"spmv": 2_000, "sum_triplets": 2_000, "sddmm": 10_000, "spgemm": 2_000, "gather": 10_000}
# Of many vectors, as of all steps of a march, NumPy takes 2 to 3 ns for a product and compiled code 0.7; but then the
# pattern is a constant of the program, which it should not be where it is large.
_MANY, _CONSTANT = 8, 2**20

# Kept with the pattern, for all programs of a device, which keeps one copy; a host makes them when it needs them.
_columns: weakref.WeakKeyDictionary[Pattern, NDArray[np.integer]] = weakref.WeakKeyDictionary()
_slots: weakref.WeakKeyDictionary[Product, list[Slots]] = weakref.WeakKeyDictionary()


def lower(name: str, platform: str | None, *args: Any, **static: Any) -> Any:
    """Return the operation as traced array code or a host call."""
    out = jax.ShapeDtypeStruct(shape_of(name, args, static), args[0].dtype)
    if out.size == 0:
        return jnp.zeros(out.shape, out.dtype)
    on_host = platform == "cpu"
    if name not in _ARRAY_CODE:
        return transport.call(name, static, out, *args, on_host=on_host)
    entries = _entries(static)
    if on_host and name == "sddmm" and args[0].shape[1] >= _MANY and entries <= _CONSTANT:
        return _sddmm_one_by_one(*args, **static)
    if on_host and entries * args[0].shape[0] > _SMALL[name]:
        return transport.call(name, static, out, *args, on_host=True)
    if not on_host and name in _IN_ORDER:
        return _IN_ORDER[name](*args, **static)
    return _ARRAY_CODE[name](*args, **static)


def _entries(static: dict[str, Any]) -> int:
    """How many numbers one lane of an operation reads or adds."""
    if "slots" in static:
        return len(static["slots"])
    size: int = static["product"].terms if "product" in static else static["pattern"].size
    return size


def shape_of(name: str, avals: tuple[Any, ...], static: dict[str, Any]) -> tuple[int, ...]:
    """Return the shape of a kernel's result, from arrays that have shapes."""
    first, second = avals[0], avals[-1]
    if name in ("solve", "bordered", "repeated", "alike", "two_sided"):
        return second.shape
    if name == "eigsh":
        return (first.shape[0], static["options"].k, 1 + static["patterns"][0].shape[0])
    if name == "eigs":
        return (first.shape[0], static["options"].k, 2 + 2 * static["patterns"][0].shape[0])
    if name == "logdet":
        return (first.shape[0], 1, 2)
    if name == "selected_inverse":
        return first.shape
    if name == "spmv":
        m, n = static["pattern"].shape
        return (*second.shape[:-1], m if static["trans"] == "N" else n)
    if name == "sddmm":
        return (first.shape[0], static["pattern"].size)
    if name == "spgemm":
        return (first.shape[0], static["product"].sizes[ROLES.index(static["role"])])
    slots = static["slots"]
    return (first.shape[0], slots.size if name == "sum_triplets" else len(slots))


def _places(pattern: Pattern) -> tuple[jax.Array, jax.Array]:
    """Row and column of each stored entry."""
    if pattern not in _columns:
        _columns[pattern] = pattern.cols
    return constant(pattern.indices), constant(_columns[pattern])


def _spmv(values: Any, x: Any, *, pattern: Pattern, trans: str) -> Any:
    rows, cols = _places(pattern)
    into, source, size = (rows, cols, pattern.shape[0]) if trans == "N" else (cols, rows, pattern.shape[1])
    terms = values[:, None, :] * x[:, :, source]
    return jnp.zeros((*x.shape[:2], size), terms.dtype).at[:, :, into].add(terms)


def _sddmm(u: Any, v: Any, *, pattern: Pattern) -> Any:
    alive = _alive(u, v)[..., None]
    u, v = jnp.where(alive, u, 0), jnp.where(alive, v, 0)
    rows, cols = _places(pattern)
    return (u[:, :, rows] * v[:, :, cols]).sum(1)


def _sddmm_one_by_one(u: Any, v: Any, *, pattern: Pattern) -> Any:
    """The same, one vector after the other: each stays in the cache, and nothing of k times s entries is made."""
    alive, rows, cols = _alive(u, v), compiled_in(pattern.indices), compiled_in(pattern.cols)

    def more(i: Any, total: Any) -> Any:
        left, right = (x[:, i].at[:, at].get(mode="promise_in_bounds") for x, at in ((u, rows), (v, cols)))
        return total + jnp.where(alive[:, i, None], left * right, 0)

    start = jnp.zeros((u.shape[0], pattern.size), jnp.result_type(u, v))
    return jax.lax.fori_loop(0, u.shape[1], more, start)


def _alive(u: Any, v: Any) -> Any:
    """Pairs of rows of which none is zero throughout: the others add nothing, even where one of them is NaN."""
    return (u != 0).any(-1) & (v != 0).any(-1)


def _sum_triplets(triplets: Any, *, slots: Any) -> Any:
    return jnp.zeros((triplets.shape[0], slots.size), triplets.dtype).at[:, constant(slots.slot)].add(triplets)


def _terms(x: Any, y: Any, product: Product, role: str) -> tuple[jax.Array, Slots]:
    """All terms of a product, shape (b, t), and where each adds."""
    if product not in _slots:
        _slots[product] = [Slots(at, size) for at, size in zip(product.places(), product.sizes, strict=True)]
    of_left, of_right, of_out = _slots[product]
    if role == "out":
        return _gather(x, slots=of_left) * _gather(y, slots=of_right), of_out
    alive = ((x if role == "left" else y) != 0).any(-1, keepdims=True)
    x, y = jnp.where(alive, x, 0), jnp.where(alive, y, 0)
    if role == "left":
        return _gather(x, slots=of_out) * _gather(y, slots=of_right), of_left
    return _gather(x, slots=of_left) * _gather(y, slots=of_out), of_right


def _spgemm(x: Any, y: Any, *, product: Product, role: str) -> Any:
    terms, slots = _terms(x, y, product, role)
    return _sum_triplets(terms, slots=slots)


def _spgemm_in_order(x: Any, y: Any, *, product: Product, role: str) -> Any:
    return sum_in_order(*_terms(x, y, product, role))


def _gather(stored: Any, *, slots: Any) -> Any:
    return stored[:, constant(slots.slot)]


_ARRAY_CODE: dict[str, Callable[..., Any]] = {
    "spmv": _spmv,
    "sddmm": _sddmm,
    "spgemm": _spgemm,
    "sum_triplets": _sum_triplets,
    "gather": _gather,
}

_IN_ORDER: dict[str, Callable[..., Any]] = {"sum_triplets": sum_in_order, "spgemm": _spgemm_in_order}
