"""Differentiate ``C = A B`` of three sparse matrices, each on a pattern of its own.

Derivation
----------
C stores every entry that a product of stored entries adds to, so nothing of A B is lost. With ``keep_A(X)`` the
stored entries of A taken from X::

    C = A B                         "out", bilinear in A and B
    dC = dA B + A dB                tangent
    A_bar = keep_A(C_bar B^T)       "left", since <C_bar, dA B> = <C_bar B^T, dA>
    B_bar = keep_B(A^T C_bar)       "right"

All three are derivatives of one trilinear form, the sum over the terms of A B::

    <C, A B> = sum_t  A[left t] B[right t] C[out t]

so each is what the others' pullbacks are made of: as "out" takes (A, B), "left" takes (C, B) and "right" (A, C), and
the cotangent of an argument is the one of the three that gives its kind, of the other argument and the cotangent.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule, add

# The matrices that x and y are, for what is computed.
_ARGUMENTS = {"out": ("left", "right"), "left": ("out", "right"), "right": ("left", "out")}


def primal(kernels: Kernels, x: Any, y: Any, *, product: Any, role: str) -> Any:
    """Stored values of C, A or B, shape (b, s)."""
    return kernels.spgemm(x, y, product=product, role=role)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any, *, product: Any, role: str) -> Any:
    """Tangent of the stored values."""
    x, y = primals
    d_x, d_y = tangents
    by_x = None if d_x is None else kernels.spgemm(d_x, y, product=product, role=role)
    by_y = None if d_y is None else kernels.spgemm(x, d_y, product=product, role=role)
    return add(by_x, by_y)


def vjp(
    kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any, *, product: Any, role: str
) -> tuple[Any, Any]:
    """Cotangents of the stored values of both arguments."""
    x, y = primals
    of_x, of_y = _ARGUMENTS[role]

    def bar(of: str, other: str, values: Any) -> Any:
        known = {other: values, role: out_bar}
        return kernels.spgemm(*(known[name] for name in _ARGUMENTS[of]), product=product, role=of)

    return bar(of_x, of_y, y) if wanted[0] else None, bar(of_y, of_x, x) if wanted[1] else None


RULE = Rule("spgemm", primal, jvp, vjp, linear=(True, True))
