"""Eigenpairs packed in one array, (b, k, 1 + n): lambda, then v. So that an operation has one result."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from sparsead.pattern.slots import Slots
from sparsead.rules.kernels import Kernels


def split(pairs: Any) -> tuple[Any, Any]:
    """Return the eigenvalues, shape (b, k, 1), and the vectors, (b, k, n)."""
    return pairs[:, :, :1], pairs[:, :, 1:]


def join(kernels: Kernels, values: Any, vectors: Any) -> Any:
    """Return them packed, shape (b, k, 1 + n)."""
    b, k, n = vectors.shape
    first, others = _places(n)
    packed = kernels.sum_triplets(values.reshape((b * k, 1)), slots=first) + kernels.sum_triplets(
        vectors.reshape((b * k, n)), slots=others
    )
    return packed.reshape((b, k, 1 + n))


def dot(x: Any, y: Any) -> Any:
    """Return products of rows, shape (b, k, 1)."""
    b, k, _ = x.shape
    return (x * y).sum(2).reshape((b, k, 1))


def in_turn(pairs: Any, like: Any) -> Any:
    """Return the pairs for each of the m k rows of another array, shape (b, m k, 1 + n)."""
    (b, k, width), rows = pairs.shape, like.shape[1]
    if rows == k:
        return pairs
    return (pairs.reshape((b, 1, k, width)) + 0 * like.reshape((b, rows // k, k, width))).reshape((b, rows, width))


def of_each(bars: Any, pairs: Any) -> Any:
    """Return the sums of the cotangents of the m rows of each pair, shape of the pairs."""
    (b, k, width), rows = pairs.shape, bars.shape[1]
    return bars if rows == k else bars.reshape((b, rows // k, k, width)).sum(1)


def differentiated(static: dict[str, Any]) -> dict[str, Any]:
    """Return the static arguments of an operation of which one more derivative follows."""
    return {**static, "options": static["options"].differentiated()}


def settled(static: dict[str, Any]) -> dict[str, Any]:
    """Return the static arguments of an operation of which none follows."""
    return {**static, "options": static["options"].settled()}


@lru_cache(maxsize=64)
def _places(n: int) -> tuple[Slots, Slots]:
    return Slots(np.zeros(1, np.int32), 1 + n), Slots(np.arange(1, 1 + n, dtype=np.int32), 1 + n)
