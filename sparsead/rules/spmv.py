"""Differentiate ``y = op(A) x`` on a fixed pattern.

Derivation
----------
::

    y = A x                                 primal, bilinear in A and x
    dy = dA x + A dx                        tangent
    x_bar = A^T y_bar
    values_bar[s] = y_bar[row s] x[col s]   y_bar x^T, kept on the pattern

For ``y = A^T x`` rows and columns change places.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule, add, flipped


def primal(kernels: Kernels, values: Any, x: Any, *, pattern: Any, trans: str) -> Any:
    """Product y, shape (b, k, m), or (b, k, n) if transposed."""
    return kernels.spmv(values, x, pattern=pattern, trans=trans)


def jvp(kernels: Kernels, primals: Any, y: Any, tangents: Any, *, pattern: Any, trans: str) -> Any:
    """Tangent of y."""
    values, x = primals
    d_values, d_x = tangents
    by_values = None if d_values is None else kernels.spmv(d_values, x, pattern=pattern, trans=trans)
    by_x = None if d_x is None else kernels.spmv(values, d_x, pattern=pattern, trans=trans)
    return add(by_values, by_x)


def vjp(
    kernels: Kernels, primals: Any, y: Any, y_bar: Any, wanted: Any, *, pattern: Any, trans: str
) -> tuple[Any, Any]:
    """Cotangents of the values and of x."""
    values, x = primals
    values_bar = x_bar = None
    if wanted[0]:
        left, right = (y_bar, x) if trans == "N" else (x, y_bar)
        values_bar = kernels.sddmm(left, right, pattern=pattern)
    if wanted[1]:
        x_bar = kernels.spmv(values, y_bar, pattern=pattern, trans=flipped(trans))
    return values_bar, x_bar


RULE = Rule("spmv", primal, jvp, vjp, linear=(True, True))
