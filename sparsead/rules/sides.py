"""Right and left eigenpairs packed in one array, (b, k, 2 + 2 n): those of A and M, then those of A^T and M^T."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from sparsead.pattern.slots import Slots
from sparsead.rules.kernels import Kernels
from sparsead.rules.rule import flipped

OPERATIONS = ("N", "T")  # what A is on either side


def sides(packed: Any) -> tuple[Any, Any]:
    """Return the pairs of the right side and of the left, each of shape (b, k, 1 + n)."""
    width = packed.shape[2] // 2
    return packed[:, :, :width], packed[:, :, width:]


def both(kernels: Kernels, right: Any, left: Any) -> Any:
    """Return them packed, shape (b, k, 2 + 2 n)."""
    b, k, width = right.shape
    first, second = _places(width)
    packed = kernels.sum_triplets(right.reshape((b * k, width)), slots=first) + kernels.sum_triplets(
        left.reshape((b * k, width)), slots=second
    )
    return packed.reshape((b, k, 2 * width))


def outer(kernels: Kernels, u: Any, v: Any, pattern: Any, trans: str) -> Any:
    """Return the sum of ``u v^T`` over all k on the pattern, shape (b, s), or of its transpose."""
    return kernels.sddmm(u, v, pattern=pattern) if trans == "N" else kernels.sddmm(v, u, pattern=pattern)


def combined(trans: str, other: str) -> str:
    """Return the operation that two in turn are."""
    return trans if other == "N" else flipped(trans)


@lru_cache(maxsize=64)
def _places(width: int) -> tuple[Slots, Slots]:
    all_of_one = np.arange(width, dtype=np.int32)
    return Slots(all_of_one, 2 * width), Slots(all_of_one + np.int32(width), 2 * width)
