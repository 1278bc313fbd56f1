"""The kernels as autograd primitives, made from the table of rules.

autograd has JAX's convention for complex numbers, which is the rules': pullbacks
are transposes, never conjugated. Cotangents of all arguments of an operation come
from one call of its rule, so that they share the adjoint solve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sparsead import kernels
from sparsead.autograd.library import Box, anp, defjvp_argnums, defvjp_argnums, primitive
from sparsead.rules import RULES, KernelsByName, Rule


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the NumPy type of an array, traced or not."""
    return np.dtype(x.dtype)


def astype(x: Any, dtype: np.dtype[Any]) -> Any:
    """Return the array in another type; autograd itself cannot pull back from complex to real."""
    of = dtype_of(x)
    if of == dtype:
        return x
    if of.kind != "c" and dtype.kind == "c":
        return astype(x, np.empty(0, dtype).real.dtype) * dtype.type(1)
    return (anp.real(x) if dtype.kind != "c" else x).astype(dtype)


def _make(rule: Rule) -> Callable[..., Any]:
    kernel = getattr(kernels, rule.name)

    def evaluate(*primals: Any, **static: Any) -> Any:
        return kernel(*map(np.asarray, primals), **static)

    evaluate.__name__ = rule.name
    operation = primitive(evaluate)

    def pullback(argnums: Any, out: Any, primals: Any, static: Any) -> Callable[[Any], tuple[Any, ...]]:
        dtype, count = dtype_of(out), len(primals)
        if all(rule.linear):
            out = None  # not needed, and the pullback would keep it alive
        if rule.linear == (True,):
            primals = (None,)

        def pull(out_bar: Any) -> tuple[Any, ...]:
            wanted = [argnum in argnums for argnum in range(count)]
            bars = rule.vjp(KERNELS, primals, out, astype(out_bar, dtype), wanted, **static)
            return tuple(bars[argnum] for argnum in argnums)

        return pull

    def push(argnums: Any, tangents: Any, out: Any, primals: Any, static: Any) -> Any:
        directions = [None] * len(primals)
        for argnum, tangent in zip(argnums, tangents, strict=True):
            directions[argnum] = astype(tangent, dtype_of(primals[argnum]))
        return rule.jvp(KERNELS, primals, out, directions, **rule.settled(static))

    defvjp_argnums(operation, pullback)
    defjvp_argnums(operation, push)
    return operation


_OPERATIONS = {name: _make(rule) for name, rule in RULES.items()}


def apply(name: str, *primals: Any, **static: Any) -> Any:
    """Evaluate a kernel; one that autograd records is told that a derivative follows."""
    if any(isinstance(primal, Box) for primal in primals):
        static = RULES[name].differentiated(static)
    return _OPERATIONS[name](*primals, **static)


class PrimitiveKernels(KernelsByName):
    """The kernels as autograd primitives."""

    def evaluate(self, name: str, *arrays: Any, **static: Any) -> Any:
        """Return the kernel `name`."""
        return apply(name, *arrays, **static)


KERNELS = PrimitiveKernels()
