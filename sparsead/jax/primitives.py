"""The kernels as JAX primitives, made from the table of rules.

Tangents and transposes are the rules'; batching is here: a batch of right-hand
sides only is merged into ``k`` (one factorization, more right-hand sides), a
batch of values into the leading axis. So jit, vmap, grad, scan and remat, in
any order, stay within these primitives.

Only this file, `sparsead.jax.linear_call` and `sparsead.jax.fixed_product` define rules of JAX's interpreters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.interpreters import ad, batching, mlir

from sparsead import kernels
from sparsead.jax import lowered
from sparsead.jax.library import Primitive
from sparsead.rules import RULES, KernelsByName, Rule


def _make(rule: Rule) -> Any:
    primitive = Primitive(f"sparsead_{rule.name}")

    def abstract(*avals: Any, **static: Any) -> ShapedArray:
        return ShapedArray(lowered.shape_of(rule.name, avals, static), avals[0].dtype)

    def eager(*args: Any, **static: Any) -> Any:
        # concrete arrays go to the host kernel directly: no compilation, and exceptions keep their type
        return jnp.asarray(getattr(kernels, rule.name)(*map(_host, args), **static))

    primitive.def_impl(eager)
    primitive.def_abstract_eval(abstract)
    for platform in ("cpu", None):
        lowering = partial(lowered.lower, rule.name, platform)
        mlir.register_lowering(primitive, mlir.lower_fun(lowering, multiple_results=False), platform=platform)
    ad.primitive_jvps[primitive] = partial(_jvp, rule, primitive)
    ad.primitive_transposes[primitive] = partial(_transpose, rule)
    batching.primitive_batchers[primitive] = partial(_BATCHERS[rule.name], primitive)
    return primitive


def _host(x: Any) -> np.ndarray[Any, Any]:
    return np.asarray(x)


def _jvp(rule: Rule, primitive: Any, primals: Any, tangents: Any, **static: Any) -> tuple[Any, Any]:
    out = primitive.bind(*primals, **rule.differentiated(static))
    directions = [None if type(t) is ad.Zero else t for t in tangents]
    if all(direction is None for direction in directions):
        return out, ad.Zero(jax.core.get_aval(out).to_tangent_aval())
    return out, rule.jvp(KERNELS, primals, out, directions, **static)


def _transpose(rule: Rule, out_bar: Any, *primals: Any, **static: Any) -> list[Any]:
    wanted = [ad.is_undefined_primal(p) for p in primals]
    if type(out_bar) is ad.Zero:
        return [ad.Zero(p.aval) if want else None for p, want in zip(primals, wanted, strict=True)]
    known = [None if want else p for p, want in zip(primals, wanted, strict=True)]
    bars = rule.vjp(KERNELS, known, None, out_bar, wanted, **static)
    return [bar if want else None for bar, want in zip(bars, wanted, strict=True)]


def _in_front(x: Any, dim: int | None, size: int) -> Any:
    return jnp.broadcast_to(x, (size, *x.shape)) if dim is None else jnp.moveaxis(x, dim, 0)


def _merged(x: Any) -> Any:
    lanes, of_each, *rest = x.shape  # no -1, which JAX cannot tell where another axis is empty
    return x.reshape(lanes * of_each, *rest)


def _batch_all(primitive: Any, args: Any, dims: Any, **static: Any) -> tuple[Any, int]:
    """Merge the new axis of every argument into the leading one."""
    size = next(x.shape[dim] for x, dim in zip(args, dims, strict=True) if dim is not None)
    in_front = [_in_front(x, dim, size) for x, dim in zip(args, dims, strict=True)]
    out = primitive.bind(*map(_merged, in_front), **static)
    return out.reshape(*in_front[0].shape[:2], *out.shape[1:]), 0


def _batch_vectors(primitive: Any, args: Any, dims: Any, **static: Any) -> tuple[Any, int]:
    """Merge a batch of vectors, which come last, only into k: one matrix, more vectors."""
    *others, vectors = args
    if any(dim is not None for dim in dims[:-1]):
        return _batch_all(primitive, args, dims, **static)
    vectors = jnp.moveaxis(vectors, dims[-1], 1)
    lanes, size, k, n = vectors.shape
    out = primitive.bind(*others, vectors.reshape(lanes, size * k, n), **static)
    return out.reshape(lanes, size, k, out.shape[-1]), 1


_BATCHERS: dict[str, Callable[..., Any]] = {
    "solve": _batch_vectors,
    "spmv": _batch_vectors,
    "eigsh": _batch_all,
    "bordered": _batch_vectors,
    "repeated": _batch_vectors,
    "alike": _batch_vectors,
    "eigs": _batch_all,
    "two_sided": _batch_vectors,
    "sddmm": _batch_all,
    "spgemm": _batch_all,
    "sum_triplets": _batch_all,
    "gather": _batch_all,
    "logdet": _batch_all,
    "selected_inverse": _batch_all,
}

_PRIMITIVES = {name: _make(rule) for name, rule in RULES.items()}


class PrimitiveKernels(KernelsByName):
    """The kernels as bound primitives."""

    def evaluate(self, name: str, *arrays: Any, **static: Any) -> Any:
        """Bind the primitive `name`."""
        return _PRIMITIVES[name].bind(*arrays, **static)


KERNELS = PrimitiveKernels()
