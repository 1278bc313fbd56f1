"""Differentiate products of inverses, transposed and kept on the pattern; without factors that is the inverse itself.

Derivation
----------
With Z = A^-1 and matrices D1 ... Dm on the pattern of A::

    c(D1, ..., Dm)[s] = (Z D1 Z D2 ... Dm Z)[col s, row s]

is linear in each D, and dZ = -Z dA Z, so that a tangent of A enters in each of m + 1 places::

    dc = sum_j c(..., dDj, ...) - sum_j c(D1, ..., Dj, dA, Dj+1, ..., Dm)

A cotangent c_bar is the matrix W that has it as values; its pairing with c is a trace, which does not mind that its
factors move around in a circle::

    sum_s c_bar[s] c[s] = tr(W Z D1 Z ... Dm Z)
    Dj_bar = c(Dj+1, ..., Dm, W, D1, ..., Dj-1)
    A_bar = -sum_j c(Dj+1, ..., Dm, W, D1, ..., Dj)        j = 0 ... m

So derivatives of any order are this operation again, with one factor more for each order. Pattern and transposition
fit: the derivative of ``log det A`` is c() itself, and what a factorization fills holds every place of it.
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule, add, awaiting, settled


def primal(kernels: Kernels, values: Any, *between: Any, pattern: Any, options: Any) -> Any:
    """Entries of the product, shape (b, s)."""
    return kernels.selected_inverse(values, *between, pattern=pattern, options=options)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any, *, pattern: Any, options: Any) -> Any:
    """Tangent, from the factorization of the primal."""
    values, *between = primals
    d_values, *d_between = tangents
    total = None
    for j, d_factor in enumerate(d_between):
        if d_factor is not None:
            chain = *between[:j], d_factor, *between[j + 1 :]
            total = add(total, kernels.selected_inverse(values, *chain, pattern=pattern, options=options))
    for j in range(len(primals) if d_values is not None else 0):
        chain = *between[:j], d_values, *between[j:]
        total = add(total, -kernels.selected_inverse(values, *chain, pattern=pattern, options=options))
    return total


def vjp(
    kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any, *, pattern: Any, options: Any
) -> tuple[Any, ...]:
    """Cotangents of the values and of each factor."""
    values, *between = primals
    static = {"pattern": pattern, "options": options.settled()}
    values_bar = None
    for j in range(len(primals) if wanted[0] else 0):
        chain = *between[j:], out_bar, *between[:j]
        values_bar = add(values_bar, -kernels.selected_inverse(values, *chain, **static))
    factors_bar = (
        kernels.selected_inverse(values, *between[j + 1 :], out_bar, *between[:j], **static) if want else None
        for j, want in enumerate(wanted[1:])
    )
    return values_bar, *factors_bar


# of further factors, beyond the first, none takes part in the table
RULE = Rule("selected_inverse", primal, jvp, vjp, linear=(False, True), differentiated=awaiting, settled=settled)
