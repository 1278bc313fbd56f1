"""Differentiate ``l`` of ``det A = f exp(l)``, the logarithm of a determinant, on a fixed pattern.

Derivation
----------
Jacobi's formula [1]_, with Z = A^-1::

    d(det A) = det A tr(Z dA)
    dl = tr(Z dA) = sum_s z[s] dvalues[s],     z[s] = Z[col s, row s]
    values_bar[s] = l_bar z[s]
    df = 0

f is the sign of a real matrix and 1 of a complex one, whose l is complex: so l is a holomorphic function of the stored
values, and no conjugate occurs. z is what `selected_inverse` gives, from the factorization of the primal: the gradient
is exact and sparse, and as cheap as the value to within a factor. The result has shape (b, 1, 2), l and f; sums over
stored entries are products with a matrix of the pattern of one row, which has a second, empty one for f, and zero times
NaN is zero there, as dead lanes of a batch need.

References
----------
.. [1] M. B. Giles, "Collected matrix derivative results for forward and reverse
   mode algorithmic differentiation", 2008, doi:10.1007/978-3-540-68942-3_4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sparsead.pattern.kept import kept
from sparsead.pattern.pattern import Pattern
from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule, awaiting, settled


def primal(kernels: Kernels, values: Any, *, pattern: Any, options: Any, positive: bool) -> Any:
    """Logarithm and factor, shape (b, 1, 2)."""
    return kernels.logdet(values, pattern=pattern, options=options, positive=positive)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any, *, pattern: Any, options: Any, positive: bool) -> Any:
    """Tangent: the selected inverse times the tangent of the values, zero of the factor."""
    z = kernels.selected_inverse(primals[0], pattern=pattern, options=options.settled())
    return kernels.spmv(tangents[0], z[:, None], pattern=_sum_over(pattern), trans="N")


def vjp(
    kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any, *, pattern: Any, options: Any, positive: bool
) -> tuple[Any]:
    """Cotangent of the values: a multiple of the selected inverse."""
    if not wanted[0]:
        return (None,)
    z = kernels.selected_inverse(primals[0], pattern=pattern, options=options.settled())
    return (kernels.sddmm(out_bar, z[:, None], pattern=_sum_over(pattern)),)


@kept
def _sum_over(pattern: Pattern) -> Pattern:
    """Pattern, shape (2, s), whose first row has all entries."""
    return Pattern((2, pattern.size), np.arange(pattern.size + 1), np.zeros(pattern.size, np.int32))


RULE = Rule("logdet", primal, jvp, vjp, linear=(False,), differentiated=awaiting, settled=settled)
