"""Differentiate ``out_i = sum_j v_j (v_j . y_i)`` over the other members j of a repeated eigenvalue.

Derivation
----------
::

    out = R(p) y            R symmetric, and zero unless an eigenvalue is repeated
    d_out = R(p) dy         tangent
    y_bar = R(p) out_bar

It is a part of first derivatives. Second ones in p are not needed: of a repeated eigenvalue they are an error, and
without one R stays zero.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule


def primal(kernels: Kernels, p: Any, y: Any) -> Any:
    """Sums, shape (b, m k, n)."""
    return kernels.repeated(p, y)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any) -> Any:
    """Tangent, of y alone."""
    p, y = primals
    d_y = tangents[1]
    return kernels.repeated(p, 0 * y if d_y is None else d_y)


def vjp(kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any) -> tuple[Any, Any]:
    """Cotangent of y; zero for the pairs."""
    p, _ = primals
    return 0 * p if wanted[0] else None, kernels.repeated(p, out_bar) if wanted[1] else None


RULE = Rule("repeated", primal, jvp, vjp, linear=(False, True))
