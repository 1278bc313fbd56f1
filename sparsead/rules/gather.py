"""Differentiate the choice of stored entries, the transpose of the sum of triplets.

Derivation
----------
::

    triplets[t] = values[slot[t]]                               primal, linear
    values_bar[s] = sum of triplets_bar[t] with slot[t] = s
"""

from __future__ import annotations

from typing import Any

from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import Rule


def primal(kernels: Kernels, stored: Any, *, slots: Any) -> Any:
    """The stored entry of each triplet, shape (b, t)."""
    return kernels.gather(stored, slots=slots)


def jvp(kernels: Kernels, primals: Any, out: Any, tangents: Any, *, slots: Any) -> Any:
    """Tangent of the gathered entries."""
    return kernels.gather(tangents[0], slots=slots)


def vjp(kernels: Kernels, primals: Any, out: Any, out_bar: Any, wanted: Any, *, slots: Any) -> tuple[Any]:
    """Cotangent of the stored entries, shape (b, s)."""
    return (kernels.sum_triplets(out_bar, slots=slots) if wanted[0] else None,)


RULE = Rule("gather", primal, jvp, vjp, linear=(True,))
