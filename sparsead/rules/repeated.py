"""Differentiate ``out_i = sum_j v_j (v_j . y_i)`` over the other members j of a repeated eigenvalue.

Derivation
----------
::

    out = R(K, M, p) y      R symmetric, and zero unless an eigenvalue is repeated
    d_out = R dy            tangent
    y_bar = R out_bar

It is a part of first derivatives. Second ones, in what R is made of, are not needed: of a repeated eigenvalue they are
an error, and without one R stays zero.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule


def primal(kernels: Kernels, stiffness: Any, mass: Any, p: Any, y: Any, **static: Any) -> Any:
    """Sums, shape (b, m k, n)."""
    return kernels.repeated(stiffness, mass, p, y, **static)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any, **static: Any) -> Any:
    """Tangent, of y alone."""
    stiffness, mass, p, y = primals
    d_y = tangents[-1]
    return kernels.repeated(stiffness, mass, p, 0 * y if d_y is None else d_y, **static)


def vjp(kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any, **static: Any) -> tuple[Any, ...]:
    """Cotangent of y; zero for what R is made of."""
    stiffness, mass, p, _ = primals
    zeros = (0 * other if want else None for other, want in zip(primals[:-1], wanted[:-1], strict=True))
    return *zeros, kernels.repeated(stiffness, mass, p, out_bar, **static) if wanted[-1] else None


RULE = Rule("repeated", primal, jvp, vjp, linear=(False, False, False, True))
