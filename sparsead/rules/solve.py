"""Differentiate ``x = op(A)^-1 b`` on a fixed pattern.

Derivation
----------
::

    A x = b                                 primal
    A dx = db - dA x                        tangent
    A^T lam = x_bar                         adjoint solve
    b_bar = lam
    values_bar[s] = -lam[row s] x[col s]    -lam x^T, kept on the pattern

For ``A^T x = b`` rows and columns change places. Tangent and adjoint use the
factorization of the primal: one factorization, whatever is differentiated [1]_.
Every derivative is made of solve, spmv and sddmm again, hence any order.

References
----------
.. [1] M. B. Giles, "Collected matrix derivative results for forward and reverse
   mode algorithmic differentiation", 2008, doi:10.1007/978-3-540-68942-3_4.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule, awaiting, flipped, settled


def primal(kernels: Kernels, values: Any, b: Any, *, pattern: Any, options: Any, trans: str) -> Any:
    """Solution x, shape (b, k, n)."""
    return kernels.solve(values, b, pattern=pattern, options=options, trans=trans)


def jvp(kernels: Kernels, primals: Any, x: Any, tangents: Any, *, pattern: Any, options: Any, trans: str) -> Any:
    """Tangent of x: one solve with the factorization of the primal, awaited where that was without this derivative."""
    values, _ = primals
    d_values, d_b = tangents
    if d_values is None:
        imbalance = d_b
    else:
        moved = kernels.spmv(d_values, x, pattern=pattern, trans=trans)
        imbalance = -moved if d_b is None else d_b - moved
    return kernels.solve(values, imbalance, pattern=pattern, options=options.tangent(), trans=trans)


def vjp(
    kernels: Kernels, primals: Any, x: Any, x_bar: Any, wanted: Any, *, pattern: Any, options: Any, trans: str
) -> tuple[Any, Any]:
    """Cotangents of the values and of b: one adjoint solve, shared by both."""
    values, _ = primals
    lam = kernels.solve(values, x_bar, pattern=pattern, options=options.adjoint(), trans=flipped(trans))
    values_bar = None
    if wanted[0]:
        left, right = (-lam, x) if trans == "N" else (-x, lam)
        values_bar = kernels.sddmm(left, right, pattern=pattern)
    return values_bar, lam if wanted[1] else None


RULE = Rule("solve", primal, jvp, vjp, linear=(False, True), differentiated=awaiting, settled=settled)
