"""Differentiate the sum of triplets into stored values, the constructor of a sparse matrix.

Derivation
----------
::

    values[s] = sum of triplets[t] with slot[t] = s     primal, linear
    triplets_bar[t] = values_bar[slot[t]]               every triplet gets the whole cotangent of its entry
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule


def primal(kernels: Kernels, triplets: Any, *, slots: Any) -> Any:
    """Stored values, shape (b, s)."""
    return kernels.sum_triplets(triplets, slots=slots)


def jvp(kernels: Kernels, primals: Any, values: Any, tangents: Any, *, slots: Any) -> Any:
    """Tangent of the stored values."""
    return kernels.sum_triplets(tangents[0], slots=slots)


def vjp(kernels: Kernels, primals: Any, values: Any, values_bar: Any, wanted: Any, *, slots: Any) -> tuple[Any]:
    """Cotangent of the triplets, shape (b, t)."""
    return (kernels.gather(values_bar, slots=slots) if wanted[0] else None,)


RULE = Rule("sum_triplets", primal, jvp, vjp, linear=(True,))
