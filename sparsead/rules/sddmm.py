"""Differentiate ``w[s] = sum_k u[k, row s] v[k, col s]``, the product u v^T kept on the pattern.

Derivation
----------
With W the matrix of values w::

    w = pattern(u v^T)              primal, bilinear in u and v
    dw = pattern(du v^T + u dv^T)   tangent
    u_bar = W_bar v                 W_bar has the cotangents w_bar as values
    v_bar = W_bar^T u
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule, add


def primal(kernels: Kernels, u: Any, v: Any, *, pattern: Any) -> Any:
    """Sampled products w, shape (b, s)."""
    return kernels.sddmm(u, v, pattern=pattern)


def jvp(kernels: Kernels, primals: Any, w: Any, tangents: Any, *, pattern: Any) -> Any:
    """Tangent of w."""
    u, v = primals
    d_u, d_v = tangents
    by_u = None if d_u is None else kernels.sddmm(d_u, v, pattern=pattern)
    by_v = None if d_v is None else kernels.sddmm(u, d_v, pattern=pattern)
    return add(by_u, by_v)


def vjp(kernels: Kernels, primals: Any, w: Any, w_bar: Any, wanted: Any, *, pattern: Any) -> tuple[Any, Any]:
    """Cotangents of u and v."""
    u, v = primals
    u_bar = kernels.spmv(w_bar, v, pattern=pattern, trans="N") if wanted[0] else None
    v_bar = kernels.spmv(w_bar, u, pattern=pattern, trans="T") if wanted[1] else None
    return u_bar, v_bar


RULE = Rule("sddmm", primal, jvp, vjp, linear=(True, True))
